"""Patch records, interned: what many nodes share of an answer is stored once."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from patchwarden.domain.patches import PatchRecord
from patchwarden.store.database import Database

_COLUMNS = "title, kb_id, classification, severity, cve_ids"
_MAX_KNOWN = 200_000


class RecordIds:
    """Finds the id of a record, storing it if it is new. Remembers what it has seen."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._known: dict[PatchRecord, int] = {}

    def intern(self, db: Database, records: Sequence[PatchRecord]) -> list[int]:
        """Give the id of each of `records`, in their order; must run inside a transaction."""
        found = {record: self._known.get(record) or _intern(db, record) for record in records}
        db.after_commit(lambda: self._remember(found))
        return [found[record] for record in records]

    def _remember(self, found: Mapping[PatchRecord, int]) -> None:
        if len(self._known) > _MAX_KNOWN:
            self._known.clear()
        self._known.update(found)


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
    return db.insert(
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
