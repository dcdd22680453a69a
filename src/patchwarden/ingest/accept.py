"""Takes a report in: read it, keep it, judge the node. All of it, or nothing."""

from dataclasses import dataclass

from patchwarden.evaluation import run
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.kept_reports import split
from patchwarden.evaluation.knowledge import has_advisories
from patchwarden.ingest.new_packages import read_new_packages
from patchwarden.ingest.report import (
    check_package_manager,
    knows_available,
    package_manager_of,
    read_parts,
)
from patchwarden.store import nodes, scans
from patchwarden.store.database import Database, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a report."""

    report_id: str
    packages_changed: bool
    """Whether its packages differ from those of the node's newest report before it."""
    is_newest: bool
    """Whether the node is judged by it; if not, a later scan had arrived before."""
    updates_known: bool
    """Whether the report, or else the catalog, tells which updates there are."""


def accept_report(
    db: Database, engine: Engine, scope: Scope, instance_id: str, sent: bytes, now: float
) -> Receipt | None:
    """Keep `sent` as a report of a node and judge the node; None if there is no such node.

    Must run inside a transaction or savepoint, which undoes all of it if this raises. Raises
    InvalidReportError.
    """
    node = nodes.find(db, scope, instance_id)
    if node is None:
        return None
    parts = read_parts(sent, now)
    stored = split(parts.sent, parts.scan, received_at=now)
    kept = scans.add(db, node.node_key, stored, engine.package_texts)
    is_other_system = parts.node.operating_system != node.operating_system
    if kept.packages_are_new or is_other_system:
        # Packages that the store already has were checked when they first came.
        shared = scans.load_shared(db, node.node_key, kept.scan_id)
        packed = None if shared is None else shared.packages
        report = read_new_packages(db, engine, scope.account_id, parts, packed)
        engine.library.note_first_seen(db, scope.account_id, report, now)
    elif kept.facts_changed:
        # They may be from before the node became another system.
        check_package_manager(package_manager_of(parts.sent.packages), parts.node)
    if kept.is_newest:
        nodes.note_report(db, node.node_key, parts.node, parts.scan.collector, now)
        # A report of facts names no patch group.
        nodes.note_reported_patch_group(db, node, "")
        run.judge(db, engine, scope, instance_id, now)
    else:
        nodes.note_sign_of_life(db, node.node_key, now)
    return Receipt(
        report_id=str(kept.scan_id),
        packages_changed=kept.packages_changed,
        is_newest=kept.is_newest,
        updates_known=knows_available(parts.sent.packages) or has_advisories(db, parts.node),
    )
