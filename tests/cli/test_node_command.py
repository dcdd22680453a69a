"""`node`: the agent's work from the command line."""

import re
from pathlib import Path

import msgspec
import pytest

import patchwarden_agent
from accounts import Account
from command_line import CommandLine
from patchwarden.domain.facts import Report
from patchwarden_agent.registration import Registration

# What dpkg writes: paragraphs of fields, one for each package.
STATUS = """\
Package: bash
Status: install ok installed
Priority: required
Section: shells
Architecture: amd64
Version: 5.2.15-2+b7

Package: openssl
Status: hold ok installed
Priority: optional
Section: utils
Architecture: amd64
Version: 3.0.17-1~deb12u2

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
"""


@pytest.fixture
def status(tmp_path: Path) -> Path:
    path = tmp_path / "status"
    path.write_text(STATUS)
    return path


def test_the_report_format_is_what_a_server_reads(cli: CommandLine, status: Path) -> None:
    out = cli.succeed("node", "scan", "--dpkg-status", status, "--format", "report").out
    report = msgspec.json.decode(out, type=Report)
    assert [package.name for package in report.packages.installed] == ["bash", "openssl"]


def test_what_cannot_be_known_is_said(cli: CommandLine, status: Path) -> None:
    out = cli.succeed("node", "scan", "--dpkg-status", status).out
    assert "2 packages installed, 0 with a newer version" in out
    assert "Age of the package lists: unknown" in out
    assert "Reboot: unknown whether one is needed." in out


def test_json_is_one_document(cli: CommandLine, status: Path) -> None:
    document = cli.succeed("node", "scan", "--dpkg-status", status, "--format", "json").document
    assert document["InstalledPackages"] == 2
    assert document["RebootRequired"] is None
    assert document["PackageListsFetchedAt"] is None


def test_a_status_file_that_is_not_there_is_wrong_usage(cli: CommandLine, tmp_path: Path) -> None:
    assert cli("node", "scan", "--dpkg-status", tmp_path / "nothing").exit_code == 2


def test_a_scan_becomes_patches_on_the_server(
    account_cli: CommandLine, account: Account, status: Path
) -> None:
    node = account.new_node()
    sent = account_cli.succeed("node", "scan", "--dpkg-status", status, "--format", "report").out
    arguments = ("report", "submit", "-", "--instance-id", node.instance_id)
    account_cli.succeed(*arguments, stdin=sent.encode())
    patches = account_cli.succeed("patches", node.instance_id, "--format", "json").document
    assert {patch["KBId"] for patch in patches["Patches"]} == {"bash.amd64", "openssl.amd64"}


def test_registering_takes_the_code_from_standard_input_and_keeps_a_private_file(
    account_cli: CommandLine, account: Account, tmp_path: Path
) -> None:
    activation = account.client().create_activation(IamRole="AnyRole")
    state = tmp_path / "state.json"
    arguments = ("node", "register", "--activation-id", activation["ActivationId"])
    out = account_cli.succeed(
        *arguments, "--activation-code", "-", "--state", state,
        stdin=activation["ActivationCode"].encode() + b"\n",
    ).out  # fmt: skip
    registration = Registration.load(state)
    assert re.search(rf"Registered as {registration.instance_id}\.", out)
    assert out.endswith(f"Report with: patchwarden node run --once --state {state}\n")
    assert registration.secret_access_key not in out
    assert state.stat().st_mode & 0o077 == 0
    again = account_cli(*arguments, "--activation-code", "-", "--state", state)
    assert again.exit_code == 1
    assert "--force" in again.err


def test_a_wrong_code_gives_one_sentence(
    account_cli: CommandLine, account: Account, tmp_path: Path
) -> None:
    activation = account.client().create_activation(IamRole="AnyRole")
    account_cli.with_environment({"PATCHWARDEN_ACTIVATION_CODE": "wrong" * 5})
    outcome = account_cli(
        "node", "register", "--activation-id", activation["ActivationId"],
        "--state", tmp_path / "state.json",
    )  # fmt: skip
    assert outcome.exit_code == 1
    assert outcome.err.startswith("Error: ")
    assert not (tmp_path / "state.json").exists()


def test_without_a_code_nobody_waits_for_one(cli: CommandLine) -> None:
    outcome = cli("node", "register", "--activation-id", "0" * 8)
    assert outcome.exit_code == 2
    assert "PATCHWARDEN_ACTIVATION_CODE" in outcome.err


def test_running_unregistered_says_how_to_register(cli: CommandLine, tmp_path: Path) -> None:
    outcome = cli("node", "run", "--once", "--state", tmp_path / "nothing.json")
    assert outcome.exit_code == 1
    assert "register" in outcome.err


def test_the_collector_for_windows_is_printed_as_it_is_shipped(cli: CommandLine) -> None:
    shipped = Path(patchwarden_agent.__file__).parent / "windows" / "patchwarden-scan.ps1"
    assert cli.succeed("node", "collector").out == shipped.read_text(encoding="utf-8")
