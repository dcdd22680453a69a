"""Accounts and regions share nothing: seen from elsewhere, an installation is an empty one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline_requests import ELSEWHERE
from conformance import CASES, Case, World, new_world
from driver import SCOPE, Api, Json, Refused
from patchwarden.operations import OPERATIONS
from patchwarden.store.database import Scope

NOBODYS = frozenset({"RegisterManagedInstance"})
"""What an activation decides the scope of, not the caller."""
ACCEPTED = [
    (operation, case) for operation, cases in CASES.items() for case in cases if case.code is None
]
READS = {target.partition(".")[2] for target, served in OPERATIONS.items() if not served.writes}
LISTINGS = [(operation, case) for operation, case in ACCEPTED if operation in READS]
CHANGES = [
    (operation, case)
    for operation, case in ACCEPTED
    if operation not in READS and operation not in NOBODYS
]


@pytest.fixture
def world(api: Api) -> World:
    """Give an installation that has something of everything."""
    world = new_world(api)
    for operation in (
        "PutInventory",
        "PutComplianceItems",
        "GetDeployablePatchSnapshotForInstance",
    ):
        case = next(case for name, case in ACCEPTED if name == operation)
        api.call(operation, **case.request(world))
    return world


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[Api]:
    """Give an installation without any data."""
    api = Api(tmp_path / "empty")
    yield api
    api.close()


def outcome(api: Api, scope: Scope, operation: str, members: dict[str, Any]) -> Json:
    """Give the answer, or the error."""
    try:
        return api.call(operation, scope=scope, **members)
    except Refused as refused:
        return str(refused)


def everything_shown(world: World) -> list[Json]:
    return [
        outcome(world.api, SCOPE, operation, case.request(world)) for operation, case in LISTINGS
    ]


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_no_read_shows_anything_of_another_account_or_region(
    world: World, nothing: Api, scope: Scope
) -> None:
    assert {operation for operation, _ in LISTINGS} == READS
    for operation, case in LISTINGS:
        members = case.request(world)
        seen = outcome(world.api, scope, operation, members)
        assert seen == outcome(nothing, scope, operation, members), (operation, case.when)


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_no_change_touches_anything_of_another_account_or_region(
    world: World, scope: Scope
) -> None:
    requests: list[tuple[str, Case, dict[str, Any]]] = [
        (operation, case, case.request(world)) for operation, case in CHANGES
    ]
    before = everything_shown(world)
    for operation, case, members in requests:
        outcome(world.api, scope, operation, members)
        assert everything_shown(world) == before, (operation, case.when)
