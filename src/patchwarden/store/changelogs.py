"""Changelogs that nodes fetched: each once for all nodes of an account."""

from collections.abc import Sequence

import msgspec

from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion
from patchwarden.store.database import Database

_CHUNK = 400
_decoder = msgspec.json.Decoder(tuple[ChangelogEntry, ...])


def keep(
    db: Database,
    account_id: str,
    operating_system: str,
    of: SourceVersion,
    entries: Sequence[ChangelogEntry],
    now: float,
) -> bool:
    """Keep the entries of a changelog, newest first; False if the account has it already."""
    kept = db.execute(
        "INSERT INTO changelogs (account_id, operating_system, source, version, received_at,"
        " entries) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (account_id, operating_system, *of, now, msgspec.json.encode(entries)),
    )
    return bool(kept)


def find(
    db: Database, account_id: str, operating_system: str, wanted: Sequence[SourceVersion]
) -> dict[SourceVersion, tuple[ChangelogEntry, ...]]:
    """Give the changelogs of `wanted` that are there."""
    versions = set(wanted)
    sources = sorted({each.source for each in wanted})
    found: dict[SourceVersion, tuple[ChangelogEntry, ...]] = {}
    for start in range(0, len(sources), _CHUNK):
        chunk = sources[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        rows = db.all(
            "SELECT source, version, entries FROM changelogs"  # noqa: S608
            f" WHERE account_id = ? AND operating_system = ? AND source IN ({marks})",
            (account_id, operating_system, *chunk),
        )
        found.update(
            (SourceVersion(source, version), _decoder.decode(entries))
            for source, version, entries in rows
            if (source, version) in versions
        )
    return found


def count(db: Database, account_id: str, operating_system: str) -> int:
    """Give how many there are: a number that grows with each."""
    row = db.one(
        "SELECT count(*) FROM changelogs WHERE account_id = ? AND operating_system = ?",
        (account_id, operating_system),
    )
    assert row is not None
    return int(row[0])
