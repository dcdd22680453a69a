"""Every operation against the service model: what it accepts, each constraint, each error."""

from collections.abc import Iterator

import pytest

from conformance import CASES, NEVER_ANSWERED, Case, new_world
from driver import FRAMEWORK_CODES, Api, Refused, load_model, operation_named
from model_values import broken
from patchwarden.operations import OPERATIONS
from patchwarden.store.database import Row
from patchwarden.store.tables import tables_of

NAMES = sorted(target.partition(".")[2] for target in OPERATIONS)
EVERY_CASE = [(name, case) for name, cases in CASES.items() for case in cases]


def stored(api: Api) -> dict[str, list[Row]]:
    """Give all that the store holds."""
    return {
        table.name: sorted(api.db.all(f"SELECT * FROM {table.name}"), key=repr)
        for table in tables_of(api.db)
    }


@pytest.mark.parametrize(
    ("name", "case"), EVERY_CASE, ids=[f"{name}-{case.when}" for name, case in EVERY_CASE]
)
def test_a_request_is_answered_as_the_table_says(api: Api, name: str, case: Case) -> None:
    request = case.request(new_world(api))
    before = stored(api)
    if case.code is None:
        api.call(name, **request)
        return
    with pytest.raises(Refused) as refused:
        api.call(name, **request)
    assert refused.value.code == case.code
    assert stored(api) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_constraint_is_answered_before_anything_is_done(api: Api, name: str) -> None:
    before = stored(api)
    for members, path, tail in broken(operation_named(name).input, ""):
        with pytest.raises(Refused, match="validation error") as refused:
            api.call(name, **members)
        assert refused.value.code == "ValidationException", (path, tail)
    assert stored(api) == before


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_a_request_that_is_accepted(name: str) -> None:
    assert None in {case.code for case in CASES[name]}


def declared_errors() -> Iterator[tuple[str, str]]:
    for target in OPERATIONS:
        operation = load_model().operations[target]
        yield from ((operation.name, code) for code in operation.errors)


def test_every_declared_error_is_provoked_or_known_never_to_come() -> None:
    provoked = {(name, case.code) for name, case in EVERY_CASE}
    missing = {
        (name, code)
        for name, code in declared_errors()
        if (name, code) not in provoked
        and code not in NEVER_ANSWERED
        and f"{name}: {code}" not in NEVER_ANSWERED
    }
    assert missing == set()


def test_what_is_said_never_to_come_is_declared_and_not_provoked() -> None:
    provoked = {f"{name}: {case.code}" for name, case in EVERY_CASE}
    declared = {f"{name}: {code}" for name, code in declared_errors()}
    declared |= {code for _, code in declared_errors()}
    assert NEVER_ANSWERED.keys() <= declared
    assert not NEVER_ANSWERED.keys() & (provoked | {case.code for _, case in EVERY_CASE})


def test_the_table_names_only_errors_that_the_model_declares() -> None:
    undeclared = {
        (name, case.code)
        for name, case in EVERY_CASE
        if case.code and case.code not in operation_named(name).errors.keys() | FRAMEWORK_CODES
    }
    assert undeclared == set()
