"""Requests with a client token."""

from typing import Any, NamedTuple

import pytest

from driver import ACCOUNT, SCOPE, Api, Json, Refused
from patchwarden.store.database import Scope

ELSEWHERE = [Scope("999999999999", "us-east-1"), Scope(ACCOUNT, "eu-west-1")]


class Making(NamedTuple):
    """An operation that takes a client token."""

    name: str
    deletion: str
    """The operation that deletes what was made."""
    id_member: str
    members: dict[str, Any]
    at_fault: dict[str, Any]
    """Members of a request that is refused."""

    def make(self, api: Api, scope: Scope = SCOPE, **members: Json) -> str:
        """Have something made; give its id."""
        return str(api.call(self.name, scope=scope, **{**self.members, **members})[self.id_member])


MAKING = [
    Making(
        "CreateMaintenanceWindow",
        "DeleteMaintenanceWindow",
        "WindowId",
        {
            "Name": "nightly",
            "Schedule": "rate(1 day)",
            "Duration": 2,
            "Cutoff": 1,
            "AllowUnassociatedTargets": False,
        },
        {"Cutoff": 2},
    ),
    Making(
        "CreatePatchBaseline",
        "DeletePatchBaseline",
        "BaselineId",
        {"Name": "mine"},
        {"AvailableSecurityUpdatesComplianceStatus": "COMPLIANT", "OperatingSystem": "DEBIAN"},
    ),
]


@pytest.fixture(params=MAKING, ids=lambda making: making.name)
def making(request: pytest.FixtureRequest) -> Making:
    param: Making = request.param
    return param


def test_the_same_request_again_makes_nothing_new(api: Api, making: Making) -> None:
    first = making.make(api, ClientToken="once")
    api.clock.advance(3600)
    assert making.make(api, ClientToken="once") == first


def test_another_token_makes_another(api: Api, making: Making) -> None:
    assert making.make(api, ClientToken="once") != making.make(api, ClientToken="twice")


def test_without_a_token_each_request_makes_something(api: Api, making: Making) -> None:
    assert making.make(api) != making.make(api)


def test_a_token_stands_for_one_request(api: Api, making: Making) -> None:
    making.make(api, ClientToken="once")
    with pytest.raises(Refused, match="use another") as refused:
        making.make(api, ClientToken="once", Description="another")
    assert refused.value.code == "IdempotentParameterMismatch"


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_a_token_belongs_to_an_account_and_region(api: Api, making: Making, scope: Scope) -> None:
    first = making.make(api, ClientToken="once")
    assert making.make(api, scope, ClientToken="once", Description="another") != first


def test_a_token_belongs_to_an_operation(api: Api) -> None:
    made = {making.make(api, ClientToken="once") for making in MAKING}
    assert len(made) == len(MAKING)
    assert {making.make(api, ClientToken="once") for making in MAKING} == made


def test_a_refused_request_can_be_corrected_under_the_same_token(api: Api, making: Making) -> None:
    with pytest.raises(Refused) as refused:
        making.make(api, ClientToken="once", **making.at_fault)
    assert refused.value.code == "ValidationException"
    making.make(api, ClientToken="once")


def test_a_token_makes_another_once_the_first_is_deleted(api: Api, making: Making) -> None:
    first = making.make(api, ClientToken="once")
    named: dict[str, Any] = {making.id_member: first}
    api.call(making.deletion, **named)
    assert making.make(api, ClientToken="once") != first
