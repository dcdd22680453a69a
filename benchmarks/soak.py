"""Whether a server's memory stays flat: mixed load by several processes, for ten minutes.

`python -m benchmarks.soak` fails if the memory of all processes of the server is, in the median of
the last third of the time, over a tenth above that of the first third. The time begins once caches
are full (SQLite's may take 64 MiB a connection): when memory has grown by less than a hundredth in
half a minute, or after as long as the soak itself is to last.
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from benchmarks.figure import BenchmarkError
from benchmarks.measuring.installation import Prepared, prepare
from benchmarks.measuring.sample_reports import sample_report
from benchmarks.measuring.servers import Server, free_port, patchwarden_command, running
from benchmarks.measuring.wire import client_of
from patchwarden.domain.states import PatchState

_GROWTH = 1.10
"""Of the median in the last third over the first."""
_WARM_S = 30.0
_WARM_GROWTH = 1.01
"""Caches are full when memory has not grown more in that time."""
_NODES = 100
_PACKAGES = 300
_VARIANTS = 4
"""Of the reports of a node: it sends one after the other, over and over."""
_SAMPLES = 240
_ROWS = 12
_CLIENTS = 4
_THROTTLING = "ThrottlingException"
_MIB = 1024 * 1024
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server was like at one time."""

    at_s: float
    memory_bytes: tuple[int, ...]
    """Resident, of each process of the server."""
    requests: int
    """Answered since the beginning."""
    throttled: int
    """Of them, those that were to be sent again."""

    @property
    def total_bytes(self) -> int:
        """Give the memory of all processes."""
        return sum(self.memory_bytes)


class Counts:
    """What all clients together have done."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.requests = multiprocessing.Value("q", 0)
        self.throttled = multiprocessing.Value("q", 0)

    def add(self, *, was_throttled: bool) -> None:
        """Count one request."""
        with self.requests.get_lock():
            self.requests.value += 1
            self.throttled.value += was_throttled


class Load:
    """One client: reads, reports and changes of policy, in an order of its own."""

    def __init__(self, url: str, prepared: Prepared, seed: int) -> None:
        """Make what it takes to send requests."""
        self._ids = prepared.instance_ids[seed::_CLIENTS]
        self._source = random.Random(seed)
        self._ssm = client_of(url, prepared.key)
        self._own = client_of(url, prepared.key, "patchwarden")
        self._sent = 0
        self._started_at = time.time()
        self._baseline_id = self._ssm.create_patch_baseline(
            Name=f"soak-{seed}", OperatingSystem="DEBIAN"
        )["BaselineId"]
        self._kinds: Sequence[tuple[Callable[[], Any], int]] = (
            (self._read_a_page, 80),
            (self._read_the_fleet, 4),
            (self._report, 15),
            (self._change_policy, 1),
        )

    def send(self) -> None:
        """Send one request."""
        kinds, weights = zip(*self._kinds, strict=True)
        self._source.choices(kinds, weights)[0]()

    def _read_a_page(self) -> None:
        asked = {"InstanceId": self._ids[self._sent % len(self._ids)], "MaxResults": 50}
        if self._source.random() < 0.3:
            state = self._source.choice(list(PatchState))
            asked["Filters"] = [{"Key": "State", "Values": [str(state)]}]
        self._ssm.describe_instance_patches(**asked)

    def _read_the_fleet(self) -> None:
        self._ssm.describe_instance_patch_states(InstanceIds=list(self._ids[:25]))

    def _report(self) -> None:
        node = self._sent % len(self._ids)
        variant = self._sent // len(self._ids) % _VARIANTS
        self._sent += 1
        content = sample_report(
            node * _VARIANTS + variant, _PACKAGES, self._started_at, scanned_at=time.time()
        )
        self._own.submit_report(InstanceId=self._ids[node], Report=content)

    def _change_policy(self) -> None:
        self._ssm.update_patch_baseline(
            BaselineId=self._baseline_id,
            ApprovedPatches=[f"package-{self._source.randrange(50)}"],
        )
        self._ssm.register_default_patch_baseline(BaselineId=self._baseline_id)


def main() -> int:
    """Run the soak; give the exit code."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="patchwarden-soak-") as name:
        prepared = prepare(
            Path(name),
            _NODES,
            (sample_report(node * _VARIANTS, _PACKAGES, time.time()) for node in range(_NODES)),
        )
        samples = list(_soak(prepared, arguments.workers, arguments.seconds))
    _show(samples)
    first, last = _thirds(samples)
    growth = last / first
    verdict = "flat" if growth <= _GROWTH else "NOT FLAT"
    print(
        f"Memory, median of the first third {first / _MIB:.1f} MiB, of the last "
        f"{last / _MIB:.1f} MiB: {growth - 1:+.1%}, {verdict} (at most {_GROWTH - 1:+.0%})."
    )
    return 0 if growth <= _GROWTH else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long (%(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer")
    return parser.parse_args()


def _soak(prepared: Prepared, workers: int, seconds: float) -> Iterator[Sample]:
    port = free_port()
    command = [*patchwarden_command(prepared.directory, port), "--workers", str(workers)]
    with running(command, port) as server:
        _wait_for(server, workers)
        with _load(server, prepared) as counts:
            warm_up_s = _warm_up(server, workers, seconds)
            print(f"Warm after {warm_up_s:.0f} s, {counts.requests.value:,} requests.")
            started = time.monotonic()
            while (at_s := time.monotonic() - started) < seconds:
                yield Sample(
                    at_s,
                    _memory(server, workers),
                    counts.requests.value,
                    counts.throttled.value,
                )
                time.sleep(seconds / _SAMPLES)


def _warm_up(server: Server, workers: int, most_s: float) -> float:
    """Wait until memory has stopped growing; give the seconds that it took."""
    started = time.monotonic()
    before = sum(_memory(server, workers))
    while time.monotonic() - started < most_s:
        time.sleep(min(_WARM_S, most_s))
        now = sum(_memory(server, workers))
        if now <= before * _WARM_GROWTH:
            break
        before = now
    return time.monotonic() - started


def _wait_for(server: Server, workers: int) -> None:
    """Wait until all processes of the server answer."""
    seen: set[int] = set()
    deadline = time.monotonic() + 60
    while len(seen) < workers:
        with urllib.request.urlopen(f"{server.url}/_patchwarden/health", timeout=60) as answer:
            seen.add(msgspec.json.decode(answer.read())["process"])
        if time.monotonic() > deadline:
            raise BenchmarkError(f"Only {len(seen)} of {workers} workers answer.")


@contextmanager
def _load(server: Server, prepared: Prepared) -> Iterator[Counts]:
    context = multiprocessing.get_context("fork")
    counts, stop = Counts(), context.Event()
    clients = [
        context.Process(target=_keep_sending, args=(server.url, prepared, seed, counts, stop))
        for seed in range(_CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        yield counts
        if not all(client.is_alive() for client in clients):
            raise BenchmarkError("A client has ended: its error is above.")
    finally:
        stop.set()
        for client in clients:
            client.join()


def _keep_sending(url: str, prepared: Prepared, seed: int, counts: Counts, stop: Event) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends it
    load = Load(url, prepared, seed)
    while not stop.is_set():
        was_throttled = False
        try:
            load.send()
        except ClientError as error:
            if error.response["Error"]["Code"] != _THROTTLING:
                raise
            was_throttled = True
        counts.add(was_throttled=was_throttled)


def _memory(server: Server, workers: int) -> tuple[int, ...]:
    return tuple(map(_memory_bytes, _processes(server.process.pid, workers)))


def _processes(pid: int, workers: int) -> list[int]:
    """Give the process that was started and those that it has started."""
    if workers == 1:
        return [pid]
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [pid, *map(int, children)]


def _memory_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * _PAGE_BYTES


def _thirds(samples: Sequence[Sample]) -> tuple[float, float]:
    """Give the medians of the first and of the last third."""
    third = len(samples) // 3
    if third == 0:
        raise BenchmarkError("That was too short to tell anything.")
    first, last = samples[:third], samples[-third:]
    return median(each.total_bytes for each in first), median(each.total_bytes for each in last)


def _show(samples: Sequence[Sample]) -> None:
    table = Table("time", "processes", "memory", "requests", "of them throttled", "requests/s")
    shown = samples[:: max(1, len(samples) // _ROWS)]
    for before, each in zip([None, *shown], shown, strict=False):
        rate = "" if before is None else f"{_rate(before, each):,.0f}"
        table.add_row(
            f"{each.at_s:.0f} s",
            str(len(each.memory_bytes)),
            f"{each.total_bytes / _MIB:.1f} MiB",
            f"{each.requests:,}",
            f"{each.throttled:,}",
            rate,
        )
    Console().print(table)


def _rate(before: Sample, after: Sample) -> float:
    return (after.requests - before.requests) / (after.at_s - before.at_s)


if __name__ == "__main__":
    sys.exit(main())
