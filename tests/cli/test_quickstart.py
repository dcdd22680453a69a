import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="quickstart scans this machine, which has no apt"
)
COMMAND = [sys.executable, "-m", "patchwarden", "quickstart"]


def quickstart(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, "--data", str(data), "--listen", "127.0.0.1:0", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_it_prints_the_patches_of_this_machine_and_a_second_run_uses_the_same_node(
    tmp_path: Path,
) -> None:
    first = quickstart(tmp_path / "data", "--exit")
    assert first.returncode == 0, first.stderr
    assert first.stderr == ""
    [node] = re.findall(r"Registered this machine as (mi-[0-9a-f]{17})", first.stdout)
    installed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}\n"],
        capture_output=True,
        text=True,
        check=True,
    )
    counts = re.findall(r"(\d+) [A-Z_]+(?: \(\d+ shown\))?(?:, |$)", first.stdout, re.MULTILINE)
    assert sum(map(int, counts)) == installed.stdout.split().count("installed")
    second = quickstart(tmp_path / "data", "--exit")
    assert f"This machine is registered as {node}" in second.stdout


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        failed = quickstart(tmp_path / "data", "--listen", address)
    assert failed.returncode == 1
    assert failed.stderr == (
        f"Error: Cannot listen on {address}: Address already in use. "
        "Choose another address with --listen HOST:PORT.\n"
    )


@pytest.fixture
def staying_up(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*COMMAND, "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def _printed_once_up(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "stays up until Ctrl-C" in line:
            break
    return lines


def test_the_two_lines_to_try_next_work_until_it_is_interrupted(
    staying_up: "subprocess.Popen[str]",
) -> None:
    lines = _printed_once_up(staying_up)
    command, url = [line.strip() for line in lines[lines.index("Try next:\n") + 1 :][:2]]
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert b"Patchwarden" in answer.read()
    aws = subprocess.run(
        ["env", *shlex.split(command), "--query", "Patches[0].KBId"],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=True,
    )
    assert re.fullmatch(r'"[^"]+\.\w+"\n', aws.stdout)
    staying_up.send_signal(signal.SIGINT)
    assert staying_up.wait(timeout=30) == 0


def test_it_ends_in_order_when_it_is_terminated(staying_up: "subprocess.Popen[str]") -> None:
    assert _printed_once_up(staying_up)
    staying_up.send_signal(signal.SIGTERM)
    assert staying_up.wait(timeout=30) == 0
