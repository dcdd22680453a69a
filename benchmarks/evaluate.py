"""The judgement of one report of 700 packages by the predefined baseline.

Alone (`domain.evaluate`), and with the store around it, as after a change of baseline: load,
evaluate, save. So are other systems, and a report that the catalog completes. Next to the mere
reading of the first report.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.figure import Effort, Figure, Goal, Skipped
from benchmarks.measuring.installation import SCOPE, prepare
from benchmarks.measuring.sample_reports import sample_report
from benchmarks.measuring.sample_systems import (
    debian_knowledge,
    dnf_report,
    windows_catalog,
    windows_report,
)
from benchmarks.measuring.timing import alternating
from patchwarden.choices import Choices
from patchwarden.domain.enrichment import enrich
from patchwarden.domain.facts import Report
from patchwarden.evaluation import run
from patchwarden.evaluation.assignment import default_predefined
from patchwarden.evaluation.engine import Engine
from patchwarden.store import baselines
from patchwarden.store.database import Database

_OPERATING_SYSTEM = "DEBIAN"
_PACKAGES = 700
_CALLS = 20
_WINDOWS_PATCHES = 2_000
_CVES_EACH = 20
_ALONE = f"evaluate {_PACKAGES} packages"
_DNF = f"evaluate {_PACKAGES} packages of dnf, two updates on offer for each"
_WINDOWS = f"complete and evaluate Windows updates, {_WINDOWS_PATCHES:,} in the catalog"
_COMPLETED = f"complete and evaluate {_PACKAGES} packages, {_CVES_EACH} CVEs for each source"
_DECODE = "msgspec decode of the report"
_JUDGE = "evaluate with the store, after a change of baseline"
_FLEET_GOAL = Goal("value", "at most", 1.2, is_later=True)
"""100,000 nodes in 60 s on two cores."""


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Let reading and judging take turns; give milliseconds per report."""
    now = time.time()
    encoded = sample_report(0, _PACKAGES, now)
    decode = msgspec.json.Decoder(Report).decode
    node_count = min(effort.nodes, 100)
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name:
        reports = [sample_report(node, _PACKAGES, now) for node in range(node_count)]
        prepared = prepare(Path(name) / "data", node_count, reports)
        with prepared.open() as db:
            judge_all = _judge_all(db, prepared.instance_ids)
            calls = {**_alone(decode(encoded), now), _DECODE: lambda: decode(encoded)}
            repeated = {name: _repeated(call) for name, call in calls.items()}
            times = alternating({**repeated, _JUDGE: judge_all}, 2 * effort.rounds)
    decode_ms = 1000 * median(times[_DECODE]) / _CALLS
    return [
        Figure(
            name=name,
            value=1000 * median(taken) / (node_count if name == _JUDGE else _CALLS),
            unit="ms",
            yardstick=_DECODE,
            yardstick_value=decode_ms,
            goals=(_FLEET_GOAL,) if name == _JUDGE else (),
        )
        for name, taken in times.items()
        if name != _DECODE
    ]


def _repeated(call: Callable[[], object]) -> Callable[[], None]:
    def repeat() -> None:
        for _ in range(_CALLS):
            call()

    return repeat


def _alone(report: Report, now: float) -> dict[str, Callable[[], object]]:
    """Give the judgements that need no store."""
    dnf, windows = dnf_report(_PACKAGES, now), windows_report(now)
    catalog = windows_catalog(_WINDOWS_PATCHES, now)
    knowledge = debian_knowledge(report.packages.installed, _CVES_EACH)
    return {
        _ALONE: _evaluation(lambda: report, now),
        _DNF: _evaluation(lambda: dnf, now),
        _WINDOWS: _evaluation(lambda: catalog.enrich(windows), now),
        _COMPLETED: _evaluation(lambda: enrich(report, knowledge), now),
    }


def _evaluation(complete: Callable[[], Report], now: float) -> Callable[[], object]:
    engine = Engine(Choices())
    baseline = default_predefined(complete().node.operating_system).content
    return lambda: engine.evaluate(complete(), baseline, now)


def _judge_all(db: Database, instance_ids: Sequence[str]) -> Callable[[], None]:
    """Give a function that makes another baseline the default and judges all nodes again."""
    engine = Engine(Choices())
    content = default_predefined(_OPERATING_SYSTEM).content
    numbers = count()

    def judge_all() -> None:
        now = time.time()
        baseline_id = f"pb-{next(numbers):017x}"
        with db.transaction():
            baselines.add(db, SCOPE, baseline_id, content, now=now, by="benchmark")
            baselines.set_default(db, SCOPE, _OPERATING_SYSTEM, baseline_id)
            for instance_id in instance_ids:
                run.judge(db, engine, SCOPE, instance_id, now)

    return judge_all
