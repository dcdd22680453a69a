"""Takes a report in: read it, keep it, judge the node. All of it, or nothing."""

from dataclasses import dataclass

from patchwarden.evaluation import run
from patchwarden.evaluation.kept_reports import split
from patchwarden.evaluation.run import Engine
from patchwarden.ingest.report import read_packages, read_parts
from patchwarden.store import nodes, scans
from patchwarden.store.database import Database, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a report."""

    report_id: str
    packages_changed: bool


def accept_report(
    db: Database, engine: Engine, scope: Scope, instance_id: str, sent: bytes, now: float
) -> Receipt | None:
    """Keep `sent` as the newest report of a node and judge it; None if there is no such node.

    Must run inside a transaction. Raises InvalidReportError.
    """
    node = nodes.find(db, scope, instance_id)
    if node is None:
        return None
    parts = read_parts(sent, now)
    scan = split(parts.scan, parts.node, bytes(parts.packages), received_at=now)
    scan_id, packages_changed = scans.add(db, node.node_key, scan)
    if packages_changed:
        # Packages that the store already has were checked when they first came.
        read_packages(parts.packages)
    nodes.note_report(db, node.node_key, parts.node, parts.scan.collector, now)
    run.judge(db, engine, scope, instance_id, now)
    return Receipt(report_id=str(scan_id), packages_changed=packages_changed)
