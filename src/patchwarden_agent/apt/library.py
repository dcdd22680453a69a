"""Asks apt through the system's python3-apt: runs `apt_walk` there, and reads its answer."""

import json
import pkgutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from patchwarden_agent.apt import walk as apt_walk
from patchwarden_agent.apt.options import Option
from patchwarden_agent.apt.view import AptView
from patchwarden_agent.command import Running, start
from patchwarden_agent.errors import CommandError
from patchwarden_agent.findings import Candidate, NotInstalled, Origin, Slot

# python3-apt is built for the distribution's own Python and no other.
SYSTEM_PYTHON = Path("/usr/bin/python3")


def start_walk(options: Sequence[Option], python: Path = SYSTEM_PYTHON) -> Running:
    """Start the walk; raise CommandError if there is no such Python."""
    # As text, for the agent may be a single file that the other Python cannot import from.
    program = pkgutil.get_data("patchwarden_agent.apt", "walk.py")
    assert program is not None
    return start(
        "python3-apt", [str(python), "-I", "-c", program.decode("utf-8"), json.dumps(options)]
    )


def finish_walk(running: Running, timeout_s: float) -> Optional[AptView]:
    """Give what the walk found; None if there is no python3-apt.

    Raises CommandError if it fails.
    """
    try:
        answer = running.output(timeout_s)
    except CommandError:
        if running.process.returncode == apt_walk.ABSENT:
            return None
        raise
    try:
        return _view(json.loads(answer))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CommandError(f"python3-apt gave an unexpected answer: {error!r}.") from error


def _view(answer: dict[str, Any]) -> AptView:
    origins = [Origin(*fields) for fields in answer["origins"]]
    return AptView(
        evidence="python-apt",
        candidates={
            Slot(found["name"], found["architecture"]): _candidate(found, origins)
            for found in answer["candidates"]
        },
        not_installed=_not_installed(answer["not_installed"], origins),
    )


def _candidate(found: dict[str, Any], origins: list[Origin]) -> Candidate:
    return Candidate(
        version=found["version"],
        origins=tuple(sorted({origins[position] for position in found["origins"]})),
        priority=found["priority"],
        section=found["section"],
        source=found.get("source"),
        source_version=found.get("source_version"),
        phased_percentage=found.get("phased_percentage"),
        kept_back=found.get("kept_back"),
    )


def _not_installed(groups: list[Any], origins: list[Origin]) -> tuple[NotInstalled, ...]:
    """Sum up groups that differ only in the order of their lists."""
    counts: Counter[tuple[str, str, tuple[Origin, ...]]] = Counter()
    for priority, section, positions, count in groups:
        offered_by = tuple(sorted({origins[position] for position in positions}))
        counts[priority, section, offered_by] += count
    return tuple(NotInstalled(*counted, count) for counted, count in sorted(counts.items()))
