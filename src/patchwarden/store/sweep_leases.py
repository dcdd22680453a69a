"""Which process does which part of the work that goes on in the background.

A process takes a part in the transaction in which it does some of it, again with each step. One
that was killed leaves a lease that runs out.
"""

from patchwarden.store.database import Database
from patchwarden.store.node_keys import KEYS_COUNT

PARTS = 64
"""Nodes are divided among these, by their keys."""
HISTORY = PARTS
"""The part that is not about judging: old reports are dropped under it."""
_NOBODY = ""


def part_of(node_key: int) -> int:
    """Give the part that a node is in."""
    return node_key * PARTS // KEYS_COUNT


def take(db: Database, part: int, holder: str, *, now: float, lasts_s: float) -> bool:
    """Take a part, or keep it for longer; False if another holds it.

    Must run inside a transaction.
    """
    assert db.in_transaction
    changed = db.execute(
        "INSERT INTO sweep_leases (part, holder, held_until) VALUES (?, ?, ?)"
        " ON CONFLICT (part) DO UPDATE SET holder = excluded.holder,"
        " held_until = excluded.held_until"
        " WHERE sweep_leases.holder = excluded.holder OR sweep_leases.held_until < ?",
        (part, holder, now + lasts_s, now),
    )
    return changed == 1


def give_back(db: Database, part: int, holder: str) -> None:
    """Let others have a part at once; it may be held by another by now."""
    db.execute("DELETE FROM sweep_leases WHERE part = ? AND holder = ?", (part, holder))


def give_all_back(db: Database, holder: str) -> None:
    """Let others have at once all that a process holds."""
    db.execute("DELETE FROM sweep_leases WHERE holder = ?", (holder,))


def close(db: Database, part: int, holder: str, *, until: float) -> None:
    """Have nobody take a part that is done before an instant."""
    db.execute(
        "UPDATE sweep_leases SET holder = ?, held_until = ? WHERE part = ? AND holder = ?",
        (_NOBODY, until, part, holder),
    )


def held_by_others(db: Database, holder: str, now: float) -> frozenset[int]:
    """Give the parts that nobody but others may work on now."""
    rows = db.all(
        "SELECT part FROM sweep_leases WHERE holder <> ? AND held_until >= ?", (holder, now)
    )
    return frozenset(row[0] for row in rows)
