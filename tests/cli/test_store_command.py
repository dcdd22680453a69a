"""`patchwarden store`, and the other commands on a store in PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import CommandLine
from postgresql_server import PostgresqlServer, database_of

pytestmark = pytest.mark.postgresql
PASSWORD = "s3cret-of-the-store"
FLEET = ("--nodes", 3, "--at", "2026-11-24T08:00:00Z")


@pytest.fixture
def url(postgresql: PostgresqlServer) -> Iterator[str]:
    """Give the URL of an empty database, with a password."""
    made = postgresql.new_database()
    yield made.replace("patchwarden@", f"patchwarden:{PASSWORD}@")
    postgresql.drop_database(f"postgresql://patchwarden@/{database_of(made)}")


def test_migrating_twice_is_as_good_as_once(cli: CommandLine, url: str) -> None:
    first = cli.succeed("store", "migrate", "--store", url)
    second = cli.succeed("store", "migrate", "--store", url)
    assert first.out == second.out
    assert first.out.endswith(" is up to date.\n")
    assert PASSWORD not in first.out + first.err


def test_a_store_moves_to_postgresql_and_back(cli: CommandLine, tmp_path: Path, url: str) -> None:
    old, home, back = tmp_path / "old", tmp_path / "home", tmp_path / "back"
    cli.succeed("simulate", *FLEET, "--data", old)
    made = cli.succeed(
        "credentials", "create", "--role", "admin", "--data", old, "--format", "json"
    )
    moved = cli.succeed("store", "copy", "--from", old, "--to", url, "--data", home)
    assert moved.out.endswith("Both stores are alike.\n")
    returned = cli.succeed(
        "store", "copy", "--from", url, "--to", back, "--data", home, "--format", "json"
    )
    tables = {table["Name"]: table for table in returned.document["Tables"]}
    assert tables["nodes"]["Rows"] == tables["nodes"]["CopiedRows"] == 3
    assert all(table["IsAlike"] for table in tables.values())
    assert PASSWORD not in moved.out + moved.err + returned.out + returned.err
    # The keys are sealed with the master key, which has come along.
    for place in (("--data", home, "--store", url), ("--data", back)):
        listed = cli.succeed("credentials", "list", "--format", "json", *place).document
        assert [key["AccessKeyId"] for key in listed["AccessKeys"]] == [
            made.document["AccessKeyId"]
        ]


def test_what_is_not_empty_is_not_copied_into(cli: CommandLine, tmp_path: Path, url: str) -> None:
    cli.succeed("simulate", *FLEET, "--data", tmp_path / "old")
    cli.succeed("simulate", *FLEET, "--data", tmp_path / "home", "--store", url)
    refused = cli(
        "store", "copy", "--from", tmp_path / "old", "--to", url, "--data", tmp_path / "x"
    )
    assert refused.exit_code == 1
    assert "is not empty" in refused.err
    assert PASSWORD not in refused.err


def test_a_directory_with_another_key_is_refused(
    cli: CommandLine, tmp_path: Path, url: str
) -> None:
    cli.succeed("simulate", *FLEET, "--data", tmp_path / "old")
    cli.succeed("simulate", *FLEET, "--data", tmp_path / "other")
    refused = cli(
        "store", "copy", "--from", tmp_path / "old", "--to", url, "--data", tmp_path / "other"
    )
    assert refused.exit_code == 1
    assert "has another master.key" in refused.err


def test_a_fleet_and_its_doctor(cli: CommandLine, tmp_path: Path, url: str) -> None:
    place = ("--data", tmp_path / "home", "--store", url)
    cli.succeed("simulate", *FLEET, *place)
    elsewhere = cli("doctor", "--data", tmp_path / "none", "--store", url)
    assert "There is no data directory" in elsewhere.out
    found = cli.succeed("doctor", "--format", "json", *place)
    checks = {finding["Check"]: finding for finding in found.document["Findings"]}
    assert checks["store"]["Status"] == "ok"
    assert checks["nodes"]["Sentence"].startswith("3 nodes")
    assert PASSWORD not in found.out + found.err


def test_the_variable_and_the_settings_file_name_the_store(
    cli: CommandLine, tmp_path: Path, url: str
) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text(f'store = "{url}"\n', encoding="utf-8")
    cli.succeed("--config", settings, "simulate", *FLEET, "--data", tmp_path / "home")
    for command in ("serve", "simulate", "doctor"):
        assert PASSWORD not in cli.succeed("--config", settings, command, "--help").out
    there = cli.with_environment({"PATCHWARDEN_STORE": url})
    again = there.succeed("doctor", "--format", "json", "--data", tmp_path / "home")
    checks = {finding["Check"]: finding for finding in again.document["Findings"]}
    assert checks["nodes"]["Sentence"].startswith("3 nodes")
    assert PASSWORD not in there.succeed("serve", "--help").out


def test_without_citus_nothing_is_distributed(cli: CommandLine, url: str) -> None:
    cli.succeed("store", "migrate", "--store", url)
    refused = cli("store", "distribute", "--store", url)
    assert refused.exit_code == 1
    assert "has no Citus" in refused.err
    assert cli("store", "distribute").exit_code == 2


@pytest.mark.parametrize("command", ["simulate --nodes 1", "credentials list", "store migrate"])
def test_what_is_no_url_of_postgresql_is_refused(
    cli: CommandLine, tmp_path: Path, command: str
) -> None:
    refused = cli(*command.split(), "--data", tmp_path, "--store", f"mysql://me:{PASSWORD}@db/ours")
    assert refused.exit_code == 1
    assert "begins with postgresql://" in refused.err
    assert PASSWORD not in refused.err
