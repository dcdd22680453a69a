"""The judgement of one report of 700 packages by the predefined baseline.

Alone (`domain.evaluate`), and with the store around it, as after a change of baseline: load,
evaluate, save. Next to the mere reading of the same report.
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
from benchmarks.measuring.timing import alternating
from patchwarden.choices import Choices
from patchwarden.domain.facts import Report
from patchwarden.evaluation import run
from patchwarden.evaluation.assignment import default_predefined
from patchwarden.evaluation.run import Engine
from patchwarden.store import baselines
from patchwarden.store.database import Database

_OPERATING_SYSTEM = "DEBIAN"
_PACKAGES = 700
_CALLS = 20
_ALONE = "evaluate"
_DECODE = "msgspec decode of the report"
_JUDGE = "judge"
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
            times = alternating(
                {
                    _ALONE: _repeated(_evaluation(decode(encoded), now)),
                    _DECODE: _repeated(lambda: decode(encoded)),
                    _JUDGE: judge_all,
                },
                2 * effort.rounds,
            )
    decode_ms = 1000 * median(times[_DECODE]) / _CALLS
    return [
        Figure(
            name=name,
            value=1000 * median(times[key]) / calls,
            unit="ms",
            yardstick=_DECODE,
            yardstick_value=decode_ms,
            goals=goals,
        )
        for name, key, calls, goals in (
            (f"evaluate {_PACKAGES} packages", _ALONE, _CALLS, ()),
            (
                "the same with the store, after a change of baseline",
                _JUDGE,
                node_count,
                (_FLEET_GOAL,),
            ),
        )
    ]


def _repeated(call: Callable[[], object]) -> Callable[[], None]:
    def repeat() -> None:
        for _ in range(_CALLS):
            call()

    return repeat


def _evaluation(report: Report, now: float) -> Callable[[], object]:
    engine = Engine(Choices())
    baseline = default_predefined(_OPERATING_SYSTEM).content
    return lambda: engine.evaluate(report, baseline, now)


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
