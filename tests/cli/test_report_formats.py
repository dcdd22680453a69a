"""`report submit` and `report convert` with what other programs found."""

import json
import os
from pathlib import Path

import pytest

from accounts import Account
from command_line import CommandLine
from fakes import NOW, package, report, report_bytes
from patchwarden.ingest.report import read_packages, read_parts
from report_files import CASES, case

REPORT = report_bytes(report([package("bash")]))


def test_a_conversion_is_printed_and_what_it_lacks_is_told(cli: CommandLine) -> None:
    outcome = cli.succeed("report", "convert", CASES / "cyclonedx-rpm.json")
    parts = read_parts(outcome.out.encode(), NOW)
    assert parts.node.operating_system == "ROCKY_LINUX"
    assert len(read_packages(parts.sent.packages).installed) == 4
    first, second = outcome.err.splitlines()
    assert first == (
        "Taken for a CycloneDX document (cyclonedx): Rocky Linux 9.4, as of 2025-11-24T16:00:00Z."
    )
    assert second.startswith("It cannot tell: ")
    assert "when packages were installed; " in second


def test_what_was_printed_can_be_submitted(account_cli: CommandLine, tmp_path: Path) -> None:
    converted = account_cli.succeed("report", "convert", CASES / "dpkg-status").out
    file = tmp_path / "scan.json"
    file.write_text(converted)
    out = account_cli.succeed("report", "submit", file, "--register").out
    assert out.startswith("Registered as mi-")


def test_a_list_of_packages_brings_its_node_along(account_cli: CommandLine) -> None:
    out = account_cli.succeed(
        "report", "submit", CASES / "osquery-deb.json", "--register", "--name", "web"
    ).out
    assert out.startswith("Taken for an osquery result (osquery): Debian GNU/Linux 12, as of ")
    [node] = account_cli.succeed("nodes", "--format", "json").document["Nodes"]
    assert (node["Name"], node["ComputerName"]) == ("web", "web-1")
    assert node["PlatformVersion"] == "12"
    assert "the catalog has no advisories for its release" in out


def test_a_list_of_packages_can_be_handed_in_for_a_node(
    account_cli: CommandLine, account: Account
) -> None:
    node = account.new_node()
    file = CASES / "rpm-query.tsv"
    for told in ("new or changed packages", "the packages as before"):
        out = account_cli.succeed("report", "submit", file, "--instance-id", node.instance_id).out
        assert told in out


def test_the_user_tells_what_the_file_does_not(cli: CommandLine) -> None:
    outcome = cli.succeed(
        "report",
        "convert",
        "-",
        *("--operating-system", "ROCKY_LINUX", "--platform-version", "9.4"),
        *("--architecture", "x86_64", "--scanned-at", "2025-11-24T10:00:00Z", "--name", "db-1"),
        stdin=b"tzdata-2024a-1.el9.noarch\n",
    )
    node, scan = outcome.document["node"], outcome.document["scan"]
    assert (node["operating_system"], node["platform_version"]) == ("ROCKY_LINUX", "9.4")
    assert (node["architecture"], node["computer_name"]) == ("x86_64", "db-1")
    assert scan["ended_at"] == NOW - 6 * 3600


def test_a_file_is_as_old_as_its_last_change(cli: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "status"
    file.write_bytes(case("dpkg-status"))
    os.utime(file, (NOW, NOW))
    assert cli.succeed("report", "convert", file).document["scan"]["ended_at"] == NOW


def test_the_format_can_be_named(cli: CommandLine) -> None:
    file = CASES / "dpkg-status"
    assert cli.succeed("report", "convert", file, "--from", "dpkg-status").out
    refused = cli("report", "convert", file, "--from", "rpm-list")
    assert refused.exit_code == 1
    assert "line 1: 'Package: base-files' is not name-version-release" in refused.err


def test_what_is_no_known_format_is_told_which_there_are(cli: CommandLine) -> None:
    refused = cli("report", "convert", "-", stdin=b"hello\n")
    assert refused.exit_code == 1
    assert refused.err.startswith("Error: The file is of no format that is known here: ")
    assert "patchwarden node scan --format report" in refused.err


def test_a_file_that_is_refused_leaves_no_node_behind(account_cli: CommandLine) -> None:
    refused = account_cli("report", "submit", "-", "--register", stdin=b"tzdata-1-1.noarch\n")
    assert refused.exit_code == 1
    assert "--operating-system" in refused.err
    assert account_cli.succeed("nodes", "--format", "json").document["Nodes"] == []


def test_our_own_report_is_printed_as_it_came(cli: CommandLine) -> None:
    outcome = cli.succeed("report", "convert", "-", stdin=REPORT)
    assert outcome.out.encode() == REPORT + b"\n"
    assert outcome.err == ""


@pytest.mark.parametrize(
    "options",
    [
        ("--operating-system", "DEBIAN"),
        ("--platform-version", "12"),
        ("--architecture", "amd64"),
        ("--scanned-at", "2025-11-24"),
        ("--date-order", "day-first"),
    ],
)
def test_our_own_report_says_itself_what_it_is_of(
    cli: CommandLine, options: tuple[str, ...]
) -> None:
    refused = cli("report", "convert", "-", *options, stdin=REPORT)
    assert refused.exit_code == 2
    assert "says itself" in refused.err


@pytest.mark.parametrize(
    "options",
    [
        ("--from", "excel"),
        ("--operating-system", "PLAN9"),
        ("--scanned-at", "yesterday"),
        ("--date-order", "year-first"),
    ],
)
def test_options_that_make_no_sense_are_refused(cli: CommandLine, options: tuple[str, ...]) -> None:
    assert cli("report", "convert", CASES / "dpkg-status", *options).exit_code == 2


def test_no_control_character_gets_through_to_the_terminal(cli: CommandLine) -> None:
    document = json.loads(case("cyclonedx-deb.json"))
    document["components"].append({"name": "x", "purl": "pkg:\x1b[2Jx/y@1"})
    refused = cli("report", "convert", "-", stdin=json.dumps(document).encode())
    assert "\x1b" not in refused.err
    assert "\x1b" not in refused.out
