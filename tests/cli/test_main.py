"""How a command line ends: exit codes, sentences, signals, and how fast it starts."""

import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import CommandLine
from patchwarden import __version__

PROGRAM = [sys.executable, "-m", "patchwarden"]
ANY_KEY = {"AWS_ACCESS_KEY_ID": "PWAKEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


def test_it_tells_its_version(cli: CommandLine) -> None:
    assert cli.succeed("--version").out == f"patchwarden {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("patches",),
        ("nodes", "--format", "xml"),
        ("nodes", "--endpoint", "not-a-url"),
        ("simulate", "--nodes", "0"),
        ("simulate", "--nodes", "1", "--at", "yesterday"),
        ("credentials", "create", "--role", "king"),
        ("patches", "mi-0123456789abcdef0", "--state", "Broken"),
    ],
)
def test_wrong_usage_exits_with_2(cli: CommandLine, arguments: tuple[str, ...]) -> None:
    outcome = cli(*arguments)
    assert outcome.exit_code == 2
    assert outcome.out == ""
    assert "Error:" in outcome.err


def test_a_server_that_is_not_there_gives_one_sentence(cli: CommandLine) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    outcome = cli.with_environment(ANY_KEY)("nodes", "--endpoint", endpoint)
    assert outcome.exit_code == 1
    assert (
        outcome.err
        == f"Error: No server answers at {endpoint}; start one with: patchwarden serve\n"
    )


def test_a_missing_access_key_gives_one_sentence(cli: CommandLine) -> None:
    outcome = cli("nodes")
    assert outcome.exit_code == 1
    assert outcome.err.startswith("Error: No access key is configured.")
    assert outcome.err.count("\n") == 1


def test_an_unknown_profile_gives_one_sentence(cli: CommandLine) -> None:
    outcome = cli("nodes", "--profile", "nobody")
    assert outcome.exit_code == 1
    assert "nobody" in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_file_that_cannot_be_used_gives_one_sentence(cli: CommandLine, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    outcome = cli("credentials", "create", "--role", "admin", "--data", in_the_way / "data")
    assert outcome.exit_code == 1
    assert outcome.err.startswith("Error: The data directory")


def test_interruption_exits_with_130_and_no_traceback() -> None:
    with subprocess.Popen(
        [*PROGRAM, "report", "submit", "-", "--register"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        # More than a pipe holds: when this returns, the command is reading.
        process.stdin.write(b"x" * 1_000_000)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        # Python may take notice of a signal only when the read ends.
        process.stdin.close()
        assert process.wait(timeout=20) == 130
        assert process.stderr is not None
        assert process.stderr.read().strip() == b""


def test_a_reader_that_has_gone_is_no_error_to_talk_about() -> None:
    with subprocess.Popen(
        [*PROGRAM, "baselines", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_starting_imports_nothing_slow() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "patchwarden", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    assert "patchwarden.cli.main" in imported
    slow = {"boto3", "botocore", "rich", "uvicorn", "cryptography", "msgspec", "sqlite3", "asyncio"}
    assert imported & slow == set()


def test_a_closed_standard_output_is_no_failure_of_ours() -> None:
    command = [sys.executable, "-m", "patchwarden", "credentials", "list", "--data", "/nonexistent"]
    done = subprocess.run(
        ["bash", "-c", f"{shlex.join(command)} >&-"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: There is no installation in /nonexistent")


def test_a_server_that_cannot_start_does_not_say_that_it_serves(tmp_path: Path) -> None:
    (tmp_path / "patchwarden.sqlite").write_bytes(b"garbage" * 1000)
    (tmp_path / "master.key").write_bytes(bytes(32))
    (tmp_path / "master.key").chmod(0o600)
    command = [sys.executable, "-m", "patchwarden", "serve", "--data", str(tmp_path)]
    done = subprocess.run(
        [*command, "--listen", "127.0.0.1:0"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
