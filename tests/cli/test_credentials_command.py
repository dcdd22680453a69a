"""Access keys made on the command line."""

import configparser
import shlex
import stat
from pathlib import Path

import pytest

from command_line import CommandLine
from serving import RunningServer


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_the_first_key_makes_the_installation(cli: CommandLine, data: Path) -> None:
    cli.succeed("credentials", "create", "--role", "admin", "--data", data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert (data / "patchwarden.sqlite").exists()


def test_env_output_is_lines_for_a_shell(cli: CommandLine, data: Path) -> None:
    made = cli.succeed("credentials", "create", "--role", "operator", "--data", data)
    lines = [shlex.split(line) for line in made.out.splitlines()]
    assert all(words[0] == "export" and len(words) == 2 for words in lines)
    variables = dict(words[1].split("=", 1) for words in lines)
    assert variables.keys() == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL_SSM",
    }
    assert variables["AWS_ENDPOINT_URL_SSM"] == "http://127.0.0.1:8440"
    assert variables["AWS_DEFAULT_REGION"] == "us-east-1"


def test_profile_output_is_a_section_of_the_aws_settings(cli: CommandLine, data: Path) -> None:
    made = cli.succeed(
        "credentials", "create", "--role", "auditor", "--format", "profile",
        "--endpoint", "http://patches.example.net:8440", "--data", data,
    )  # fmt: skip
    settings = configparser.ConfigParser(interpolation=None)
    settings.read_string(made.out)
    profile = settings["patchwarden"]
    assert profile["endpoint_url"] == "http://patches.example.net:8440"
    assert profile["aws_access_key_id"].startswith("PWAK")
    assert profile["aws_secret_access_key"]


def test_keys_are_listed_without_their_secrets(cli: CommandLine, data: Path) -> None:
    made = cli.succeed(
        "credentials", "create", "--role", "node", "--instance-id", "mi-0123456789abcdef0",
        "--description", "build\x1b[31m", "--format", "json", "--data", data,
    ).document  # fmt: skip
    table = cli.succeed("credentials", "list", "--data", data).out
    assert made["AccessKeyId"] in table
    assert "mi-0123456789abcdef0" in table
    assert "\x1b" not in table
    assert made["SecretAccessKey"] not in table
    [listed] = cli.succeed("credentials", "list", "--format", "json", "--data", data).document[
        "AccessKeys"
    ]
    assert listed["Role"] == "node"
    assert listed["RevokedDate"] is None
    assert made["SecretAccessKey"] not in str(listed)


@pytest.mark.parametrize("instance_id", ["i-0123456789abcdef0", "i-01234567"])
def test_a_node_of_ec2_can_have_a_key_before_it_is_known(
    cli: CommandLine, data: Path, instance_id: str
) -> None:
    made = cli.succeed(
        "credentials", "create", "--role", "node", "--instance-id", instance_id,
        "--format", "json", "--data", data,
    ).document  # fmt: skip
    assert made["InstanceId"] == instance_id


def test_a_revoked_key_is_shown_as_revoked_and_cannot_be_revoked_again(
    cli: CommandLine, data: Path
) -> None:
    made = cli.succeed(
        "credentials", "create", "--role", "admin", "--format", "json", "--data", data
    ).document
    cli.succeed("credentials", "revoke", made["AccessKeyId"], "--data", data)
    [listed] = cli.succeed("credentials", "list", "--format", "json", "--data", data).document[
        "AccessKeys"
    ]
    assert listed["RevokedDate"] is not None
    again = cli("credentials", "revoke", made["AccessKeyId"], "--data", data)
    assert again.exit_code == 1
    assert made["AccessKeyId"] in again.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--role", "node"),
        ("--role", "admin", "--instance-id", "mi-0123456789abcdef0"),
        ("--role", "node", "--instance-id", "web-1"),
        ("--role", "admin", "--account", "12345"),
        ("--role", "admin", "--account", "١٢٣٤٥٦٧٨٩٠١٢"),
    ],
)
def test_keys_that_make_no_sense_are_refused(
    cli: CommandLine, data: Path, arguments: tuple[str, ...]
) -> None:
    assert cli("credentials", "create", *arguments, "--data", data).exit_code == 2
    assert not data.exists()


@pytest.mark.parametrize("command", [("list",), ("revoke", "PWAKEXAMPLE")])
def test_looking_at_keys_makes_no_installation(
    cli: CommandLine, data: Path, command: tuple[str, ...]
) -> None:
    outcome = cli("credentials", *command, "--data", data)
    assert outcome.exit_code == 1
    assert f"There is no installation in {data}" in outcome.err
    assert not data.exists()


def test_a_running_server_knows_a_new_key_and_forgets_a_revoked_one(
    cli: CommandLine, server: RunningServer
) -> None:
    made = cli.succeed(
        "credentials", "create", "--role", "auditor", "--account", "310000000001",
        "--format", "json", "--data", server.data_directory,
    ).document  # fmt: skip
    cli.with_environment(
        {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
            "PATCHWARDEN_ENDPOINT": server.url,
        }
    )
    cli.succeed("nodes")
    cli.succeed("credentials", "revoke", made["AccessKeyId"], "--data", server.data_directory)
    refused = cli("nodes")
    assert refused.exit_code == 1
    assert "was revoked" in refused.err


def test_a_profile_alone_leads_to_the_server(
    cli: CommandLine, server: RunningServer, tmp_path: Path
) -> None:
    made = cli.succeed(
        "credentials", "create", "--role", "auditor", "--account", "310000000002",
        "--format", "profile", "--endpoint", server.url, "--data", server.data_directory,
    )  # fmt: skip
    (tmp_path / "home" / ".aws").mkdir(parents=True)
    (tmp_path / "home" / ".aws" / "credentials").write_text(made.out)
    assert cli.succeed("nodes", "--profile", "patchwarden").out.startswith(
        "No managed nodes in us-east-1."
    )


@pytest.mark.parametrize("region", ["a b; rm", "x\nfoo=bar", "", "US-EAST-1"])
def test_what_a_shell_would_misread_is_no_region(cli: CommandLine, data: Path, region: str) -> None:
    refused = cli("credentials", "create", "--role", "admin", "--region", region, "--data", data)
    assert refused.exit_code == 2
    assert "is no region" in refused.err
    assert not data.exists()


@pytest.mark.parametrize(
    "endpoint", ["foo", "http://", "http://[::", "ftp://host", "http://host:0"]
)
def test_what_is_no_url_is_refused(cli: CommandLine, endpoint: str) -> None:
    refused = cli("nodes", "--endpoint", endpoint)
    assert refused.exit_code == 2
    assert "is no URL" in refused.err
