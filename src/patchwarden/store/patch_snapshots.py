"""Patch snapshots: what a node downloads to be patched by, kept for some days.

They are sealed, because the sources in them may have passwords.
"""

import hashlib
from typing import NamedTuple

import zstandard

from patchwarden.store.database import Database
from patchwarden.store.vault import Vault

_NAME = "patch snapshot"
_SEALED = b"sealed:"
"""What sealed contents begin with; those of older versions do not."""
_DIGEST_SIZE = 16
_MOST_DROPPED = 100
"""Rows that one call drops: whoever makes a snapshot must not wait for all that is old."""
_KEY = "account_id, region, patch_group, operating_system, snapshot_id"
_IS_KEY = (
    "s.account_id = ? AND s.region = ? AND s.patch_group = ? AND s.operating_system = ?"
    " AND s.snapshot_id = ?"
)


class SnapshotKey(NamedTuple):
    """What a snapshot is one of (contract 5.18)."""

    account_id: str
    region: str
    patch_group: str
    """Empty for the nodes that are in none."""
    operating_system: str
    snapshot_id: str
    """Whoever patches chooses it: the same id means the same snapshot."""


def keep(
    db: Database,
    vault: Vault,
    key: SnapshotKey,
    content: bytes,
    now: float,
    *,
    basis: bytes | None = None,
) -> None:
    """Store a snapshot, in place of an earlier one with the same key.

    `basis` names what it was made from, for `keep_made_from`.
    """
    sealed = _SEALED + vault.seal_same(zstandard.compress(content), _NAME)
    digest = hashlib.sha256(sealed).digest()[:_DIGEST_SIZE]
    db.execute(
        "INSERT INTO patch_snapshot_contents (digest, content, used_at, basis) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at, basis = excluded.basis",
        (digest, sealed, now, basis),
    )
    _point(db, key, digest, now)


def keep_made_from(db: Database, key: SnapshotKey, basis: bytes, now: float) -> bool:
    """Store a snapshot whose content is that made from `basis`; say whether there is one."""
    made = db.one("SELECT digest FROM patch_snapshot_contents WHERE basis = ?", (basis,))
    if made is None:
        return False
    db.execute("UPDATE patch_snapshot_contents SET used_at = ? WHERE digest = ?", (now, *made))
    _point(db, key, made[0], now)
    return True


def _point(db: Database, key: SnapshotKey, digest: bytes, now: float) -> None:
    db.execute(
        f"INSERT INTO patch_snapshots ({_KEY}, digest, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        f" ON CONFLICT ({_KEY}) DO UPDATE"
        " SET digest = excluded.digest, made_at = excluded.made_at",
        (*key, digest, now),
    )


def is_kept(db: Database, key: SnapshotKey, since: float) -> bool:
    """Say whether there is a snapshot that was made after `since`."""
    sql = f"SELECT 1 FROM patch_snapshots s WHERE {_IS_KEY} AND s.made_at > ?"  # noqa: S608
    return db.one(sql, (*key, since)) is not None


def content_of(db: Database, vault: Vault, key: SnapshotKey) -> bytes | None:
    """Give a snapshot as it was kept; None if it is not there any more."""
    row = db.one(
        "SELECT c.content FROM patch_snapshots s"  # noqa: S608
        f" JOIN patch_snapshot_contents c ON c.digest = s.digest WHERE {_IS_KEY}",
        key,
    )
    if row is None:
        return None
    stored: bytes = row[0]
    if stored.startswith(_SEALED):
        stored = vault.open_bytes(stored.removeprefix(_SEALED), _NAME)
    return zstandard.decompress(stored)


def drop_old(db: Database, before: float) -> None:
    """Drop some of the snapshots that were made before an instant, the oldest first."""
    db.execute(
        f"DELETE FROM patch_snapshots WHERE ({_KEY}) IN"  # noqa: S608
        f" (SELECT {_KEY} FROM patch_snapshots WHERE made_at < ? ORDER BY made_at LIMIT ?)",
        (before, _MOST_DROPPED),
    )
    # A content is last used by the newest snapshot that has it.
    db.execute(
        "DELETE FROM patch_snapshot_contents WHERE digest IN (SELECT digest"
        " FROM patch_snapshot_contents WHERE used_at < ? ORDER BY used_at LIMIT ?)",
        (before, _MOST_DROPPED),
    )
