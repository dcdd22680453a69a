"""`report submit`: scans made elsewhere."""

import gzip
from pathlib import Path

import pytest

from accounts import Account
from command_line import CommandLine
from fakes import package, report, report_bytes

REPORT = report_bytes(report([package("bash", update="5.3-1", security=True)]))
# Without a time in it, so that the tests have the same names in every process.
COMPRESSED = gzip.compress(REPORT, mtime=0)


@pytest.mark.parametrize("content", [REPORT, COMPRESSED], ids=["plain", "gzip"])
def test_a_report_can_be_handed_in_for_a_node(
    account_cli: CommandLine, account: Account, tmp_path: Path, content: bytes
) -> None:
    node = account.new_node()
    file = tmp_path / "scan"
    file.write_bytes(content)
    first = account_cli.succeed("report", "submit", file, "--instance-id", node.instance_id)
    assert "new or changed packages" in first.out
    again = account_cli.succeed("report", "submit", file, "--instance-id", node.instance_id)
    assert "the packages as before" in again.out


def test_a_report_can_bring_its_node_along(account_cli: CommandLine) -> None:
    out = account_cli.succeed(
        "report", "submit", "-", "--register", "--name", "db-1", stdin=REPORT
    ).out
    instance_id = out.split()[2].rstrip(".")
    [listed] = account_cli.succeed("nodes", "--format", "json").document["Nodes"]
    assert listed["InstanceId"] == instance_id
    assert listed["Name"] == "db-1"
    assert listed["PatchState"]["MissingCount"] == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "The file is empty"),
        (b"[1, 2]", "no format that is known"),
        (b'{"schema": 1, "scan": {}}', "lacks node, packages"),
        (gzip.compress(b"{}", mtime=0), "no format that is known"),
        (COMPRESSED[:-20], "cut off"),
    ],
)
def test_what_is_no_report_is_not_sent(
    cli: CommandLine, tmp_path: Path, content: bytes, complaint: str
) -> None:
    file = tmp_path / "scan"
    file.write_bytes(content)
    outcome = cli("report", "submit", file, "--instance-id", "mi-0123456789abcdef0")
    assert outcome.exit_code == 1
    assert complaint in outcome.err


def test_what_the_server_refuses_is_told_with_its_reason(
    account_cli: CommandLine, account: Account
) -> None:
    wrong = REPORT.replace(b'"DEBIAN"', b'"PLAN9"')
    outcome = account_cli(
        "report", "submit", "-", "--instance-id", account.new_node().instance_id, stdin=wrong
    )
    assert outcome.exit_code == 1
    assert "operating_system" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("--register", "--instance-id", "mi-0123456789abcdef0"), ("--name", "db-1")],
)
def test_the_node_must_be_clear(cli: CommandLine, arguments: tuple[str, ...]) -> None:
    assert cli("report", "submit", "-", *arguments, stdin=REPORT).exit_code == 2


def test_a_report_that_is_refused_leaves_no_node_behind(account_cli: CommandLine) -> None:
    bad = b'{"schema":99,"scan":{},"node":{},"packages":{}}'
    refused = account_cli("report", "submit", "-", "--register", stdin=bad)
    assert refused.exit_code == 1
    assert "wrong at schema" in refused.err
    assert account_cli.succeed("nodes", "--format", "json").document["Nodes"] == []
