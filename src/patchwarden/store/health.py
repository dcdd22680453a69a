"""What `patchwarden doctor` asks the store: is it intact, and what does it know of its nodes."""

from typing import NamedTuple

from patchwarden.store.database import Database


class NodeCounts(NamedTuple):
    """The managed nodes of all accounts, by what is known about them."""

    registered: int
    never_reported: int
    stale: int
    """Reported before, but not since the instant that was asked for."""


def damage(db: Database) -> list[str]:
    """Give what the database finds wrong with itself, in its words; empty if it is intact."""
    return db.damage()


def count_nodes(db: Database, reported_since: float) -> NodeCounts:
    """Count the nodes; `reported_since` divides what is stale from what is not."""
    row = db.one(
        "SELECT count(*), coalesce(sum(CASE WHEN n.scan_id IS NULL THEN 1 ELSE 0 END), 0),"
        " coalesce(sum(CASE WHEN s.received_at < ? THEN 1 ELSE 0 END), 0)"
        " FROM nodes n LEFT JOIN scans s ON s.node_key = n.node_key AND s.scan_id = n.scan_id",
        (reported_since,),
    )
    assert row is not None
    return NodeCounts(*row)
