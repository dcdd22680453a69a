"""`patchwarden serve`: how its settings are given."""

from pathlib import Path

import pytest

from command_line import CommandLine

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
