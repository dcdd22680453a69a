"""What is PostgreSQL's alone; what both stores do is in test_database.py."""

import math
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from patchwarden.errors import InstallationError
from patchwarden.store.database import Database, Value
from patchwarden.store.errors import (
    StoreUnavailableError,
    TextNotStorableError,
    TryAgainError,
)
from patchwarden.store.postgresql import PostgresqlDatabase
from patchwarden.store.postgresql_url import name_of
from postgresql_server import database_of
from stores import EmptiedDatabase

pytestmark = pytest.mark.postgresql
PASSWORD = "s3cret-of-the-store"


@pytest.fixture
def url(emptied_database: EmptiedDatabase) -> str:
    emptied_database.empty()
    return emptied_database.url


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    with closing(PostgresqlDatabase(url)) as opened:
        yield opened


@pytest.fixture
def other(url: str) -> Iterator[Database]:
    with closing(PostgresqlDatabase(url)) as opened:
        yield opened


def insert(db: Database, name: str) -> None:
    db.execute("INSERT INTO installation (name, value) VALUES (?, ?)", (name, b"\0"))


def names(db: Database) -> list[str]:
    return [row[0] for row in db.all("SELECT name FROM installation ORDER BY name")]


def lose(db: Database, through: Database) -> None:
    """Have the server end a connection."""
    row = db.one("SELECT pg_backend_pid()")
    assert row is not None
    assert through.one("SELECT pg_terminate_backend(?::int)", row) == (1,)


@pytest.mark.parametrize(
    ("sql", "value", "stored"),
    [
        ("SELECT ?::bigint", 2**63 - 1, 2**63 - 1),
        ("SELECT ?::bigint", True, 1),
        ("SELECT ?::double precision", 1.5, 1.5),
        ("SELECT ?::double precision", math.inf, math.inf),
        ("SELECT ?::double precision", math.nan, None),
        ("SELECT ?::bytea", b"\0\xff", b"\0\xff"),
        ("SELECT ?::text", "50% of a ? é", "50% of a ? é"),
        ("SELECT 'a ? and 50% of it''s' || ?::text", "!", "a ? and 50% of it's!"),
        ("SELECT sum(n) FROM (SELECT ?::bigint AS n) AS one", 7, 7),
        ("SELECT sum(n) / 2 FROM (SELECT ?::bigint AS n) AS one", 7, 3.5),
        ("SELECT 1 = ?", 1, 1),
        ("SELECT ?::text", None, None),
    ],
)
def test_values_are_as_they_are_in_sqlite(
    db: Database, sql: str, value: Value, stored: Value
) -> None:
    assert db.one(sql, (value,)) == (stored,)
    assert type(db.all(sql, (value,))[0][0]) is type(stored)


def test_texts_are_ordered_by_their_bytes(db: Database) -> None:
    for name in ("b", "a", "B", "é", "_", "A"):
        insert(db, name)
    assert names(db) == ["A", "B", "_", "a", "b", "é"]


def test_a_text_with_nul_is_the_callers_mistake(db: Database) -> None:
    with pytest.raises(TextNotStorableError, match="NUL"), db.transaction():
        insert(db, "a\0b")
    assert names(db) == []


def test_a_snapshot_shows_one_instant(db: Database, other: Database) -> None:
    insert(db, "before")
    other.begin_snapshot()
    assert names(other) == ["before"]
    insert(db, "after")
    assert names(other) == ["before"]
    other.end_snapshot()
    assert names(other) == ["after", "before"]


def test_nothing_is_written_within_a_snapshot(db: Database) -> None:
    db.begin_snapshot()
    with pytest.raises(StoreUnavailableError):
        insert(db, "a")
    db.end_snapshot()


def test_each_snapshot_of_any_connection_has_a_number_of_its_own(
    db: Database, other: Database
) -> None:
    numbers = []
    for each in (db, other, db):
        each.begin_snapshot()
        numbers.append(each.change_counter())
        assert each.change_counter() == numbers[-1]
        each.end_snapshot()
    assert len({*numbers, db.change_counter(), db.change_counter()}) == 5


def count_up(db: Database, who: str) -> None:
    row = db.one("SELECT count(*) FROM installation")
    assert row is not None
    insert(db, f"{row[0]} {who}")


def test_two_that_could_not_have_followed_each_other_are_tried_again(
    db: Database, other: Database
) -> None:
    def run() -> None:
        count_up(db, "slow")
        with other.transaction():
            count_up(other, "fast")

    with pytest.raises(TryAgainError), db.transaction():
        run()
    with db.transaction():
        count_up(db, "slow")
    assert names(db) == ["0 fast", "1 slow"]


def test_a_lost_connection_is_made_again(db: Database, other: Database) -> None:
    lose(db, other)
    with pytest.raises(StoreUnavailableError):
        db.one("SELECT 1")
    assert db.one("SELECT 1") == (1,)


def test_a_connection_that_was_lost_meanwhile_is_not_noticed(db: Database, other: Database) -> None:
    lose(db, other)
    db.begin_snapshot()
    assert names(db) == []
    db.end_snapshot()
    lose(db, other)
    with db.transaction():
        insert(db, "a")
    assert names(db) == ["a"]


def test_what_follows_a_lost_connection_is_in_no_transaction_of_its_own(
    db: Database, other: Database
) -> None:
    def run() -> None:
        insert(db, "earlier")
        lose(db, other)
        with suppress(StoreUnavailableError):
            insert(db, "lost")
        with suppress(StoreUnavailableError):
            insert(db, "later")

    with pytest.raises(StoreUnavailableError), db.transaction():
        run()
    assert names(db) == []
    with db.transaction():
        insert(db, "again")
    assert names(db) == ["again"]


def test_what_failed_is_not_committed_by_whoever_did_not_notice(db: Database) -> None:
    def run() -> None:
        insert(db, "a")
        with suppress(TryAgainError):
            insert(db, "a")

    with pytest.raises(StoreUnavailableError, match="had to undo"), db.transaction():
        run()
    assert names(db) == []


def test_statements_stay_prepared_when_a_transaction_is_undone(db: Database) -> None:
    def read() -> None:
        for _ in range(5):
            names(db)

    read()
    prepared = "SELECT count(*) FROM pg_prepared_statements"
    before = db.one(prepared)
    assert before is not None
    assert before[0] > 0
    with suppress(KeyError), db.transaction():
        raise KeyError
    assert db.one(prepared) == before


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://me:{}@db.test:5433/ours", "postgresql://me@db.test:5433/ours"),
        ("postgresql://me@/ours?host=/run/pg&password={}", "postgresql://me@/ours?host=/run/pg"),
        ("postgres://db.test/ours?user=me&password={}", "postgresql://me@db.test/ours"),
    ],
)
def test_the_password_is_not_in_the_name(url: str, name: str) -> None:
    assert name_of(url.format(PASSWORD)) == name


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{PASSWORD}%zz@db.test/ours",
        f"postgresql://me:{PASSWORD}@127.0.0.1:1/ours",
        f"postgresql://me:{PASSWORD}@/ours?host=/nowhere",
        f"postgresql://me@/ours?host=/nowhere&nothing={PASSWORD}",
    ],
)
def test_the_password_is_not_in_what_goes_wrong(url: str) -> None:
    with pytest.raises((InstallationError, StoreUnavailableError)) as raised:
        PostgresqlDatabase(url)
    error: BaseException | None = raised.value
    while error is not None:
        assert PASSWORD not in f"{error} {error!r}"
        error = error.__cause__


def test_what_cannot_be_reached_is_told(url: str) -> None:
    with pytest.raises(StoreUnavailableError, match='database "none" does not exist'):
        PostgresqlDatabase(url.replace(f"/{database_of(url)}?", "/none?"))
