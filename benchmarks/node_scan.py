"""A scan of this very machine, next to `apt list --upgradable`, with package lists in memory."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import msgspec

import patchwarden_agent
from benchmarks.figure import BenchmarkError, Effort, Figure, Goal, MissingToolError, Skipped
from benchmarks.measuring.timing import alternating
from patchwarden.domain.facts import Report

_SYSTEM_PYTHON = Path("/usr/bin/python3")
_YARDSTICK = "apt list --upgradable"
_COMMAND = "patchwarden node scan"
_AGENT = "patchwarden_agent scan"


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Let the command, the agent alone and apt take turns; give medians.

    Raises MissingToolError, BenchmarkError.
    """
    if shutil.which("apt") is None:
        raise MissingToolError("apt is not installed: this figure needs Debian or Ubuntu")
    commands = {
        _COMMAND: [sys.executable, "-m", "patchwarden", "node", "scan", "--format", "report"],
        _AGENT: [_agent_python(), "-m", "patchwarden_agent", "scan"],
    }
    packages = {name: _check_scan(name, command) for name, command in commands.items()}
    yardstick = ["apt", "list", "--upgradable"]
    times = alternating(
        {
            name: partial(_output_of, command)
            for name, command in {**commands, _YARDSTICK: yardstick}.items()
        },
        effort.rounds,
    )
    return [_figure(name, times, packages[name]) for name in commands]


def _figure(name: str, times: Mapping[str, Sequence[float]], packages: int) -> Figure:
    return Figure(
        name=f"scan of this machine, {name}",
        value=median(times[name]),
        unit="s",
        yardstick=_YARDSTICK,
        yardstick_value=median(times[_YARDSTICK]),
        goals=(Goal("ratio", "at most", 1.0),),
        note=f"{packages} packages",
    )


def _agent_python() -> str:
    """Give the Python that a node has, which may have apt's library."""
    return str(_SYSTEM_PYTHON) if _SYSTEM_PYTHON.exists() else sys.executable


def _check_scan(name: str, command: Sequence[str]) -> int:
    """Run a scan once, so that the lists are in memory; give the number of packages it found."""
    try:
        report = msgspec.json.decode(_output_of(command), type=Report)
    except msgspec.DecodeError as error:
        raise BenchmarkError(f"{name} does not print a report: {error}") from error
    return len(report.packages.installed)


def _output_of(command: Sequence[str]) -> bytes:
    sources = Path(patchwarden_agent.__file__).parent.parent
    ran = subprocess.run(
        command,
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(sources)},
    )
    if ran.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} failed: {ran.stderr.decode()[-500:]}")
    return ran.stdout
