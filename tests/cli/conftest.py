"""What the tests of the command line share."""

import os
from pathlib import Path

import pytest

from accounts import Account
from command_line import CommandLine


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "PATCHWARDEN_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATCHWARDEN_DATA", str(tmp_path / "no-installation"))


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Run command lines."""
    return CommandLine(capsys, monkeypatch)


@pytest.fixture
def account_cli(cli: CommandLine, account: Account) -> CommandLine:
    """Run command lines as the admin of an account of one's own, on a running server."""
    return cli.with_environment(account.server.environment(account.key))
