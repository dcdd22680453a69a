"""Runs every command that the docs show, in the order of each page."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from awscli.clidriver import create_clidriver

from serving import RunningServer, running_server

ROOT = Path(__file__).parents[2]
PAGES = [
    "README.md",
    "docs/guides/nodes.md",
    "docs/guides/baselines-and-groups.md",
    "docs/guides/catalog.md",
    "docs/guides/original-agent.md",
    "docs/guides/other-inventories.md",
    "docs/guides/search.md",
    "docs/guides/terraform.md",
    "docs/guides/windows.md",
    "docs/operations/running.md",
]
BIN = Path(sys.executable).parent
_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""What stands behind the opening fence, and the content."""
_COMMAND = re.compile(r"^(patchwarden|aws|python3|/opt|make) ")
_RUN_ELSEWHERE = re.compile(r"^(make |python3 -m venv|/opt/patchwarden/bin/)")
"""`.ci/run` runs these, or its like with other paths; tests/clients/test_terraform.py runs what
the page on Terraform shows."""
_GOES_ON = re.compile(r"^patchwarden (serve\b|node run$)")
pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="the pages scan this machine, which has no apt"
)


def commands(page: str) -> list[str]:
    """Give the commands of a page, which are in blocks of no language."""
    blocks = [content for language, content in _blocks(page) if not language]
    found = [line for block in blocks for line in block.splitlines() if _COMMAND.match(line)]
    return [line for line in found if not _RUN_ELSEWHERE.match(line)]


def files(page: str) -> dict[str, str]:
    """Give the files that a page shows: their names stand behind the language of a block."""
    named = [(language.partition(" ")[2], content) for language, content in _blocks(page)]
    return {name: content for name, content in named if name}


def _blocks(page: str) -> list[tuple[str, str]]:
    return _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


class Reader:
    """Somebody who types what a page shows, putting in what only they can know."""

    def __init__(self, server: RunningServer, directory: Path) -> None:
        self.server = server
        self.directory = directory
        key = server.new_key()
        self.environment = {
            **os.environ,
            **server.environment(key),
            "AWS_ENDPOINT_URL": "",
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(directory),
            "PATCHWARDEN_AGENT_STATE": str(directory / "registration.json"),
        }
        self.known = {
            "http://127.0.0.1:8440": server.url,
            "/var/lib/patchwarden": str(server.data_directory),
            "DATA": str(server.data_directory),
            "PWAKEXAMPLE": server.new_key("auditor").access_key_id,
            "/mnt/image": str(self._image()),
            "--listen 127.0.0.1:8440": "--listen 127.0.0.1:0",
            # In place of AWS itself.
            "--profile my-aws": f"--endpoint-url {server.url}",
        }
        shutil.copy("/var/lib/dpkg/status", directory / "status")

    def type(self, line: str) -> None:
        """Run one line; keep what later lines need."""
        line = self._filled_in(line)
        if _GOES_ON.match(line):
            self._start_and_interrupt(line)
        elif line.startswith("aws ") and ">" not in line:
            self._learn(self._aws(line))
        else:
            self._learn(self._run(line))

    def _aws(self, line: str) -> str:
        """Run the AWS CLI in this process: to start it takes longer than what it does."""
        output = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
            patch.chdir(self.directory)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            status = create_clidriver().main(shlex.split(line)[1:])
        assert status == 0, f"{line}\n{output.getvalue()}"
        return output.getvalue()

    def _run(self, line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _filled_in(self, text: str) -> str:
        for name, value in self.known.items():
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?!\w)", value, text)
        return text

    def _learn(self, output: str) -> None:
        if made := re.fullmatch(r'\{\s*"BaselineId": "(pb-[0-9a-f]{17})"\s*\}\s*', output):
            self.known["BASELINE_ID"] = made[1]
        if '"ActivationId"' in output:
            activation = json.loads(output)
            self.known["ID"] = activation["ActivationId"]
            self.known["CODE"] = activation["ActivationCode"]
        for name, value in re.findall(r"^export (\w+)=(\S+)$", output, re.MULTILINE):
            self.environment[name] = self._filled_in(value)
        if nodes := re.findall(r"\bmi-[0-9a-f]{17}\b", output):
            self.known["INSTANCE_ID"] = self.known["mi-…"] = nodes[0]

    def _start_and_interrupt(self, line: str) -> None:
        if " serve" in line and "--listen" not in line:
            line += " --listen 127.0.0.1:0"
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        first_line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        with process.stdout:
            process.stdout.read()
        assert first_line
        assert process.wait(timeout=30) in {0, 130}

    def _image(self) -> Path:
        image = self.directory / "image"
        for file in ("/etc/os-release", "/var/lib/dpkg/status"):
            target = image / file.removeprefix("/")
            target.parent.mkdir(parents=True)
            shutil.copy(file, target)
        return image


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("documented") / "data") as running:
        yield running


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work(page: str, server: RunningServer, tmp_path: Path) -> None:
    reader = Reader(server, tmp_path)
    reader.type("patchwarden simulate --nodes 1 --seed 7 --data DATA")
    reader.type("patchwarden nodes")
    for name, content in files(page).items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    lines = commands(page)
    assert lines, f"{page} shows no command any more"
    for line in lines:
        reader.type(line)


def test_no_other_page_shows_commands() -> None:
    pages = {
        str(file.relative_to(ROOT)) for file in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    }
    others = pages - set(PAGES) - {"docs/reference/command-line.md"}
    assert [line for page in sorted(others) for line in commands(page)] == []
