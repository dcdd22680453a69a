"""What the agent's tests share: made-up systems, and a server that gives canned answers."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from canned_server import CannedServer, running_canned_server
from rpm_examples import make_example_repositories, make_example_root
from rpm_repository import RpmRoot, RpmTools

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


@pytest.fixture(scope="session")
def rpm_tools(tmp_path_factory: pytest.TempPathFactory) -> RpmTools:
    """Give rpmbuild, createrepo_c and dnf; the tests that use them are skipped without."""
    return RpmTools.of(tmp_path_factory.mktemp("rpm-home"))


@pytest.fixture(scope="session")
def example_repositories(
    rpm_tools: RpmTools, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Give the directories of the repositories of `rpm_examples`, not to be changed."""
    return make_example_repositories(rpm_tools, tmp_path_factory.mktemp("repositories"))


@pytest.fixture(scope="session")
def untouched_root(
    rpm_tools: RpmTools,
    example_repositories: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> RpmRoot:
    """Give the root of `rpm_examples`, not to be changed."""
    path = tmp_path_factory.mktemp("root") / "root"
    return make_example_root(rpm_tools, path, example_repositories)


@pytest.fixture
def rpm_root(untouched_root: RpmRoot, tmp_path: Path) -> RpmRoot:
    """Give a copy of the root of `rpm_examples`."""
    return untouched_root.copied(tmp_path / "root")
