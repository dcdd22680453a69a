"""The schema in PostgreSQL: the same as SQLite's, and made by whoever comes first."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from fakes import CountedBytes
from patchwarden.errors import InstallationError
from patchwarden.store import postgresql_schema
from patchwarden.store.database import Database
from patchwarden.store.errors import StoreDamagedError
from patchwarden.store.installation import open_installation
from patchwarden.store.opening import StoreLocation
from patchwarden.store.postgresql import PostgresqlDatabase
from patchwarden.store.sqlite import SqliteDatabase
from patchwarden.store.tables import NODE_KEY, tables_of
from postgresql_server import PostgresqlServer
from stores import EmptiedDatabase

pytestmark = pytest.mark.postgresql
KINDS = {"TEXT": "text C", "INTEGER": "bigint", "REAL": "double precision", "BLOB": "bytea"}
MIGRATE = """
import sys
from patchwarden.store.postgresql_schema import migrate
sys.stdin.readline()
migrate(sys.argv[1])
"""


class Column(NamedTuple):
    kind: str
    is_nullable: bool
    default: str


@pytest.fixture
def url(postgresql: PostgresqlServer) -> Iterator[str]:
    """Give an empty database."""
    made = postgresql.new_database()
    yield made
    postgresql.drop_database(made)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with closing(SqliteDatabase(tmp_path / "new.sqlite")) as db:
        yield db


@pytest.fixture
def db(emptied_database: EmptiedDatabase) -> Iterator[Database]:
    with closing(PostgresqlDatabase(emptied_database.url)) as opened:
        yield opened


def columns_of_sqlite(db: Database) -> dict[tuple[str, str], Column]:
    columns = {}
    for table in tables_of(db):
        for _, name, kind, not_null, default, place in db.all(f"PRAGMA table_info({table.name})"):
            is_nullable = not not_null and not place
            columns[table.name, name] = Column(KINDS[kind], is_nullable, default or "")
    return columns


def columns_of_postgresql(db: Database) -> dict[tuple[str, str], Column]:
    rows = db.all(
        "SELECT table_name::text, column_name::text, data_type::text ||"
        " CASE WHEN collation_name IS NULL THEN '' ELSE ' ' || collation_name::text END,"
        " is_nullable = 'YES', coalesce(column_default, '')::text"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name <> 'alembic_version'"
    )
    return {
        (table, column): Column(kind, bool(nullable), default.removesuffix("::text"))
        for table, column, kind, nullable, default in rows
    }


class Index(NamedTuple):
    table: str
    columns: tuple[str, ...]
    is_unique: bool
    condition: str
    """What rows it has, without brackets; empty if all."""


def indexes_of_sqlite(db: Database) -> set[Index]:
    indexes = set()
    for table in tables_of(db):
        for _, name, is_unique, origin, _ in db.all(f"PRAGMA index_list({table.name})"):
            columns = tuple(row[2] for row in db.all(f"PRAGMA index_info({name})"))
            made_by = db.one("SELECT sql FROM sqlite_master WHERE name = ?", (name,)) or ("",)
            condition = " ".join((made_by[0] or "").partition("WHERE ")[2].split())
            if origin != "pk":
                indexes.add(Index(table.name, columns, bool(is_unique), condition))
    return indexes


def indexes_of_postgresql(db: Database) -> set[Index]:
    rows = db.all(
        "SELECT i.indrelid::regclass::text, i.indisunique, array_to_string(ARRAY("
        "  SELECT a.attname"
        "  FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)"
        "  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY place"
        " ), ','), coalesce(pg_get_expr(i.indpred, i.indrelid), '')"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary"
    )
    return {
        Index(table, tuple(names.split(",")), bool(unique), re.sub("[()]", "", condition))
        for table, unique, names, condition in rows
    }


def test_both_stores_have_the_same_tables_and_keys(db: Database, sqlite: Database) -> None:
    assert tables_of(db) == tables_of(sqlite)


def test_both_stores_have_the_same_columns(db: Database, sqlite: Database) -> None:
    assert columns_of_postgresql(db) == columns_of_sqlite(sqlite)


def test_both_stores_have_the_same_indexes(db: Database, sqlite: Database) -> None:
    # What is distributed can be unique only by its node_key, from which the other columns follow.
    about_nodes = {table.name for table in tables_of(db) if table.is_about_nodes}
    expected = {
        index._replace(
            is_unique=index.is_unique
            and (index.table not in about_nodes or NODE_KEY in index.columns)
        )
        for index in indexes_of_sqlite(sqlite)
    }
    assert indexes_of_postgresql(db) == expected


def test_the_newest_revision_is_the_one_that_is_asked_for() -> None:
    config = Config()
    config.set_main_option("script_location", "patchwarden.store:postgresql_migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [postgresql_schema.REVISION]


def test_to_migrate_twice_changes_nothing(url: str) -> None:
    location = StoreLocation(Path(), url)
    assert not location.exists()
    location.migrate()
    with closing(location.connect()) as db, db.transaction():
        db.execute("INSERT INTO installation (name, value) VALUES ('kept', 'x'::bytea)")
    location.migrate()
    assert location.exists()
    with closing(location.connect()) as db:
        assert db.all("SELECT name FROM installation") == [("kept",)]


def test_two_may_migrate_at_once(url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert [process.communicate()[1] for process in processes] == [b"", b""]
    assert [process.returncode for process in processes] == [0, 0]


def test_an_empty_database_is_set_up_by_whoever_opens_it(url: str, tmp_path: Path) -> None:
    installation = open_installation(tmp_path / "data", CountedBytes(), url)
    with closing(installation.connect()) as db:
        assert postgresql_schema.state_of(db) == "current"
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["master.key"]


def test_an_old_schema_is_refused_with_what_to_do(
    emptied_database: EmptiedDatabase, tmp_path: Path
) -> None:
    url = emptied_database.url
    emptied_database.empty()
    open_installation(tmp_path / "data", CountedBytes(), url)
    with closing(PostgresqlDatabase(url)) as db:
        db.execute("UPDATE alembic_version SET version_num = '0000'")
        try:
            with pytest.raises(InstallationError, match="run: patchwarden store migrate --store"):
                open_installation(tmp_path / "data", CountedBytes(), url)
        finally:
            db.execute("UPDATE alembic_version SET version_num = ?", (postgresql_schema.REVISION,))


def test_a_newer_schema_is_refused(emptied_database: EmptiedDatabase, tmp_path: Path) -> None:
    url = emptied_database.url
    with closing(PostgresqlDatabase(url)) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
        try:
            with pytest.raises(StoreDamagedError, match="upgrade Patchwarden"):
                open_installation(tmp_path / "data", CountedBytes(), url)
        finally:
            db.execute("UPDATE alembic_version SET version_num = ?", (postgresql_schema.REVISION,))


def test_a_database_of_something_else_is_left_alone(url: str, tmp_path: Path) -> None:
    with closing(PostgresqlDatabase(url)) as db:
        db.execute("CREATE TABLE theirs (one bigint)")
        with pytest.raises(StoreDamagedError, match="tables of something else"):
            open_installation(tmp_path / "data", CountedBytes(), url)
        assert db.all("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'") == [
            ("theirs",)
        ]


def test_servers_of_one_database_need_the_same_key(url: str, tmp_path: Path) -> None:
    open_installation(tmp_path / "one", CountedBytes(), url)
    with pytest.raises(InstallationError, match=r"lost its master\.key; put it back into"):
        open_installation(tmp_path / "other", CountedBytes(), url)
