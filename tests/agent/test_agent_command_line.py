import json
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

import patchwarden_agent
from canned_server import CannedServer
from patchwarden_agent.__main__ import run_command

_PACKAGE = Path(patchwarden_agent.__file__).parent


def test_a_scan_prints_the_report(made_up_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = made_up_root / "var/lib/dpkg/status"
    assert run_command(["scan", "--dpkg-status", str(status)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == 1
    assert report["scan"]["collector"] == "patchwarden-agent/0.1.0"


def test_a_failure_is_one_sentence_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["scan", "--root", "/nonexistent"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "patchwarden-agent: /nonexistent is no directory; name a root directory.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["run", "--interval", "5"],
        ["run", "--interval", "x"],
        ["run", "--heartbeat", "59"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        run_command(arguments)
    assert raised.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        run_command(["--help"])
    assert raised.value.code == 0
    assert "patchwarden-agent scan --root" in capsys.readouterr().out


def test_a_node_registers_and_reports(
    canned_server: CannedServer, made_up_root: Path, tmp_path: Path
) -> None:
    canned_server.answer(
        200,
        {
            "InstanceId": "mi-0123456789abcdef0",
            "Region": "us-east-1",
            "AccessKeyId": "AKIA1234567890123456",
            "SecretAccessKey": "s3cret",
        },
    )
    canned_server.answer(200, {})
    canned_server.answer(200, {"ReportId": "r-1", "PackagesChanged": True})
    state = ["--state", str(tmp_path / "registration.json")]
    activation = ["--activation-id", "some-id", "--activation-code", "c" * 20]
    assert run_command(["register", "--endpoint", canned_server.url, *activation, *state]) == 0
    status = made_up_root / "var/lib/dpkg/status"
    assert run_command(["run", "--once", "--dpkg-status", str(status), *state]) == 0
    assert [each.headers["x-amz-target"] for each in canned_server.received] == [
        "AmazonSSM.RegisterManagedInstance",
        "AmazonSSM.UpdateInstanceInformation",
        "Patchwarden.SubmitReport",
    ]


def test_an_unregistered_node_says_how_to_register(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", "--once", "--state", str(tmp_path / "none.json")]) == 1
    assert "patchwarden node register" in capsys.readouterr().err


@pytest.fixture(scope="session")
def one_file_agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the agent as a single file, made as `make agent` does."""
    directory = tmp_path_factory.mktemp("agent")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_PACKAGE, directory / "source" / _PACKAGE.name, ignore=ignored)
    file = directory / "patchwarden-agent.pyz"
    zipapp.create_archive(directory / "source", file, main="patchwarden_agent.__main__:main")
    return file


def test_the_agent_works_as_a_single_file(one_file_agent: Path, made_up_root: Path) -> None:
    command = [sys.executable, "-I", str(one_file_agent), "scan", "--root", str(made_up_root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert len(report["packages"]["installed"]) == 12
    assert report["scan"]["evidence"] in ("python-apt", "apt-get")
    why_not = report["scan"]["details"].get("python_apt", "python3-apt is not installed")
    assert why_not.startswith("python3-apt is not installed")


def test_the_single_file_gives_the_exit_code(one_file_agent: Path) -> None:
    command = [sys.executable, "-I", str(one_file_agent), "scan", "--root", "/nonexistent"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_causes_no_traceback(
    one_file_agent: Path, made_up_root: Path
) -> None:
    status = made_up_root / "var/lib/dpkg/status"
    command = f"'{sys.executable}' -I '{one_file_agent}' scan --dpkg-status '{status}' | true"
    done = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_the_run_ends_on_a_signal(
    one_file_agent: Path, made_up_root: Path, tmp_path: Path, canned_server: CannedServer
) -> None:
    registration = {
        "endpoint": canned_server.url,
        "region": "us-east-1",
        "instance_id": "mi-0123456789abcdef0",
        "access_key_id": "AKIA1234567890123456",
        "secret_access_key": "s3cret",
    }
    state = tmp_path / "registration.json"
    state.write_text(json.dumps(registration))
    canned_server.answer(200, {})
    canned_server.answer(200, {"ReportId": "r-1"})
    status = str(made_up_root / "var/lib/dpkg/status")
    command = [sys.executable, "-I", str(one_file_agent), "run"]
    arguments = ["--dpkg-status", status, "--state", str(state)]
    with subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "report accepted: r-1\n"
        process.terminate()
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""
