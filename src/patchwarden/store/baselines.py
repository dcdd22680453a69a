"""Patch baselines of an account with all their versions, and which is the default."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from patchwarden.domain.baselines import PatchBaseline
from patchwarden.store.database import Database, Row, Scope

_DIGEST_SIZE = 16
_COLUMNS = "b.baseline_id, b.created_at, b.modified_at, b.tags, c.content"
_JOIN = "baselines b JOIN baseline_contents c ON c.digest = b.digest"
_decoder = msgspec.json.Decoder(PatchBaseline)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBaseline:
    """A baseline of an account as it is now."""

    baseline_id: str
    created_at: float
    modified_at: float
    tags: Mapping[str, str]
    content: PatchBaseline


def digest_of(content: PatchBaseline) -> bytes:
    """Give the 16 bytes that name this content for good."""
    return _named(content)[0]


def add(
    db: Database, scope: Scope, baseline_id: str, content: PatchBaseline, *, now: float, by: str
) -> None:
    """Store a new baseline as its version 1."""
    digest = keep_content(db, content)
    db.execute(
        "INSERT INTO baselines (account_id, region, baseline_id, digest, created_at, modified_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (*scope, baseline_id, digest, now, now),
    )
    _add_version(db, scope, baseline_id, (digest, now, by))


def update(
    db: Database, scope: Scope, baseline_id: str, content: PatchBaseline, *, now: float, by: str
) -> None:
    """Give a baseline that is there another content, as its next version."""
    digest = keep_content(db, content)
    changed = db.execute(
        "UPDATE baselines SET digest = ?, modified_at = ?"
        " WHERE account_id = ? AND region = ? AND baseline_id = ?",
        (digest, now, *scope, baseline_id),
    )
    assert changed == 1
    _add_version(db, scope, baseline_id, (digest, now, by))
    count_policy_change(db, scope)


def remove(db: Database, scope: Scope, baseline_id: str) -> bool:
    """Delete a baseline that no node uses; say whether it was there.

    Its versions and contents stay, so that what was judged by it can be explained.
    """
    return bool(
        db.execute(
            "DELETE FROM baselines WHERE account_id = ? AND region = ? AND baseline_id = ?",
            (*scope, baseline_id),
        )
    )


def set_tags(db: Database, scope: Scope, baseline_id: str, tags: Mapping[str, str]) -> None:
    """Replace the tags of a baseline."""
    db.execute(
        "UPDATE baselines SET tags = ? WHERE account_id = ? AND region = ? AND baseline_id = ?",
        (msgspec.json.encode(tags).decode(), *scope, baseline_id),
    )


def keep_content(db: Database, content: PatchBaseline) -> bytes:
    """Keep one content for good, so that what was judged by it can be judged again."""
    digest, encoded = _named(content)
    # Looked up first, so that where it is kept already a connection that only reads will do.
    if db.one("SELECT 1 FROM baseline_contents WHERE digest = ?", (digest,)) is None:
        db.execute(
            "INSERT INTO baseline_contents (digest, content) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (digest, encoded),
        )
    return digest


def find(db: Database, scope: Scope, baseline_id: str) -> StoredBaseline | None:
    """Give one baseline of `scope` by its bare id."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM {_JOIN}"  # noqa: S608
        " WHERE b.account_id = ? AND b.region = ? AND b.baseline_id = ?",
        (*scope, baseline_id),
    )
    return None if row is None else _baseline(row)


def in_scope(db: Database, scope: Scope) -> list[StoredBaseline]:
    """Give the baselines of `scope` in the order of their ids."""
    rows = db.all(
        f"SELECT {_COLUMNS} FROM {_JOIN} WHERE b.account_id = ? AND b.region = ?"  # noqa: S608
        " ORDER BY b.baseline_id",
        scope,
    )
    return [_baseline(row) for row in rows]


def defaults(db: Database, scope: Scope) -> dict[str, str]:
    """Give operating system → id of the baseline that was registered as its default."""
    rows = db.all(
        "SELECT operating_system, baseline_id FROM default_baselines"
        " WHERE account_id = ? AND region = ?",
        scope,
    )
    return dict(rows)


def set_default(db: Database, scope: Scope, operating_system: str, baseline_id: str) -> None:
    """Register the default of an operating system: a bare id, or the ARN of a predefined one."""
    db.execute(
        "INSERT INTO default_baselines (account_id, region, operating_system, baseline_id)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (account_id, region, operating_system)"
        " DO UPDATE SET baseline_id = excluded.baseline_id",
        (*scope, operating_system, baseline_id),
    )
    count_policy_change(db, scope)


def policy_generation(db: Database, scope: Scope) -> int:
    """Give a number that grows whenever a node of `scope` may have got another baseline."""
    row = db.one(
        "SELECT generation FROM policy_generations WHERE account_id = ? AND region = ?", scope
    )
    return 0 if row is None else int(row[0])


def count_policy_change(db: Database, scope: Scope) -> None:
    """Note that a node of `scope` may have got another baseline."""
    db.execute(
        "INSERT INTO policy_generations (account_id, region, generation) VALUES (?, ?, 1)"
        " ON CONFLICT (account_id, region)"
        " DO UPDATE SET generation = policy_generations.generation + 1",
        scope,
    )


def count_policy_change_everywhere(db: Database) -> None:
    """Note that any node may have to be judged again."""
    db.execute(
        "INSERT INTO policy_generations (account_id, region, generation)"
        " SELECT DISTINCT account_id, region, 1 FROM nodes WHERE true"
        " ON CONFLICT (account_id, region)"
        " DO UPDATE SET generation = policy_generations.generation + 1"
    )


def _add_version(
    db: Database, scope: Scope, baseline_id: str, change: tuple[bytes, float, str]
) -> None:
    """Note (digest, now, by whom) as the next version of a baseline, the first as 1."""
    db.execute(
        "INSERT INTO baseline_versions (account_id, region, baseline_id, version, digest,"
        " modified_at, modified_by) SELECT ?, ?, ?, coalesce(max(version), 0) + 1, ?, ?, ?"
        " FROM baseline_versions WHERE account_id = ? AND region = ? AND baseline_id = ?",
        (*scope, baseline_id, *change, *scope, baseline_id),
    )


def _named(content: PatchBaseline) -> tuple[bytes, bytes]:
    encoded = msgspec.json.encode(content)
    return hashlib.sha256(encoded).digest()[:_DIGEST_SIZE], encoded


def _baseline(row: Row) -> StoredBaseline:
    return StoredBaseline(
        baseline_id=row[0],
        created_at=row[1],
        modified_at=row[2],
        tags=msgspec.json.decode(row[3], type=dict[str, str]),
        content=_decoder.decode(row[4]),
    )
