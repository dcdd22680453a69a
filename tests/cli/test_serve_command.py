"""`patchwarden serve`: how its settings are given."""

from pathlib import Path

import pytest

from command_line import CommandLine
from patchwarden.store.sqlite import FILE_NAME

WRONG = "patches.example.test"
SAID = f"--public-url '{WRONG}' is not the address of a server"


@pytest.mark.parametrize("place", ["a flag", "a variable", "the settings file"])
def test_the_public_url_is_read_and_checked(place: str, cli: CommandLine, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[serve]\npublic-url = "{WRONG}"\n' if "file" in place else "")
    cli.with_environment({"PATCHWARDEN_CONFIG": str(settings)})
    if place == "a variable":
        cli.with_environment({"PATCHWARDEN_PUBLIC_URL": WRONG})
    flags = ["--public-url", WRONG] if place == "a flag" else []
    outcome = cli("serve", "--data", tmp_path / "data", *flags)
    assert outcome.exit_code == 1
    assert SAID in outcome.err


def test_what_is_wrong_with_an_installation_is_told_once_for_all_workers(
    cli: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a store of ours".ljust(4096))
    outcome = cli("serve", "--data", tmp_path, "--listen", "127.0.0.1:0", "--workers", 2)
    assert outcome.exit_code == 1
    assert outcome.err.count("is damaged or not a store") == 1


@pytest.mark.parametrize(
    "name",
    ["workers", "max-connections", "max-waiting-writes", "max-waiting-reads", "max-body-memory"],
)
@pytest.mark.parametrize("place", ["a flag", "a variable", "the settings file"])
def test_numbers_are_read_from_everywhere_and_have_to_be_above_zero(
    name: str, place: str, cli: CommandLine, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[serve]\n{name} = 0\n" if "file" in place else "")
    cli.with_environment({"PATCHWARDEN_CONFIG": str(settings)})
    if place == "a variable":
        cli.with_environment({f"PATCHWARDEN_{name.replace('-', '_').upper()}": "0"})
    flags = [f"--{name}", 0] if place == "a flag" else []
    outcome = cli("serve", "--data", tmp_path / "data", *flags)
    assert outcome.exit_code == 2
    assert "0 is not in the range x>=1" in outcome.err


def test_a_rate_of_zero_would_let_nobody_in(cli: CommandLine, tmp_path: Path) -> None:
    outcome = cli("serve", "--data", tmp_path / "data", "--rate-limit", 0)
    assert outcome.exit_code == 2
    assert "0 is not in the range x>0" in outcome.err.replace("0.0", "0")
