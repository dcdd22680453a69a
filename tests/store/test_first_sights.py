import pytest

from patchwarden.domain.enrichment import Offer
from patchwarden.store.database import Database
from patchwarden.store.first_seen import FirstSights

ACCOUNT = "123456789012"
TOOL = Offer("tool", "amd64", "2")
OTHER = Offer("tool", "amd64", "3")


def note(db: Database, sights: FirstSights, offer: Offer, now: float) -> None:
    with db.transaction():
        sights.note(db, ACCOUNT, "DEBIAN", [offer], now)


def find(db: Database, sights: FirstSights, account_id: str = ACCOUNT) -> dict[Offer, float]:
    with db.transaction():
        return sights.find(db, account_id, "DEBIAN", [TOOL, OTHER])


def test_the_first_time_counts_whoever_noted_it(db: Database) -> None:
    sights, of_another_process = FirstSights(), FirstSights()
    note(db, sights, TOOL, 1.0)
    note(db, sights, TOOL, 2.0)
    note(db, of_another_process, TOOL, 3.0)
    for each in (sights, of_another_process, FirstSights()):
        assert find(db, each) == {TOOL: 1.0}


def test_what_is_noted_later_is_found_by_who_looked_before(db: Database) -> None:
    sights = FirstSights()
    assert find(db, sights) == {}
    note(db, FirstSights(), OTHER, 4.0)
    assert find(db, sights) == {OTHER: 4.0}
    assert find(db, sights, "210987654321") == {}


def note_and_find_and_fail(db: Database, sights: FirstSights) -> None:
    with db.transaction():
        sights.note(db, ACCOUNT, "DEBIAN", [TOOL], 1.0)
        assert sights.find(db, ACCOUNT, "DEBIAN", [TOOL]) == {TOOL: 1.0}
        raise ZeroDivisionError


def test_what_was_undone_is_not_remembered(db: Database) -> None:
    sights = FirstSights()
    with pytest.raises(ZeroDivisionError):
        note_and_find_and_fail(db, sights)
    assert find(db, sights) == {}
    note(db, sights, TOOL, 5.0)
    assert find(db, sights) == {TOOL: 5.0}
