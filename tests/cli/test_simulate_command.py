"""`simulate`: into a data directory, and through a server."""

from pathlib import Path

import pytest

from accounts import Account
from command_line import CommandLine
from patchwarden.store import nodes
from patchwarden.store.database import Scope
from patchwarden.store.sqlite import FILE_NAME, SqliteDatabase
from patchwarden.testing.simulated_fleet import fleet

AT = "2026-11-24T08:00:00Z"
AT_S = 1_795_507_200.0


def stored_nodes(data: Path, scope: Scope) -> dict[str, str | None]:
    db = SqliteDatabase(data / FILE_NAME, read_only=True)
    found = nodes.after(db, scope, "", 1000)
    db.close()
    return {node.instance_id: node.name for node in found}


def test_the_store_gets_the_fleet_with_its_own_ids(cli: CommandLine, tmp_path: Path) -> None:
    data = tmp_path / "data"
    arguments = ("simulate", "--nodes", 7, "--seed", 3, "--at", AT, "--data", data)
    assert "7 nodes of seed 3" in cli.succeed(*arguments).out
    scope = Scope("123456789012", "us-east-1")
    expected = {node.instance_id: node.name for node in fleet(7, 3, now=AT_S)}
    assert stored_nodes(data, scope) == expected
    cli.succeed(*arguments)
    assert stored_nodes(data, scope) == expected


def test_account_and_region_can_be_chosen(cli: CommandLine, tmp_path: Path) -> None:
    data = tmp_path / "data"
    cli.succeed(
        "simulate", "--nodes", 2, "--account", "000000000001", "--region", "eu-west-1",
        "--data", data,
    )  # fmt: skip
    assert len(stored_nodes(data, Scope("000000000001", "eu-west-1"))) == 2


def test_a_running_server_shows_what_was_put_into_its_store(
    account_cli: CommandLine, account: Account
) -> None:
    account_cli.succeed(
        "simulate", "--nodes", 3, "--account", account.account_id,
        "--data", account.server.data_directory,
    )  # fmt: skip
    listed = account_cli.succeed("nodes", "--format", "json").document["Nodes"]
    assert len(listed) == 3
    assert all(node["PatchState"]["InstalledOtherCount"] > 0 for node in listed)


def test_the_endpoint_gets_the_fleet_through_the_api(
    account_cli: CommandLine, account: Account
) -> None:
    account_cli.succeed("simulate", "--nodes", 3, "--endpoint", account.server.url)
    listed = account_cli.succeed("nodes", "--format", "json").document["Nodes"]
    names = {node.name for node in fleet(3, 1, now=AT_S)}
    assert {node["Name"] for node in listed} == names
    assert all(node["PatchState"] is not None for node in listed)


@pytest.mark.parametrize("at", ["2026-11-24T08:00:00", "2026-11-24T09:00:00+01:00", "2026-11-24"])
def test_the_time_may_be_given_in_any_form_of_iso(
    cli: CommandLine, tmp_path: Path, at: str
) -> None:
    cli.succeed("simulate", "--nodes", 1, "--at", at, "--data", tmp_path / "data")
