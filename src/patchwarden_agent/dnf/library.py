"""Asks dnf through its own library: runs `walk` where that is, and reads its answer."""

import contextlib
import json
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from patchwarden_agent.command import Running, start
from patchwarden_agent.dnf import walk as dnf_walk
from patchwarden_agent.dnf.updateinfo import moment
from patchwarden_agent.dnf.view import (
    AbsentPackages,
    CachedRepository,
    DnfView,
    NamedVersion,
    Offer,
)
from patchwarden_agent.errors import CommandError, UnreadableFileError
from patchwarden_agent.findings import Advisory, Slot
from patchwarden_agent.rpm.database import without_zero_epoch
from patchwarden_agent.rpm.root import RpmRoot, repository_directories, variable_directories
from patchwarden_agent.target import read_file

_COMMANDS = (Path("/usr/bin/dnf"), Path("/usr/bin/dnf-3"))
_PYTHONS = (Path("/usr/libexec/platform-python"), Path("/usr/bin/python3"))
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Question:
    """What a walk needs to know beside the root."""

    release: str
    """What `$releasever` is if no package says it, such as `9.3`."""
    architecture: Optional[str]
    """That of the root; None if it is this machine's."""
    locks: Sequence[str]
    """The patterns of versionlock."""


def dnf_python() -> Path:
    """Give the Python that the dnf command runs on, for which python3-dnf is built."""
    for command in _COMMANDS:
        with contextlib.suppress(UnreadableFileError):
            first_line = (
                read_file(command, _MAX_BYTES).partition(b"\n")[0].decode("utf-8", "replace")
            )
            words = first_line[2:].split() if first_line.startswith("#!") else []
            if words and "python" in words[0]:
                return Path(words[0])
    return next((python for python in _PYTHONS if python.exists()), _PYTHONS[-1])


def start_walk(root: RpmRoot, question: Question, python: Optional[Path] = None) -> Running:
    """Start the walk; raise CommandError if there is no such Python."""
    # As text, for the agent may be a single file that the other Python cannot import from.
    program = pkgutil.get_data("patchwarden_agent.dnf", "walk.py")
    assert program is not None
    options = {
        "root": str(root.path),
        "scratch": str(root.scratch),
        "repositories": repository_directories(root),
        "variables": variable_directories(root),
        "release": question.release,
        "architecture": question.architecture,
        "locks": list(question.locks),
    }
    words = [str(python or dnf_python()), "-I", "-c", program.decode("utf-8")]
    return start("python3-dnf", [*words, json.dumps(options)])


def finish_walk(running: Running, timeout_s: float) -> Optional[DnfView]:
    """Give what the walk found; None if there is no python3-dnf.

    Raises CommandError if it fails.
    """
    try:
        answer = running.output(timeout_s)
    except CommandError:
        if running.process.returncode == dnf_walk.ABSENT:
            return None
        raise
    try:
        return _view(json.loads(answer))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CommandError(f"python3-dnf gave an unexpected answer: {error!r}.") from error


def _view(answer: dict[str, Any]) -> DnfView:
    problem = answer["problem"]
    return DnfView(
        evidence="python-dnf",
        repositories=tuple(
            CachedRepository(each["id"], Path(each["directory"])) for each in answer["repositories"]
        ),
        missing=tuple(answer["missing"]),
        offers=tuple(_offer(each) for each in answer["offers"]),
        advisories={each["id"]: _advisory(each) for each in answer["advisories"]},
        named=tuple(
            NamedVersion(advisory_id, Slot(name, architecture), without_zero_epoch(version))
            for advisory_id, name, architecture, version in answer["named"]
        ),
        absent=tuple(
            AbsentPackages(tuple(advisory_ids), tuple(repositories), count)
            for advisory_ids, repositories, count in answer["not_installed"]
        ),
        details={"kept_back": f"dnf upgrade would fail: {problem}"} if problem else {},
    )


def _offer(found: dict[str, Any]) -> Offer:
    return Offer(
        slot=Slot(found["name"], found["architecture"]),
        version=without_zero_epoch(found["version"]),
        repository=found["repository"],
        built_at=found["built_at"] or None,
        source_file=found["source_file"],
        module=found["module"],
        kept_back=found["kept_back"],
    )


def _advisory(found: dict[str, Any]) -> Advisory:
    return Advisory(
        advisory_id=found["id"],
        classification=found["classification"],
        severity=found["severity"],
        title=found["title"],
        updated_at=moment(found["updated"]),
        cve_ids=tuple(sorted(set(found["cve_ids"]))),
        bugzilla_ids=tuple(sorted(set(found["bugzilla_ids"]))),
    )
