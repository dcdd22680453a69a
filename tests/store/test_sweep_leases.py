import pytest

from patchwarden.store import sweep_leases
from patchwarden.store.database import Database
from patchwarden.store.node_keys import KEYS_COUNT
from patchwarden.store.sweep_leases import PARTS, part_of

LASTS_S = 5.0


def take(db: Database, part: int, holder: str, now: float) -> bool:
    with db.transaction():
        return sweep_leases.take(db, part, holder, now=now, lasts_s=LASTS_S)


@pytest.mark.parametrize(
    ("key", "part"),
    [
        (0, 0),
        (KEYS_COUNT // PARTS - 1, 0),
        (KEYS_COUNT // PARTS, 1),
        (KEYS_COUNT - 1, PARTS - 1),
    ],
)
def test_keys_are_divided_evenly(key: int, part: int) -> None:
    assert part_of(key) == part


def test_a_part_is_held_by_one_until_its_lease_runs_out(db: Database) -> None:
    assert take(db, 7, "first", 100.0)
    assert not take(db, 7, "second", 105.0)
    assert sweep_leases.held_by_others(db, "second", 105.0) == {7}
    assert sweep_leases.held_by_others(db, "first", 105.0) == frozenset()
    assert take(db, 8, "second", 105.0)
    assert take(db, 7, "second", 105.1)
    assert not take(db, 7, "first", 105.2)


def test_the_holder_keeps_a_part_for_longer(db: Database) -> None:
    assert take(db, 7, "first", 100.0)
    assert take(db, 7, "first", 104.0)
    assert not take(db, 7, "second", 108.0)


def test_a_part_that_is_given_back_is_free_at_once(db: Database) -> None:
    assert take(db, 7, "first", 100.0)
    sweep_leases.give_back(db, 7, "second")
    assert not take(db, 7, "second", 101.0)
    sweep_leases.give_back(db, 7, "first")
    assert take(db, 7, "second", 101.0)


def test_all_that_a_process_holds_is_given_back(db: Database) -> None:
    for part in range(3):
        assert take(db, part, "first", 100.0)
    assert take(db, 3, "second", 100.0)
    sweep_leases.give_all_back(db, "first")
    assert sweep_leases.held_by_others(db, "third", 100.0) == {3}


def test_a_part_that_is_closed_is_taken_by_nobody_until_then(db: Database) -> None:
    assert take(db, 7, "first", 100.0)
    sweep_leases.close(db, 7, "second", until=500.0)
    assert take(db, 7, "first", 101.0)
    sweep_leases.close(db, 7, "first", until=500.0)
    assert not take(db, 7, "first", 499.0)
    assert take(db, 7, "second", 501.0)
