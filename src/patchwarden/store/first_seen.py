"""When versions were first offered to a node of an account.

It stands in for a release date where the vendor publishes none.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from patchwarden.domain.enrichment import Offer
from patchwarden.store.database import Database

_MAX_KNOWN = 100_000
_Key: TypeAlias = tuple[str, str, str, str, str]
"""Account, operating system, name, architecture, version."""


class FirstSights:
    """Notes what is seen for the first time, and finds when that was. Remembers both."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._known: dict[_Key, float | None] = {}
        """None for what has been noted and not been asked for."""

    def note(
        self,
        db: Database,
        account_id: str,
        operating_system: str,
        offers: Iterable[Offer],
        now: float,
    ) -> None:
        """Note that `offers` were seen; the first time counts. Must run inside a transaction."""
        keys = ((account_id, operating_system, *offer) for offer in offers)
        new = [key for key in keys if key not in self._known]
        if not new:
            return
        db.execute_many(
            "INSERT INTO first_seen (account_id, operating_system, name, architecture, version,"
            " seen_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(*key, now) for key in new],
        )
        db.after_commit(lambda: self._remember(dict.fromkeys(new)))

    def find(
        self, db: Database, account_id: str, operating_system: str, offers: Iterable[Offer]
    ) -> dict[Offer, float]:
        """Give when each of `offers` was first seen; those that never were are left out.

        Must run inside a transaction.
        """
        found: dict[Offer, float] = {}
        read: dict[_Key, float] = {}
        # One by one: by name alone, versions that some node made up would be read for all nodes.
        for offer in offers:
            key = (account_id, operating_system, *offer)
            at = self._known.get(key)
            if at is None:
                at = _seen_at(db, key)
                if at is None:
                    continue
                read[key] = at
            found[offer] = at
        if read:
            db.after_commit(lambda: self._remember(read))
        return found

    def _remember(self, learned: Mapping[_Key, float | None]) -> None:
        if len(self._known) > _MAX_KNOWN:
            self._known.clear()
        self._known.update(learned)


def _seen_at(db: Database, key: _Key) -> float | None:
    row = db.one(
        "SELECT seen_at FROM first_seen WHERE account_id = ? AND operating_system = ?"
        " AND name = ? AND architecture = ? AND version = ?",
        key,
    )
    return None if row is None else float(row[0])
