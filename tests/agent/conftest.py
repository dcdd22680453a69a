"""What the agent's tests share: a made-up system, and a server that gives canned answers."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from canned_server import CannedServer, running_canned_server

CASES = Path(__file__).parent.parent / "cases" / "apt"


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def private_directories(session_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests out of the directories of whoever runs them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(session_cache))
    for name in list(os.environ):
        if name.lower() in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def installed_at() -> float:
    """Give when all packages of the made-up system were installed."""
    return 1_778_311_726.5


@pytest.fixture
def made_up_root(tmp_path: Path, installed_at: float) -> Path:
    """Give a copy of `cases/apt/root`."""
    root = tmp_path / "root"
    shutil.copytree(CASES / "root", root)
    for file_list in (root / "var/lib/dpkg/info").iterdir():
        os.utime(file_list, (installed_at, installed_at))
    return root


@pytest.fixture
def canned_server() -> Iterator[CannedServer]:
    with running_canned_server() as canned:
        yield canned
