import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.store import schema
from patchwarden.store.errors import StoreDamagedError
from patchwarden.store.sqlite import SqliteDatabase

pytestmark = pytest.mark.sqlite_only
SCRIPT = """
-- Names; those that end early.
CREATE TABLE names (name TEXT DEFAULT 'a;b'); CREATE TABLE counts (count INTEGER);
CREATE TRIGGER count_names AFTER INSERT ON names BEGIN
  DELETE FROM counts;
  INSERT INTO counts SELECT count(*) FROM names;
END;
/* Not; the end;
*/
INSERT INTO names VALUES ('--;');
-- The end;
"""


def test_a_script_is_split_where_its_statements_end() -> None:
    kinds = [statement.strip() for statement in schema.statements(SCRIPT)]
    assert [text.count("CREATE") for text in kinds] == [1, 1, 1, 0, 0]


def test_a_script_runs_as_a_whole() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.apply(connection, (SCRIPT,))
        assert connection.execute("SELECT name FROM names").fetchall() == [("--;",)]
        assert connection.execute("SELECT count FROM counts").fetchall() == [(1,)]
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


@given(st.text(alphabet="a;'\"-\n/* ", max_size=40))
def test_splitting_loses_nothing_but_space(script: str) -> None:
    assert "".join(schema.statements(script)).strip() == script.strip()


def test_a_new_store_has_the_newest_schema(db: SqliteDatabase) -> None:
    assert db.one("PRAGMA user_version") == (len(schema.migrations()),)


def test_a_migration_that_fails_leaves_nothing(db: SqliteDatabase) -> None:
    scripts = ("CREATE TABLE half (a); CREATE TABLE nodes (b);",)
    with pytest.raises(sqlite3.OperationalError), db.transaction():
        schema.apply(db._connection, scripts)
    assert db.one("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == (0,)


def test_only_missing_migrations_are_run(db: SqliteDatabase) -> None:
    newest = len(schema.migrations())
    with closing(SqliteDatabase(db.path)):
        assert db.one("PRAGMA user_version") == (newest,)
    missing = schema.missing_migrations(db._connection, db.path, read_only=False)
    assert missing == ()
    db.execute(f"PRAGMA user_version = {newest - 1}")
    missing = schema.missing_migrations(db._connection, db.path, read_only=False)
    assert missing == schema.migrations()[-1:]


def test_a_store_in_another_journal_mode_is_put_right(db: SqliteDatabase) -> None:
    db.execute("PRAGMA journal_mode = DELETE")
    with closing(SqliteDatabase(db.path)) as opened:
        assert opened.one("PRAGMA journal_mode") == ("wal",)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_schema_is_refused(db: SqliteDatabase, *, read_only: bool) -> None:
    db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreDamagedError, match="upgrade Patchwarden"):
        SqliteDatabase(db.path, read_only=read_only)
    assert db.one("PRAGMA user_version") == (99,)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"garbage" * 2000, b"SQLite format 3\0" + b"\xff" * 8176]
)
def test_a_file_that_is_no_store_is_left_as_it_is(
    tmp_path: Path, content: bytes, *, read_only: bool
) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreDamagedError):
        SqliteDatabase(path, read_only=read_only)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
    content = path.read_bytes()
    with pytest.raises(StoreDamagedError, match="not a store of Patchwarden"):
        SqliteDatabase(path)
    assert path.read_bytes() == content


def test_a_store_that_was_cut_off_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    SqliteDatabase(path).close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreDamagedError, match="malformed"):
        SqliteDatabase(path)


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    with closing(SqliteDatabase(tmp_path / "a.sqlite")) as opened:
        with opened.transaction():
            opened.execute("INSERT INTO installation VALUES ('a', x'00')")
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == ["a.sqlite", "a.sqlite-shm", "a.sqlite-wal"]
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
