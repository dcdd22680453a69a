"""The table of operations and the table of errors, against the service model."""

from collections.abc import Iterator

import pytest

from driver import FRAMEWORK_CODES, load_model, operation_named
from patchwarden.domain.baseline_validity import InvalidBaselineError
from patchwarden.errors import CallerError
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.operations import OPERATIONS
from patchwarden.operations.errors import OperationError, service_code
from patchwarden.protocol.page_token import InvalidPageToken


def operation_errors() -> Iterator[type[OperationError]]:
    """Give every kind of error that operations raise themselves."""
    yield from OperationError.__subclasses__()


@pytest.mark.parametrize("target", sorted(OPERATIONS))
def test_every_operation_is_in_the_service_model(target: str) -> None:
    assert target in load_model().operations


@pytest.mark.parametrize("target", sorted(OPERATIONS))
def test_only_an_operation_that_is_not_signed_is_for_anyone(target: str) -> None:
    is_for_anyone = OPERATIONS[target].access == "anyone"
    assert is_for_anyone is not load_model().operations[target].is_signed


@pytest.mark.parametrize("target", sorted(OPERATIONS))
def test_reading_operations_are_those_that_do_not_write(target: str) -> None:
    served = OPERATIONS[target]
    assert (served.access == "read") is not served.writes


def test_every_error_is_declared_by_an_operation_that_is_served() -> None:
    model = load_model()
    declared = {code for target in OPERATIONS for code in model.operations[target].errors}
    raised = {kind.code for kind in operation_errors()} | {"InvalidNextToken", "InvalidReport"}
    assert raised <= declared | FRAMEWORK_CODES


@pytest.mark.parametrize(
    ("error", "operation", "code"),
    [
        (InvalidPageToken(), "DescribeInstancePatches", "InvalidNextToken"),
        (InvalidPageToken(), "DescribeActivations", "InvalidNextToken"),
        (InvalidPageToken(), "DescribePatchBaselines", "ValidationException"),
        (InvalidBaselineError("no"), "CreatePatchBaseline", "ValidationException"),
        (InvalidReportError("no"), "SubmitReport", "InvalidReport"),
    ],
)
def test_errors_from_below_get_the_code_of_the_service(
    error: CallerError, operation: str, code: str
) -> None:
    assert service_code(error, operation_named(operation)) == code
