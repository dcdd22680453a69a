import json
from collections.abc import Sequence

import pytest

from fakes import NOW
from patchwarden.domain.instants import read_instant
from patchwarden.ingest.formats.format import DateOrder, Given
from report_files import GIVEN, case, conversion_of, packages_of, refusal

DEBIAN = Given(scanned_at=NOW, operating_system="DEBIAN", platform_version="12")
BASH = {"name": "bash", "version": "5.2.15-2+b2", "arch": "amd64"}
HOTFIX = {"hotfix_id": "KB5034129", "installed_on": "3/4/2024", "description": "Update"}


def rows(*tables: Sequence[object]) -> bytes:
    """Give tables as `osqueryi --json` prints them one after the other."""
    return "\n".join(json.dumps(table) for table in tables).encode()


def snapshot(table: Sequence[object], **members: object) -> bytes:
    """Give a line of the log of snapshots."""
    line = {"name": "q", "hostIdentifier": "web-1", "action": "snapshot", "snapshot": table}
    return json.dumps(line | members).encode() + b"\n"


def test_the_tables_tell_the_machine() -> None:
    node = conversion_of(case("osquery-deb.json")).report.node
    assert (node.computer_name, node.kernel_release) == ("web-1", "6.1.0-18-amd64")
    assert conversion_of(case("osquery-rpm.log")).report.node.computer_name == "db-1"


def test_dpkg_status_tells_what_is_held_and_what_is_gone() -> None:
    packages = packages_of(case("osquery-deb.json"))
    assert [name for name, package in packages.items() if package.held] == ["libssl3"]
    assert packages["bash"].source_version == "5.2.15-2"
    assert (packages["bash"].priority, packages["bash"].section) == ("required", "shells")


def test_a_package_whose_status_is_blank_counts() -> None:
    assert list(packages_of(snapshot([BASH | {"status": " "}]), DEBIAN)) == ["bash"]


def test_the_newest_snapshot_counts_and_tells_the_time() -> None:
    conversion = conversion_of(case("osquery-rpm.log"))
    assert conversion.report.scan.ended_at == NOW
    kernel = packages_of(case("osquery-rpm.log"))["kernel-core"]
    assert kernel.installed_at == 1_720_000_000
    assert not any("when packages" in each for each in conversion.cannot_tell)


def test_an_older_snapshot_may_come_later() -> None:
    newer = snapshot([BASH], unixTime="1764000000")
    older = snapshot([BASH | {"version": "5.1"}], unixTime=1_763_000_000)
    assert packages_of(newer + older, DEBIAN)["bash"].version == "5.2.15-2+b2"
    assert packages_of(older + newer, DEBIAN)["bash"].version == "5.2.15-2+b2"


@pytest.mark.parametrize("at", ["nan", "inf", "-1", -1, 1e300, None, [], "x", 10**400])
def test_a_time_that_cannot_be_is_not_known(at: object) -> None:
    for table in ([BASH], [HOTFIX]):
        given = Given(scanned_at=NOW) if table == [HOTFIX] else DEBIAN
        assert conversion_of(snapshot(table, unixTime=at), given).report.scan.ended_at == NOW


def test_a_uuid_is_no_computer_name() -> None:
    line = snapshot([BASH], hostIdentifier="7d4f5a10-0000-4000-8000-000000000001")
    assert conversion_of(line, DEBIAN).report.node.computer_name == ""


def test_windows_has_hotfixes_and_history() -> None:
    conversion = conversion_of(case("osquery-windows.json"))
    updates = {update.kb_id: update for update in conversion.report.packages.updates}
    assert updates.keys() == {"KB5034129", "KB5032198"}
    assert updates["KB5034129"].classification == "SecurityUpdates"
    assert updates["KB5034129"].installed_by == "NT AUTHORITY\\SYSTEM"
    assert updates["KB5032198"].installed_at == 1_700_000_000
    assert updates["KB5032198"].update_id == "0a2c3d4e-0000-4000-8000-000000000001"
    node = conversion.report.node
    assert (node.platform_version, node.architecture) == ("10.0.20348", "x86_64")
    assert node.computer_name == "FILES-1"


@pytest.mark.parametrize(("order", "day"), [("day-first", "04-03"), ("month-first", "03-04")])
def test_the_user_tells_day_from_month(order: DateOrder, day: str) -> None:
    undecided = conversion_of(rows([HOTFIX]))
    assert undecided.report.packages.updates[0].installed_at is None
    assert any("--date-order" in each for each in undecided.cannot_tell)
    given = Given(scanned_at=NOW, date_order=order)
    decided = conversion_of(rows([HOTFIX]), given)
    at = decided.report.packages.updates[0].installed_at
    assert at == read_instant(f"2024-{day}")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (case("osquery-differential.log"), "differential log at line 1"),
        (
            snapshot([BASH]) + snapshot([BASH], hostIdentifier="db-1"),
            "line 2: it is of the host 'db-1'",
        ),
        (snapshot([{"uid": "0"}]), "no row of a table that is read here"),
        (snapshot([]), "no row of a table"),
        (rows([BASH, {"name": "zsh"}]), "line 1, [1]: it lacks the column arch"),
        (rows([BASH, 2]), "line 1, [1]: expected a row"),
        (rows([BASH | {"name": ["a"]}]), "line 1, [0]: 'name' is no text or number"),
        (rows([BASH | {"name": "a b"}]), "line 1, [0]: 'a b' is no name of a package"),
        (rows([BASH]) + b"\n[{", "line 2, column 3: it is not valid JSON"),
        (rows([BASH]) + b"\n3", "line 2: expected a list of rows or a snapshot"),
        (rows([BASH | {"status": "deinstall ok config-files"}]), "lists no deb or rpm package"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(content: bytes, told: str) -> None:
    assert told in refusal(content, DEBIAN)


def test_other_tables_are_passed_over() -> None:
    assert packages_of(rows([BASH], [{"pid": 1}, 2], []), DEBIAN).keys() == {"bash"}


def test_the_system_has_to_be_known() -> None:
    told = refusal(rows([BASH]), GIVEN)
    assert "--operating-system" in told
    assert "DEBIAN" in told
    assert "--platform-version" in refusal(
        rows([BASH]), Given(scanned_at=NOW, operating_system="DEBIAN")
    )
