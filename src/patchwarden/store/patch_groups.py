"""Which patch baseline is registered for which patch group: one for each operating system."""

from typing import NamedTuple

from patchwarden.store import baselines
from patchwarden.store.database import Database, Scope

_COLUMNS = "patch_group, operating_system, baseline_id"


class PatchGroupBaseline(NamedTuple):
    """One registration."""

    patch_group: str
    operating_system: str
    baseline_id: str
    """Bare, or the ARN of a predefined baseline."""


def register(db: Database, scope: Scope, registration: PatchGroupBaseline) -> None:
    """Store a registration; the group must have no baseline for the operating system."""
    db.execute(
        f"INSERT INTO patch_groups (account_id, region, {_COLUMNS}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
        (*scope, *registration),
    )
    baselines.count_policy_change(db, scope)


def deregister(db: Database, scope: Scope, patch_group: str, baseline_id: str) -> bool:
    """End the registration of a baseline for a group; say whether there was one."""
    ended = db.execute(
        "DELETE FROM patch_groups WHERE account_id = ? AND region = ? AND patch_group = ?"
        " AND baseline_id = ?",
        (*scope, patch_group, baseline_id),
    )
    if ended:
        baselines.count_policy_change(db, scope)
    return bool(ended)


def baseline_of(db: Database, scope: Scope, patch_group: str, operating_system: str) -> str | None:
    """Give the id of the baseline that a group has for an operating system, if it has one."""
    row = db.one(
        "SELECT baseline_id FROM patch_groups WHERE account_id = ? AND region = ?"
        " AND patch_group = ? AND operating_system = ?",
        (*scope, patch_group, operating_system),
    )
    return None if row is None else str(row[0])


def of_baseline(db: Database, scope: Scope, baseline_id: str) -> list[str]:
    """Give the groups that a baseline is registered for, by name."""
    rows = db.all(
        "SELECT patch_group FROM patch_groups WHERE account_id = ? AND region = ?"
        " AND baseline_id = ? ORDER BY patch_group",
        (*scope, baseline_id),
    )
    return [row[0] for row in rows]


def in_scope(db: Database, scope: Scope) -> list[PatchGroupBaseline]:
    """Give all registrations by group and operating system."""
    rows = db.all(
        f"SELECT {_COLUMNS} FROM patch_groups WHERE account_id = ? AND region = ?"  # noqa: S608
        " ORDER BY patch_group, operating_system",
        scope,
    )
    return [PatchGroupBaseline._make(row) for row in rows]
