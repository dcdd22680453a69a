"""Settings: a flag wins over a variable, which wins over the file."""

from pathlib import Path

import pytest

from command_line import CommandLine


@pytest.fixture
def settings(tmp_path: Path, cli: CommandLine) -> Path:
    path = tmp_path / "settings.toml"
    cli.with_environment({"PATCHWARDEN_CONFIG": str(path)})
    return path


def key_account(cli: CommandLine, *arguments: object) -> object:
    made = cli.succeed("credentials", "create", "--role", "admin", "--format", "json", *arguments)
    return made.document["Account"]


def test_flag_wins_over_variable_wins_over_file(
    cli: CommandLine, settings: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    settings.write_text('[credentials.create]\naccount = "111111111111"\n')
    assert key_account(cli, "--data", data) == "111111111111"
    cli.with_environment({"PATCHWARDEN_CREDENTIALS_CREATE_ACCOUNT": "222222222222"})
    assert key_account(cli, "--data", data) == "222222222222"
    assert key_account(cli, "--data", data, "--account", "333333333333") == "333333333333"


def test_shared_settings_reach_every_command_that_takes_them(
    cli: CommandLine, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PATCHWARDEN_DATA")
    settings.write_text(f'data = "{tmp_path / "shared"}"\naccount = 444444444444\n')
    assert key_account(cli) == "444444444444"
    assert (tmp_path / "shared" / "master.key").exists()
    assert "444444444444" in cli.succeed("credentials", "list").out


def test_a_command_has_its_own_setting_over_the_shared_one(
    cli: CommandLine, settings: Path, tmp_path: Path
) -> None:
    settings.write_text(
        'account = "111111111111"\n[credentials.create]\naccount = "555555555555"\n'
    )
    assert key_account(cli, "--data", tmp_path / "data") == "555555555555"


def test_settings_are_named_as_the_flags_are(
    cli: CommandLine, settings: Path, tmp_path: Path
) -> None:
    settings.write_text(
        '[credentials.create]\nrole = "node"\ninstance-id = "mi-0123456789abcdef0"\n'
        'format = "json"\n'
    )
    made = cli.succeed("credentials", "create", "--data", tmp_path / "data").document
    assert made["InstanceId"] == "mi-0123456789abcdef0"


def test_a_shared_endpoint_does_not_turn_simulate_away_from_the_store(
    cli: CommandLine, settings: Path, tmp_path: Path
) -> None:
    settings.write_text('endpoint = "http://127.0.0.1:1"\n')
    cli.succeed("simulate", "--nodes", 1, "--data", tmp_path / "data")
    assert (tmp_path / "data" / "patchwarden.sqlite").exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("endpoint = ", "is not valid TOML"),
        ("lisen = '0.0.0.0:1'", "lisen cannot stand at the top"),
        ("[serv]\nlisten = '0.0.0.0:1'", "[serv] is not a command"),
        ("[completion]\nlisten = '0.0.0.0:1'", "listen under [completion]"),
    ],
)
def test_mistakes_in_the_file_are_named(
    cli: CommandLine, settings: Path, content: str, complaint: str
) -> None:
    settings.write_text(content)
    outcome = cli("completion", "fish")
    assert outcome.exit_code == 1
    assert complaint in outcome.err


def test_a_file_that_was_asked_for_must_be_there(cli: CommandLine, settings: Path) -> None:
    outcome = cli("completion", "fish")
    assert outcome.exit_code == 1
    assert f"{settings} cannot be read" in outcome.err


def test_the_users_own_file_is_found(cli: CommandLine, tmp_path: Path) -> None:
    usual = tmp_path / "config" / "patchwarden" / "config.toml"
    usual.parent.mkdir(parents=True)
    usual.write_text("nonsense = 1\n")
    outcome = cli.with_environment({"XDG_CONFIG_HOME": str(tmp_path / "config")})(
        "completion", "fish"
    )
    assert str(usual) in outcome.err
