"""What becomes of a system Python that does not give what it should."""

import json
from pathlib import Path

import pytest

from patchwarden_agent.apt import walk as apt_walk
from patchwarden_agent.apt.library import finish_walk, start_walk
from patchwarden_agent.errors import CommandError
from patchwarden_agent.findings import Candidate, NotInstalled, Origin, Slot


def _python(directory: Path, script: str) -> Path:
    path = directory / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_python_without_the_library_gives_nothing(tmp_path: Path) -> None:
    assert finish_walk(start_walk([], _python(tmp_path, f"exit {apt_walk.ABSENT}")), 10) is None


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("echo 'apt_pkg.Error: E:broken' >&2; exit 1", "E:broken"),
        ("echo nonsense", "unexpected answer"),
        ("echo '{}'", "unexpected answer"),
        ("echo '[]'", "unexpected answer"),
        ("kill -SEGV $$", "status -11"),
    ],
)
def test_a_walk_that_fails_is_an_error(tmp_path: Path, script: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        finish_walk(start_walk([], _python(tmp_path, script)), 10)


def test_a_walk_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="was stopped"):
        finish_walk(start_walk([], _python(tmp_path, "sleep 60")), 0.05)


def test_a_missing_python_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be run"):
        start_walk([], tmp_path / "none")


def test_groups_that_differ_in_the_order_of_lists_are_one(tmp_path: Path) -> None:
    answer = {
        "origins": [["b", "", "", "", "", ""], ["a", "", "", "", "", ""]],
        "candidates": [
            {
                "name": "bash",
                "architecture": "amd64",
                "version": "2",
                "origins": [0, 1],
                "priority": "required",
                "section": "shells",
            }
        ],
        "not_installed": [["optional", "net", [0, 1], 2], ["optional", "net", [1, 0], 3]],
    }
    python = _python(tmp_path, f"echo '{json.dumps(answer)}'")
    found = finish_walk(start_walk([], python), 10)
    both = (Origin("a"), Origin("b"))
    assert found is not None
    assert found.not_installed == (NotInstalled("optional", "net", both, 5),)
    assert found.candidates == {Slot("bash", "amd64"): Candidate("2", both, "required", "shells")}
