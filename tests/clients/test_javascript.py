"""The AWS SDK for JavaScript against a real server."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from accounts import Account
from fakes import package

FOLDER = Path(__file__).parent / "javascript"
OLDEST_NODE = (20,)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the SDK, as the lock file has it, beside a copy of our script."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} is not on this machine")
    version = _output(["node", "--version"], FOLDER)
    if tuple(map(int, version.strip("v\n").split("."))) < OLDEST_NODE:
        pytest.skip(f"the SDK needs Node.js {OLDEST_NODE[0]}, this is {version}")
    folder = tmp_path_factory.mktemp("javascript") / "project"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules"))
    _output(["npm", "ci", "--no-audit", "--no-fund"], folder)
    return folder


def _output(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    finished = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture
def seen(account: Account, project: Path) -> Any:
    node = account.new_node()
    node.submit([package(f"lib{number:02}", security=True) for number in range(25)])
    environment = account.server.environment(account.key)
    environment["AWS_REGION"] = environment.pop("AWS_DEFAULT_REGION")
    return json.loads(_output(["node", "walk.mjs", node.instance_id], project, environment))


@pytest.mark.timeout(180)
def test_the_javascript_client_works_unchanged(seen: Any) -> None:
    assert seen["createdIsDate"] is True
    assert seen["rule"]["ApproveAfterDays"] == 3
    assert seen["description"] == "new"
    assert seen["groupHasBaseline"] is True
    assert seen["groupState"]["Instances"] == 1
    assert seen["patches"]["count"] == 3
    assert [patch["KBId"] for patch in seen["patches"]["found"]] == [
        f"lib{number:02}.amd64" for number in range(25)
    ]
    assert "javascript" in {each["BaselineName"] for each in seen["baselines"]["found"]}
    assert len(seen["items"]["found"]) == 25
    refusals = {
        "unknownNode": "InvalidInstanceId",
        "badFilter": "InvalidFilter",
        "tooMany": "ValidationException",
        "unknownBaseline": "DoesNotExistException",
        "inUse": "ResourceInUseException",
    }
    for name, code in refusals.items():
        assert seen[name]["name"] == code
        assert seen[name]["status"] == 400
        assert seen[name]["isTyped"] is True
        assert seen[name]["hasRequestId"] is True
        assert seen[name]["message"]
