import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest

from patchwarden.store.database import Database
from patchwarden.store.errors import StoreUnavailableError, WriteRequiredError
from patchwarden.store.sqlite import SqliteDatabase
from stores import BROKEN_CONSTRAINT, StoreOfTest


def insert(db: Database, name: str, size: int = 1) -> None:
    db.execute("INSERT INTO installation (name, value) VALUES (?, ?)", (name, bytes(size)))


def insert_and_fail(db: Database, name: str) -> None:
    insert(db, name)
    raise KeyError


def note_and_fail(db: Database, calls: list[str], note: str) -> None:
    db.after_commit(lambda: calls.append(note))
    raise KeyError


def names(db: Database) -> set[str]:
    rows = db.all("SELECT name FROM installation WHERE name != 'key check'")
    return {row[0] for row in rows}


def limit_to_pages_more(db: Database, pages: int) -> None:
    row = db.one("PRAGMA page_count")
    assert row is not None
    db.execute(f"PRAGMA max_page_count = {row[0] + pages}")


def test_a_transaction_is_seen_by_others_once_it_has_ended(
    db: Database, store_of_test: StoreOfTest
) -> None:
    with closing(store_of_test.connect(read_only=True)) as other:
        with db.transaction():
            insert(db, "a")
            assert names(other) == set()
        assert names(other) == {"a"}


def test_an_error_undoes_the_whole_transaction(db: Database) -> None:
    with pytest.raises(KeyError), db.transaction():
        insert_and_fail(db, "a")
    assert names(db) == set()


def test_an_error_in_a_savepoint_undoes_nothing_else(db: Database) -> None:
    with db.transaction():
        with db.savepoint():
            insert(db, "before")
        with pytest.raises(KeyError), db.savepoint():
            insert_and_fail(db, "failed")
        with db.savepoint():
            insert(db, "after")
    assert names(db) == {"before", "after"}


def test_an_inner_savepoint_fails_alone(db: Database) -> None:
    with db.transaction(), db.savepoint():
        insert(db, "outer")
        with pytest.raises(KeyError), db.savepoint():
            insert_and_fail(db, "inner")
    assert names(db) == {"outer"}


def test_an_outer_savepoint_takes_the_inner_with_it(db: Database) -> None:
    def run() -> None:
        with db.savepoint():
            insert(db, "inner")
        raise KeyError

    with db.transaction(), pytest.raises(KeyError), db.savepoint():
        run()
    assert names(db) == set()


def test_calls_after_commit_run_when_others_can_see_the_data(
    db: Database, store_of_test: StoreOfTest
) -> None:
    seen: list[set[str]] = []
    with closing(store_of_test.connect(read_only=True)) as other:
        with db.transaction():
            db.after_commit(lambda: seen.append(names(other)))
            insert(db, "a")
            assert seen == []
        assert seen == [{"a"}]


def test_calls_after_commit_run_once(db: Database) -> None:
    calls: list[int] = []
    with db.transaction():
        db.after_commit(lambda: calls.append(1))
    with db.transaction():
        pass
    assert calls == [1]


def test_calls_after_commit_are_dropped_with_the_transaction(db: Database) -> None:
    calls: list[str] = []
    with pytest.raises(KeyError), db.transaction():
        note_and_fail(db, calls, "dropped")
    with db.transaction():
        pass
    assert calls == []


def test_calls_after_commit_are_dropped_with_their_savepoint(db: Database) -> None:
    calls: list[str] = []
    with db.transaction():
        with db.savepoint():
            db.after_commit(lambda: calls.append("kept"))
        with pytest.raises(KeyError), db.savepoint():
            note_and_fail(db, calls, "dropped")
    assert calls == ["kept"]


def test_calls_after_commit_need_a_transaction(db: Database) -> None:
    with pytest.raises(AssertionError):
        db.after_commit(lambda: None)


@pytest.mark.sqlite_only
def test_the_change_counter_tells_of_others_commits_only(db: SqliteDatabase) -> None:
    with closing(SqliteDatabase(db.path, read_only=True)) as reader:
        before = reader.change_counter()
        assert reader.change_counter() == before
        own_before = db.change_counter()
        with db.transaction():
            insert(db, "a")
            assert reader.change_counter() == before
        assert reader.change_counter() != before
        assert db.change_counter() == own_before


@pytest.mark.sqlite_only
def test_a_writer_that_does_not_end_makes_the_store_unavailable(db: SqliteDatabase) -> None:
    with closing(SqliteDatabase(db.path)) as other:
        other.execute("PRAGMA busy_timeout = 0")
        with db.transaction():
            insert(db, "a")
            with pytest.raises(StoreUnavailableError, match="locked"), other.transaction():
                pytest.fail("two transactions at once")
        with other.transaction():
            insert(other, "b")
    assert names(db) == {"a", "b"}


def test_readers_go_on_while_another_writes(db: Database, store_of_test: StoreOfTest) -> None:
    with closing(store_of_test.connect(read_only=True)) as reader, db.transaction():
        insert(db, "a")
        assert names(reader) == set()


@pytest.mark.sqlite_only
def test_a_full_disk_undoes_everything(db: Database) -> None:
    def run() -> None:
        insert(db, "small")
        insert(db, "large", 100_000)

    limit_to_pages_more(db, 3)
    with pytest.raises(StoreUnavailableError, match="full"), db.transaction():
        run()
    assert names(db) == set()


@pytest.mark.sqlite_only
def test_after_a_full_disk_the_store_works_again(db: Database) -> None:
    limit_to_pages_more(db, 3)
    with pytest.raises(StoreUnavailableError), db.transaction():
        insert(db, "large", 100_000)
    limit_to_pages_more(db, 1000)
    with db.transaction():
        insert(db, "large", 100_000)
    assert names(db) == {"large"}


@pytest.mark.sqlite_only
def test_nothing_is_kept_of_jobs_behind_one_that_filled_the_disk(db: Database) -> None:
    # SQLite ends the transaction by itself: a later savepoint must not become one of its own.
    def run_jobs() -> None:
        insert(db, "earlier")
        with pytest.raises(StoreUnavailableError), db.savepoint():
            insert(db, "large", 100_000)
        with pytest.raises(StoreUnavailableError, match="had to undo"), db.savepoint():
            insert(db, "later")

    limit_to_pages_more(db, 3)
    with pytest.raises(StoreUnavailableError, match="had to undo"), db.transaction():
        run_jobs()
    assert names(db) == set()


@pytest.mark.sqlite_only
def test_calls_after_commit_are_dropped_when_the_disk_is_full(db: Database) -> None:
    calls: list[int] = []

    def run() -> None:
        db.after_commit(lambda: calls.append(1))
        insert(db, "large", 100_000)

    limit_to_pages_more(db, 3)
    with pytest.raises(StoreUnavailableError), db.transaction():
        run()
    with db.transaction():
        pass
    assert calls == []


@pytest.mark.parametrize("sql", ["SELECT * FROM nothing", "SELEC"])
def test_our_own_mistakes_rise_as_they_are(db: Database, sql: str) -> None:
    with pytest.raises((sqlite3.OperationalError, psycopg.ProgrammingError)), db.transaction():
        db.execute(sql)


def test_a_broken_constraint_rises_as_it_is(db: Database) -> None:
    with pytest.raises(BROKEN_CONSTRAINT), db.transaction():
        insert(db, "key check")


@pytest.mark.sqlite_only
def test_a_closed_connection_is_no_damage(db: SqliteDatabase) -> None:
    other = SqliteDatabase(db.path)
    other.close()
    with pytest.raises(sqlite3.ProgrammingError):
        other.one("SELECT 1")


def test_a_read_only_connection_cannot_write(db: Database, store_of_test: StoreOfTest) -> None:
    with (
        closing(store_of_test.connect(read_only=True)) as reader,
        pytest.raises(StoreUnavailableError, match=r"read-?only"),
    ):
        insert(reader, "a")


def test_a_read_only_connection_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="There is no store"):
        SqliteDatabase(tmp_path / "none.sqlite", read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sqlite_only
def test_a_read_only_connection_changes_no_schema(db: SqliteDatabase) -> None:
    db.execute("PRAGMA user_version = 0")
    with pytest.raises(WriteRequiredError, match="has schema 0"):
        SqliteDatabase(db.path, read_only=True)


def test_a_commit_is_on_disk_when_it_returns(tmp_path: Path) -> None:
    with closing(SqliteDatabase(tmp_path / "a.sqlite")) as opened:
        assert opened.one("PRAGMA journal_mode") == ("wal",)
        assert opened.one("PRAGMA synchronous") == (2,)  # FULL: the log is synced at each commit


def test_any_directory_name_will_do(tmp_path: Path) -> None:
    directory = tmp_path / "50% of a ?name #1"
    directory.mkdir()
    with closing(SqliteDatabase(directory / "a.sqlite")) as opened:
        assert opened.one("SELECT count(*) FROM nodes") == (0,)
    assert [path.name for path in directory.iterdir()] == ["a.sqlite"]


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="No such file or directory"):
        SqliteDatabase(tmp_path / "none" / "a.sqlite")


@pytest.mark.parametrize("count", [0, 1, 500, 501, 1200])
def test_any_number_of_values_can_be_asked_for(db: Database, count: int) -> None:
    wanted = [f"name {number}" for number in range(count)]
    for name in [*wanted, "other"]:
        insert(db, name)
    rows = db.all_in(
        "SELECT name FROM installation WHERE length(value) = ? AND name IN (:values)", wanted, [1]
    )
    assert sorted(row[0] for row in rows) == sorted(wanted)


def undo_later_and_fail(db: Database, calls: list[str], *notes: str) -> None:
    for note in notes:
        db.if_undone(partial(calls.append, note))
    raise KeyError


def test_calls_if_undone_run_newest_first_before_the_error_rises(db: Database) -> None:
    calls: list[str] = []
    with pytest.raises(KeyError), db.transaction():
        undo_later_and_fail(db, calls, "first", "second")
    assert calls == ["second", "first"]


def test_calls_if_undone_are_dropped_once_it_is_durable(db: Database) -> None:
    calls: list[str] = []
    with db.transaction():
        db.if_undone(lambda: calls.append("durable"))
    with pytest.raises(KeyError), db.transaction():
        undo_later_and_fail(db, calls, "undone")
    with pytest.raises(KeyError), db.transaction():
        insert_and_fail(db, "a")
    assert calls == ["undone"]


def test_calls_if_undone_run_with_their_savepoint_alone(db: Database) -> None:
    calls: list[str] = []
    with db.transaction():
        db.if_undone(lambda: calls.append("of the transaction"))
        with db.savepoint():
            db.if_undone(lambda: calls.append("of another"))
        with pytest.raises(KeyError), db.savepoint():
            undo_later_and_fail(db, calls, "of the savepoint")
        assert calls == ["of the savepoint"]
    assert calls == ["of the savepoint"]


def test_calls_if_undone_outlive_their_savepoint(db: Database) -> None:
    calls: list[str] = []

    def run() -> None:
        with db.savepoint(), db.savepoint():
            db.if_undone(lambda: calls.append("inner"))
        raise KeyError

    with db.transaction():
        with pytest.raises(KeyError), db.savepoint():
            run()
        assert calls == ["inner"]
    with pytest.raises(KeyError), db.transaction():
        run()
    assert calls == ["inner", "inner"]


@pytest.mark.sqlite_only
def test_calls_if_undone_run_when_it_cannot_be_made_durable(db: SqliteDatabase) -> None:
    calls: list[str] = []

    def run() -> None:
        db.if_undone(lambda: calls.append("undone"))
        db.execute("CREATE TEMP TABLE a (id INTEGER PRIMARY KEY)")
        db.execute("CREATE TEMP TABLE b (id INTEGER REFERENCES a DEFERRABLE INITIALLY DEFERRED)")
        db.execute("INSERT INTO b VALUES (1)")

    db.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError), db.transaction():
        run()
    assert not db.in_transaction
    assert calls == ["undone"]


@pytest.mark.sqlite_only
def test_calls_if_undone_run_once_when_the_disk_is_full(db: Database) -> None:
    calls: list[str] = []

    def run() -> None:
        db.if_undone(lambda: calls.append("undone"))
        with pytest.raises(StoreUnavailableError), db.savepoint():
            insert(db, "large", 100_000)

    limit_to_pages_more(db, 3)
    with pytest.raises(StoreUnavailableError), db.transaction():
        run()
    assert calls == ["undone"]


def test_calls_if_undone_need_a_transaction(db: Database) -> None:
    with pytest.raises(AssertionError):
        db.if_undone(lambda: None)
