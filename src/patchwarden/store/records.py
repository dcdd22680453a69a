"""Patch records, interned: what many nodes share of an answer is stored once."""

import hashlib
from collections.abc import Sequence
from functools import partial

import msgspec

from patchwarden.domain.patches import PatchRecord
from patchwarden.store.database import Database

_COLUMNS = "title, kb_id, classification, severity, cve_ids"
_MAX_KNOWN = 200_000


class RecordIds:
    """Finds the id of a record, storing it if it is new. Remembers what it has seen.

    For one thread at a time: what a transaction has stored is known from then on, unless it is
    undone.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self._known: dict[PatchRecord, int] = {}

    def intern(self, db: Database, records: Sequence[PatchRecord]) -> list[int]:
        """Give the id of each of `records`, in their order; must run inside a transaction."""
        known = self._known
        if len(known) > _MAX_KNOWN:
            known.clear()
        for record in records:
            if record not in known:
                known[record] = _intern(db, record)
                db.if_undone(partial(known.pop, record, 0))
        return [known[record] for record in records]


def fetch(db: Database, record_ids: Sequence[int]) -> dict[int, PatchRecord]:
    """Give the records with these ids."""
    rows = db.all_in(
        f"SELECT record_id, {_COLUMNS} FROM patch_records WHERE record_id IN (:values)",  # noqa: S608
        record_ids,
    )
    return {row[0]: PatchRecord(*row[1:]) for row in rows}


def _intern(db: Database, record: PatchRecord) -> int:
    digest = hashlib.blake2b(msgspec.json.encode(record), digest_size=16).digest()
    row = db.one("SELECT record_id FROM patch_records WHERE digest = ?", (digest,))
    if row is not None:
        return int(row[0])
    record_id = db.insert(
        f"INSERT INTO patch_records (digest, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
        " RETURNING record_id",
        (
            digest,
            record.title,
            record.kb_id,
            record.classification,
            record.severity,
            record.cve_ids,
        ),
    )
    db.execute_many(
        "INSERT INTO patch_record_cves (cve_id, record_id) VALUES (?, ?)",
        [(cve_id, record_id) for cve_id in set(record.cve_ids.upper().split(",")) if cve_id],
    )
    return record_id
