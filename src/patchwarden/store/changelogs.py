"""Changelogs that nodes fetched: each once for all nodes of an account."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion
from patchwarden.store.database import Database

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
    db: Database, account_id: str, operating_system: str, wanted: Iterable[SourceVersion]
) -> dict[SourceVersion, tuple[ChangelogEntry, ...]]:
    """Give the changelogs of `wanted` that are there."""
    stored = _stored(db, account_id, operating_system, wanted)
    return {of: _decoder.decode(entries) for of, entries in stored}


def known(
    db: Database, account_id: str, operating_system: str, wanted: Iterable[SourceVersion]
) -> frozenset[SourceVersion]:
    """Say of which of `wanted` the changelogs are there."""
    return frozenset(of for of, _ in _stored(db, account_id, operating_system, wanted))


def are_there(db: Database, account_id: str, operating_system: str) -> bool:
    """Say whether there is any."""
    row = db.one(
        "SELECT 1 FROM changelogs WHERE account_id = ? AND operating_system = ? LIMIT 1",
        (account_id, operating_system),
    )
    return row is not None


def count(db: Database, account_id: str, operating_system: str) -> int:
    """Give how many there are: a number that grows with each."""
    row = db.one(
        "SELECT count(*) FROM changelogs WHERE account_id = ? AND operating_system = ?",
        (account_id, operating_system),
    )
    assert row is not None
    return int(row[0])


def _stored(
    db: Database, account_id: str, operating_system: str, wanted: Iterable[SourceVersion]
) -> Iterator[tuple[SourceVersion, bytes]]:
    # One by one: by source alone, versions that some node made up would be read for all nodes.
    for each in wanted:
        row = db.one(
            "SELECT entries FROM changelogs WHERE account_id = ? AND operating_system = ?"
            " AND source = ? AND version = ?",
            (account_id, operating_system, *each),
        )
        if row is not None:
            yield each, row[0]
