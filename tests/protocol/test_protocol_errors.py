import inspect
import json
from pathlib import Path
from typing import Any

import botocore.parsers
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel

from patchwarden.errors import PatchwardenError
from patchwarden.protocol import errors
from patchwarden.protocol.errors import ServiceError, modelled_error
from patchwarden.protocol.service_model import ServiceModel

MODEL = ServiceModel.load()
BODIES = json.loads((Path(__file__).parent.parent / "cases" / "errors" / "bodies.json").read_text())


def made(case: dict[str, Any]) -> ServiceError:
    """Make the error; an operation is given by its target."""
    arguments = [
        MODEL.operations.get(each, each) if isinstance(each, str) else each
        for each in case["arguments"]
    ]
    error: ServiceError = getattr(errors, case["maker"])(*arguments)
    return error


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case["maker"])
def test_the_body_and_the_status(case: dict[str, Any]) -> None:
    error = made(case)
    assert (error.status, error.to_body().decode()) == (case["status"], case["body"])


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case["maker"])
def test_botocore_reads_code_and_message(case: dict[str, Any]) -> None:
    error, parsed = made(case), parse(case["status"], case["body"].encode())
    shown = "" if error.message_member is None else error.message
    assert (parsed["Code"], parsed["Message"]) == (error.code, shown)


def test_every_kind_of_error_has_a_case() -> None:
    makers = {
        name
        for name, function in inspect.getmembers(errors, inspect.isfunction)
        if function.__module__ == errors.__name__
    }
    assert makers == {case["maker"] for case in BODIES}


def parse(status: int, body: bytes) -> dict[str, Any]:
    model = BotocoreModel(Loader().load_service_model("ssm", "service-2"))
    shape = model.operation_model("DescribeInstancePatches").output_shape
    response = {"status_code": status, "headers": {}, "body": body}
    parser = botocore.parsers.create_parser("json")
    parsed: dict[str, Any] = parser.parse(response, shape)["Error"]
    return parsed


def test_the_log_has_the_message() -> None:
    assert str(errors.validation_error("Name is too long.")) == "Name is too long."
    operation = MODEL.operations["AmazonSSM.AddTagsToResource"]
    without_text = modelled_error(operation, "InvalidResourceId", "No such node.")
    assert str(without_text) == "No such node."


def test_the_log_has_the_code_where_there_is_no_message() -> None:
    assert str(errors.unknown_operation()) == "UnknownOperationException"


def test_the_log_lacks_what_may_be_a_secret() -> None:
    error = errors.incomplete_signature("'Basic c2VjcmV0' is no pair", "a part is no pair")
    assert str(error) == "a part is no pair"
    assert "c2VjcmV0" not in repr(error)


def test_a_service_error_is_raised_on_purpose() -> None:
    assert isinstance(errors.unknown_operation(), PatchwardenError)
