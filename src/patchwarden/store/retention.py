"""Drops what is old of the history of nodes, some at a time.

Never dropped are the newest report of a node and what an evaluation refers to that is in force or
may still be paged through. What nodes share (texts on packages, records of patches) stays: it is
found again when it is reported again.
"""

from typing import NamedTuple

from patchwarden.store.database import Database

_NODES = 100
"""That one look is about."""
_MOST_DROPPED = 500
"""Reports that one step drops: others that write must not wait for long."""
_OLD = """
FROM scans WHERE node_key > ? AND node_key <= ? AND received_at < ?
  AND NOT EXISTS (
    SELECT 1 FROM nodes n WHERE n.node_key = scans.node_key AND n.scan_id = scans.scan_id)
  AND NOT EXISTS (
    SELECT 1 FROM verdicts v WHERE v.node_key = scans.node_key AND v.scan_id = scans.scan_id)
"""
_FACTS = (("facts", "packages_facts_id"), ("node_facts", "node_facts_id"))


class NodeRange(NamedTuple):
    """Nodes whose keys follow one another: those above `after`, up to `last`."""

    after: int
    last: int


class Limits(NamedTuple):
    """The instants that divide what is old from what is kept."""

    reports: float
    """By when they arrived."""
    superseded: float
    """Evaluations, by when they were superseded."""


def next_range(db: Database, after: int) -> NodeRange | None:
    """Give the next nodes behind a key; None if there are no more."""
    row = db.one(
        "SELECT max(node_key) FROM"
        " (SELECT node_key FROM nodes WHERE node_key > ? ORDER BY node_key LIMIT ?) AS few",
        (after, _NODES),
    )
    assert row is not None
    return None if row[0] is None else NodeRange(after, row[0])


def has_old(db: Database, nodes: NodeRange, limits: Limits) -> bool:
    """Say whether `drop_old` would drop anything."""
    if db.one(f"SELECT 1 {_OLD} LIMIT 1", (*nodes, limits.reports)) is not None:
        return True
    sql = "SELECT 1 FROM verdicts WHERE node_key > ? AND node_key <= ? AND superseded_at < ?"
    return db.one(f"{sql} LIMIT 1", (*nodes, limits.superseded)) is not None


def drop_old(db: Database, nodes: NodeRange, limits: Limits) -> int:
    """Drop some of what is old of these nodes; give the number of reports, 0 when all is done."""
    db.execute(
        "DELETE FROM verdicts WHERE node_key > ? AND node_key <= ? AND superseded_at < ?",
        (*nodes, limits.superseded),
    )
    dropped = db.execute(
        f"DELETE FROM scans WHERE (node_key, scan_id) IN (SELECT node_key, scan_id {_OLD} LIMIT ?)",  # noqa: S608
        (*nodes, limits.reports, _MOST_DROPPED),
    )
    if dropped:
        for table, column in _FACTS:
            db.execute(
                f"DELETE FROM {table} WHERE node_key > ? AND node_key <= ? AND NOT EXISTS"  # noqa: S608
                f" (SELECT 1 FROM scans s WHERE s.node_key = {table}.node_key"
                f" AND s.{column} = {table}.facts_id)",
                nodes,
            )
    return dropped
