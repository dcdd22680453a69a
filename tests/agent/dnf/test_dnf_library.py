"""What becomes of a Python that does not give what it should; `test_dnf_scan` has one that does."""

from pathlib import Path

import pytest

from patchwarden_agent.dnf import walk as dnf_walk
from patchwarden_agent.dnf.library import Question, dnf_python, finish_walk, start_walk
from patchwarden_agent.errors import CommandError
from patchwarden_agent.rpm.root import RpmRoot

_QUESTION = Question(release="9", architecture=None, locks=())


@pytest.fixture
def empty_root(tmp_path: Path) -> RpmRoot:
    return RpmRoot(tmp_path, tmp_path / "var/lib/rpm", tmp_path / "scratch")


def _python(directory: Path, script: str) -> Path:
    path = directory / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_python_without_the_library_gives_nothing(empty_root: RpmRoot, tmp_path: Path) -> None:
    python = _python(tmp_path, f"exit {dnf_walk.ABSENT}")
    assert finish_walk(start_walk(empty_root, _QUESTION, python), 10) is None


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("echo 'dnf.exceptions.Error: broken' >&2; exit 1", "broken"),
        ("echo nonsense", "unexpected answer"),
        ("echo '{}'", "unexpected answer"),
        ("echo '[]'", "unexpected answer"),
        ("kill -SEGV $$", "status -11"),
    ],
)
def test_a_walk_that_fails_is_an_error(
    empty_root: RpmRoot, tmp_path: Path, script: str, complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        finish_walk(start_walk(empty_root, _QUESTION, _python(tmp_path, script)), 10)


def test_a_walk_that_hangs_is_stopped(empty_root: RpmRoot, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="was stopped"):
        finish_walk(start_walk(empty_root, _QUESTION, _python(tmp_path, "sleep 60")), 0.05)


def test_a_missing_python_is_an_error(empty_root: RpmRoot, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be run"):
        start_walk(empty_root, _QUESTION, tmp_path / "none")


def test_there_is_always_a_python_to_try() -> None:
    assert "python" in dnf_python().name
