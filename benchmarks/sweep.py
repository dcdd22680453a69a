"""How fast a fleet is judged again after a change of baselines, with one and with two processes.

Real servers on one data directory do it in the background. Every node is judged anew: all of them
get another baseline. The two processes share the write lock of SQLite. The environment variable
PATCHWARDEN_BENCHMARK_FLEET names a data directory with a fleet; its baselines are changed.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.figure import BenchmarkError, Effort, Figure, Goal, Skipped
from benchmarks.measuring.installation import SCOPE, Prepared
from benchmarks.measuring.large_fleet import prepare_large
from benchmarks.measuring.sample_reports import sample_report
from benchmarks.measuring.servers import free_port, patchwarden_command, running
from patchwarden.choices import Choices
from patchwarden.data.load import operating_systems
from patchwarden.domain.facts import Report
from patchwarden.evaluation.assignment import default_predefined
from patchwarden.evaluation.engine import Engine
from patchwarden.store import baselines, verdicts
from patchwarden.store.credentials import IssuedKey
from patchwarden.store.database import Database

FLEET = "PATCHWARDEN_BENCHMARK_FLEET"
_PACKAGES = 700
_TIMEOUT_S = 600
_LOOK_EVERY_S = 0.05
_DECODES = 100
_GOAL = Goal("value", "at least", 1_667)
"""100,000 nodes in 60 s on two cores."""
_numbers = count()


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Change the baselines of a fleet and wait until nothing is outdated, some times over.

    Raises BenchmarkError.
    """
    rounds = max(1, effort.rounds // 3)
    with _fleet(effort) as prepared, prepared.open() as db:
        rates = {processes: _rates(db, prepared, processes, rounds) for processes in (1, 2)}
        nodes = _nodes(db)
    return [
        Figure(
            name=f"nodes judged again per s, {processes} process{'es' if processes > 1 else ''}",
            value=median(rates[processes]),
            unit="nodes/s",
            yardstick="msgspec decode of one report",
            yardstick_value=_decodes_per_s(),
            goals=(_GOAL,) if processes == 2 else (),
            note=f"{nodes:,} nodes, judged anew with cold memories",
        )
        for processes in rates
    ]


@contextmanager
def _fleet(effort: Effort) -> Iterator[Prepared]:
    if given := os.environ.get(FLEET):
        yield Prepared(Path(given), IssuedKey("", ""), ())
        return
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name:
        yield prepare_large(Path(name) / "data", effort.fleet_nodes)


def _rates(db: Database, prepared: Prepared, processes: int, rounds: int) -> list[float]:
    nodes = _nodes(db)
    with ExitStack() as stack:
        for _ in range(processes):
            port = free_port()
            command = patchwarden_command(prepared.directory, port)
            server = stack.enter_context(running(command, port))
            # On any core: two processes are to use two.
            _let_run_anywhere(server.process.pid)
        _wait_until_up_to_date(db)
        rates = []
        for _ in range(rounds):
            _change_baselines(db)
            started = time.perf_counter()
            _wait_until_up_to_date(db)
            rates.append(nodes / (time.perf_counter() - started))
    return rates


def _let_run_anywhere(pid: int) -> None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), os.sched_getaffinity(0))


def _change_baselines(db: Database) -> None:
    now = time.time()
    with db.transaction():
        for system in operating_systems():
            baseline_id = f"pb-{time.time_ns() + next(_numbers):017x}"
            content = default_predefined(system).content
            baselines.add(db, SCOPE, baseline_id, content, now=now, by="benchmark")
            baselines.set_default(db, SCOPE, system, baseline_id)


def _wait_until_up_to_date(db: Database) -> None:
    engine, deadline = Engine(Choices()).identity, time.monotonic() + _TIMEOUT_S
    while verdicts.some_outdated(db, SCOPE, engine=engine, now=time.time(), limit=1):
        if time.monotonic() > deadline:
            raise BenchmarkError(f"The fleet is not up to date after {_TIMEOUT_S} s")
        time.sleep(_LOOK_EVERY_S)


def _nodes(db: Database) -> int:
    row = db.one("SELECT count(*) FROM nodes WHERE scan_id IS NOT NULL")
    assert row is not None
    return int(row[0])


def _decodes_per_s() -> float:
    encoded, decoder = sample_report(0, _PACKAGES, time.time()), msgspec.json.Decoder(Report)
    started = time.perf_counter()
    for _ in range(_DECODES):
        decoder.decode(encoded)
    return _DECODES / (time.perf_counter() - started)
