"""Cores of this machine: who runs where, and how much time a process took."""

import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def server_core() -> int:
    """Give the core for what is measured."""
    return max(os.sched_getaffinity(0))


def client_core() -> int:
    """Give the core for what makes the load: the same one only if there is no other."""
    return min(os.sched_getaffinity(0))


def all_cores() -> frozenset[int]:
    """Give all cores that there are for measuring."""
    return frozenset(os.sched_getaffinity(0))


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run this process, and what it starts meanwhile for as long as that lives, on one core."""
    with on_cores({core}):
        yield


@contextmanager
def on_cores(cores: Set[int]) -> Iterator[None]:
    """Run this process, and what it starts meanwhile for as long as that lives, on some cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_s(pid: int) -> float:
    """Give the processor time that a process has taken so far, its threads included."""
    # 4242 (name of the program) S 1 4242 … : the name may hold spaces and parentheses.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    user_ticks, system_ticks = int(fields[11]), int(fields[12])
    return (user_ticks + system_ticks) / _TICKS_PER_S
