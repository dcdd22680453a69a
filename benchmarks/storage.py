"""What the store takes for a node of about 850 packages, and for each scan that found no news.

The nodes are those of `patchwarden.testing.simulated_fleet`, so that nodes share what the nodes
of a fleet share.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.figure import Effort, Figure, Goal, Skipped
from benchmarks.measuring.installation import accept, prepare
from patchwarden.choices import Choices
from patchwarden.domain.facts import Report
from patchwarden.evaluation.engine import Engine
from patchwarden.store.database import Database
from patchwarden.store.errors import StoreUnavailableError
from patchwarden.testing.simulated_fleet import encode, fleet

_SEED = 1
_RESCANS = 5
_KIB = 1024


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Fill a store with a fleet, then have the fleet report the same again; give sizes."""
    now = time.time()
    reports = [node.report for node in fleet(effort.fleet_nodes, _SEED, now=now)]
    encoded = [encode(report) for report in reports]
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name:
        prepared = prepare(Path(name) / "data", len(reports), encoded)
        with prepared.open() as db:
            filled = _size_bytes(db)
            tables = _largest_tables(db, len(reports))
            engine = Engine(Choices())
            for rescan in range(1, 1 + _RESCANS):
                again = (encode(_later(report, rescan)) for report in reports)
                accept(db, engine, zip(prepared.instance_ids, again, strict=True))
            rescanned = _size_bytes(db)
    average = sum(len(report.packages.installed) for report in reports) / len(reports)
    return [
        Figure(
            name=f"stored per node of {average:.0f} packages",
            value=filled / len(reports) / _KIB,
            unit="KiB",
            goals=(Goal("value", "at most", 12, is_later=True),),
            note=f"{len(reports)} nodes; {tables}",
        ),
        Figure(
            name="stored per unchanged rescan",
            value=(rescanned - filled) / len(reports) / _RESCANS,
            unit="bytes",
            goals=(Goal("value", "at most", 100),),
        ),
    ]


def _later(report: Report, minutes: int) -> Report:
    """Give a report with the same findings from a later scan."""
    scan = report.scan
    later = 60.0 * minutes
    return replace(
        report,
        scan=replace(scan, started_at=scan.started_at + later, ended_at=scan.ended_at + later),
    )


def _size_bytes(db: Database) -> int:
    """Give the size of the store, whatever is still in its log included."""
    pages, page_size = db.one("PRAGMA page_count"), db.one("PRAGMA page_size")
    assert pages is not None
    assert page_size is not None
    return int(pages[0]) * int(page_size[0])


def _largest_tables(db: Database, nodes: int) -> str:
    """Say what the largest tables and indexes take per node, where SQLite can tell."""
    try:
        rows = db.all("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 4")
    except StoreUnavailableError:
        return "this SQLite cannot say of what"
    return ", ".join(f"{name} {size / nodes / _KIB:.1f}" for name, size in rows)
