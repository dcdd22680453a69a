"""SubmitReport: reports of 700 packages, each durable when it is acknowledged.

Next to what SQLite does on the same disk at its plainest: one small row, one durable commit. The
server runs on one core; with 16 clients, reports that arrive together share a commit.
"""

import asyncio
import gzip
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.figure import BenchmarkError, Effort, Figure, Goal, Skipped
from benchmarks.measuring import servers
from benchmarks.measuring.cores import client_core, on_core
from benchmarks.measuring.installation import Prepared, prepare
from benchmarks.measuring.sample_reports import sample_report
from benchmarks.measuring.servers import HOST, Server
from benchmarks.measuring.wire import Signer, client_of

_PACKAGES = 700
_CLIENTS = (1, 16)
_TURNS = 3
_YARDSTICK = "SQLite durable one-row commits"
_GOALS = {
    "first time": Goal("value", "at least", 300, is_later=True),
    "unchanged": Goal("value", "at least", 2_000, is_later=True),
}
_CONTENT_LENGTH = b"content-length: "


class _Rate(NamedTuple):
    per_s: float
    cpu_us: float
    """What the server took of its core for each report."""


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Hand in reports for the first time and again, with one client and with many.

    Raises BenchmarkError.
    """
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name:
        directory = Path(name)
        prepared = prepare(directory / "data", effort.nodes * len(_CLIENTS) * _TURNS)
        commits: list[float] = []
        rates: dict[tuple[str, int], list[_Rate]] = {}
        with servers.patchwarden(prepared.directory) as server:
            for turn in range(_TURNS):
                for case, rate in _turn(server, prepared, effort, turn):
                    commits.append(_commits_per_s(directory, effort.round_s / 4))
                    rates.setdefault(case, []).append(rate)
    return [_figure(case, measured, median(commits)) for case, measured in rates.items()]


def _turn(
    server: Server, prepared: Prepared, effort: Effort, turn: int
) -> Iterator[tuple[tuple[str, int], _Rate]]:
    """Let nodes that have sent nothing yet report, and then report again."""
    signer = Signer(client_of(server.url, prepared.key, "patchwarden"))
    now = time.time()
    for position, clients in enumerate(_CLIENTS):
        first = (turn * len(_CLIENTS) + position) * effort.nodes
        for case, scanned_at in (("first time", now - 3600), ("unchanged", now)):
            requests = [
                signer.request(
                    "submit_report",
                    InstanceId=prepared.instance_ids[node],
                    Report=gzip.compress(
                        sample_report(node, _PACKAGES, now, scanned_at=scanned_at), mtime=0
                    ),
                )
                for node in range(first, first + effort.nodes)
            ]
            yield (case, clients), _submit(server, requests, clients)


def _submit(server: Server, requests: Sequence[bytes], clients: int) -> _Rate:
    cpu_before_s = server.cpu_s()
    with on_core(client_core()):
        took_s = asyncio.run(_send_all(server.port, requests, clients))
    cpu_s = server.cpu_s() - cpu_before_s
    return _Rate(len(requests) / took_s, 1e6 * cpu_s / len(requests))


async def _send_all(port: int, requests: Sequence[bytes], clients: int) -> float:
    """Send `requests` over as many connections as there are clients; give the seconds it took."""
    connections = [await asyncio.open_connection(HOST, port) for _ in range(clients)]
    waiting = iter(requests)
    started = time.perf_counter()
    await asyncio.gather(*(_send(*connection, waiting) for connection in connections))
    took_s = time.perf_counter() - started
    for _, writer in connections:
        writer.close()
        await writer.wait_closed()
    return took_s


async def _send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: Iterator[bytes]
) -> None:
    for request in waiting:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(_CONTENT_LENGTH)[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
        if not head.startswith(b"http/1.1 200 "):
            raise BenchmarkError(f"A report was refused: {body[:300]!r}")


def _commits_per_s(directory: Path, duration_s: float) -> float:
    """Commit single rows as durably as the store does."""
    with closing(sqlite3.connect(directory / "yardstick.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE IF NOT EXISTS rows (content BLOB)")
        count = 0
        started = time.perf_counter()
        while (took_s := time.perf_counter() - started) < duration_s:
            db.execute("INSERT INTO rows VALUES (x'00')")
            count += 1
    return count / took_s


def _figure(case: tuple[str, int], rates: Sequence[_Rate], commits_per_s: float) -> Figure:
    what, clients = case
    return Figure(
        name=f"ingest of {_PACKAGES} packages, {what}, {clients} client{'s' * (clients > 1)}",
        value=median(rate.per_s for rate in rates),
        unit="reports/s",
        yardstick=_YARDSTICK,
        yardstick_value=commits_per_s,
        goals=(_GOALS[what],) if clients > 1 else (),
        note=f"{median(rate.cpu_us for rate in rates):,.0f} µs of the server's core a report",
    )
