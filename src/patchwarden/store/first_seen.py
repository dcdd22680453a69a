"""When versions were first offered to a node of an account.

It stands in for a release date where the vendor publishes none.
"""

from collections.abc import Iterable, Sequence

from patchwarden.domain.enrichment import Offer
from patchwarden.store.database import Database

_CHUNK = 300


def note(
    db: Database, account_id: str, operating_system: str, offers: Iterable[Offer], now: float
) -> None:
    """Note that `offers` were seen; the first time counts."""
    for offer in offers:
        db.execute(
            "INSERT INTO first_seen (account_id, operating_system, name, architecture, version,"
            " seen_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (account_id, operating_system, *offer, now),
        )


def find(
    db: Database, account_id: str, operating_system: str, offers: Sequence[Offer]
) -> dict[Offer, float]:
    """Give when each of `offers` was first seen; those that never were are left out."""
    wanted = set(offers)
    names = sorted({offer.name for offer in offers})
    found: dict[Offer, float] = {}
    for start in range(0, len(names), _CHUNK):
        chunk = names[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        rows = db.all(
            "SELECT name, architecture, version, seen_at FROM first_seen"  # noqa: S608
            f" WHERE account_id = ? AND operating_system = ? AND name IN ({marks})",
            (account_id, operating_system, *chunk),
        )
        found.update((Offer(*row[:3]), row[3]) for row in rows)
    return {offer: at for offer, at in found.items() if offer in wanted}
