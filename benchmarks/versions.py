"""Comparisons of versions in dpkg's and in rpm's order, next to the packaging systems' libraries.

Each of as many made-up versions as a node has packages is compared with a small change of itself.
Keys are remembered, as when the nodes of a fleet are judged, which the libraries do not do;
comparisons of versions that were never seen are a figure of their own.
"""

import json
import random
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.figure import BenchmarkError, Effort, Figure, Skipped
from patchwarden.domain.versions import dpkg, rpm

_SEED = 1
_PAIRS = 700
_TURNS = 20
_SYSTEM_PYTHON = Path("/usr/bin/python3")
_PIECES = (".", ".", "+", "~", "rc", "git", "a", "0", "1", "2", "9", "10", "20250101")

Pair = tuple[str, str]


class _Order(NamedTuple):
    name: str
    compare: Callable[[str, str], int]
    caches: Sequence[Callable[[], None]]
    """What forgets the keys made so far."""
    release: str
    """What every version ends in."""
    library: str
    package: str
    """Debian's, which has the library."""
    preparation: str
    """Python that makes `compare` of the library, and `prepared` of a version."""


_ORDERS = (
    _Order(
        name="dpkg",
        compare=dpkg.compare,
        caches=(dpkg.sort_key.cache_clear,),
        release="-1+deb12u1",
        library="apt_pkg.version_compare",
        package="python3-apt",
        preparation="""
import apt_pkg
apt_pkg.init_system()
compare, prepared = apt_pkg.version_compare, str
""",
    ),
    _Order(
        name="rpm",
        compare=rpm.compare,
        caches=(rpm.sort_key.cache_clear, rpm.split.cache_clear),
        release="-1.el9",
        library="rpm.labelCompare",
        package="python3-rpm",
        preparation="""
import rpm
compare, prepared = rpm.labelCompare, lambda text: ("0", *text.rsplit("-", 1))
""",
    ),
)
_PROGRAM = """
import json, sys, time
pairs, turns = json.load(sys.stdin)
pairs = [(prepared(a), prepared(b)) for a, b in pairs]
started = time.perf_counter()
for _ in range(turns):
    answers = [compare(a, b) for a, b in pairs]
json.dump([time.perf_counter() - started, answers], sys.stdout)
"""


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Let this program and the libraries take turns; give comparisons per second.

    Raises BenchmarkError if they disagree.
    """
    return [figure for order in _ORDERS for figure in _measured(order, effort.rounds)]


def _measured(order: _Order, rounds: int) -> Sequence[Figure | Skipped]:
    pairs = _pairs(order.release)
    name = f"compare versions, {order.name}"
    known, unknown, theirs = [], [], []
    for _ in range(rounds):
        unknown.append(_taken_s(order, pairs, 1, forget=True))
        known.append(_taken_s(order, pairs, _TURNS, forget=False))
        answered = _library(order, pairs)
        if answered is None:
            reason = f"{order.library} is missing: install {order.package}"
            return [Skipped(name, reason)]
        taken_s, answers = answered
        theirs.append(taken_s)
        _check(order, pairs, answers)
    return [
        Figure(
            name=f"{name}, {what}",
            value=turns * _PAIRS / median(taken),
            unit="comparisons/s",
            yardstick=order.library,
            yardstick_value=_TURNS * _PAIRS / median(theirs),
        )
        for what, taken, turns in (("seen before", known, _TURNS), ("never seen", unknown, 1))
    ]


def _taken_s(order: _Order, pairs: Sequence[Pair], turns: int, *, forget: bool) -> float:
    if forget:
        for clear in order.caches:
            clear()
    compare = order.compare
    started = time.perf_counter()
    for _ in range(turns):
        for a, b in pairs:
            compare(a, b)
    return time.perf_counter() - started


def _library(order: _Order, pairs: Sequence[Pair]) -> tuple[float, list[int]] | None:
    """Give the seconds that the library takes, and its answers; None if it is not installed."""
    if not _SYSTEM_PYTHON.exists():
        return None
    ran = subprocess.run(
        [_SYSTEM_PYTHON, "-I", "-c", order.preparation + _PROGRAM],
        input=json.dumps([pairs, _TURNS]),
        capture_output=True,
        check=False,
        text=True,
    )
    if ran.returncode != 0:
        return None
    taken_s, answers = json.loads(ran.stdout)
    return taken_s, answers


def _check(order: _Order, pairs: Sequence[Pair], answers: Sequence[int]) -> None:
    for (a, b), answer in zip(pairs, answers, strict=True):
        if order.compare(a, b) != (answer > 0) - (answer < 0):
            raise BenchmarkError(f"{order.library} orders {a} and {b} otherwise")


def _pairs(release: str) -> Sequence[Pair]:
    source = random.Random(_SEED)
    pairs = []
    for _ in range(_PAIRS):
        pieces = source.choices(_PIECES, k=source.randint(2, 7))
        other = list(pieces)
        other[source.randrange(len(other))] = source.choice(_PIECES)
        pairs.append((f"1{''.join(pieces)}{release}", f"1{''.join(other)}{release}"))
    return pairs
