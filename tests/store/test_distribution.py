"""By node: what Citus demands, and that a request about one node asks one machine.

Citus itself cannot be had here. What it demands is checked by its rules, and that it is asked for
the right things by functions of the same names that note how they were called.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from driver import Api
from fakes import package, report
from patchwarden.errors import InstallationError
from patchwarden.store.database import Row, Value
from patchwarden.store.distribution import distribute
from patchwarden.store.postgresql import PostgresqlDatabase
from patchwarden.store.postgresql_schema import migrate
from patchwarden.store.tables import NODE_KEY, Table, tables_of
from postgresql_server import PostgresqlServer
from stores import EmptiedDatabase

pytestmark = pytest.mark.postgresql
_FUNCTIONS = """
CREATE TABLE calls (called bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, said text);
CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY);
CREATE FUNCTION create_distributed_table(
  table_name regclass, column_name text, colocate_with text DEFAULT 'default') RETURNS void AS $$
  INSERT INTO calls (said)
    VALUES (table_name || ' by ' || column_name || ' with ' || colocate_with);
  INSERT INTO pg_dist_partition VALUES (table_name);
$$ LANGUAGE sql;
CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void AS $$
  INSERT INTO calls (said) VALUES (table_name || ' everywhere');
  INSERT INTO pg_dist_partition VALUES (table_name);
$$ LANGUAGE sql;
"""


class RecordingDatabase(PostgresqlDatabase):
    """A connection that notes what it is asked."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        super().__init__(url, read_only=read_only)
        self.asked: list[str] = []

    def one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        self.asked.append(sql)
        return super().one(sql, parameters)

    def all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        self.asked.append(sql)
        return super().all(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        self.asked.append(sql)
        return super().execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self.asked.append(sql)
        super().execute_many(sql, rows)


@pytest.fixture
def about_nodes(emptied_database: EmptiedDatabase) -> Iterator[list[Table]]:
    with closing(PostgresqlDatabase(emptied_database.url)) as db:
        yield [table for table in tables_of(db) if table.is_about_nodes]


def names_its_node(sql: str, table: str) -> bool:
    """Say whether a statement fixes the node of a table that it reads or writes.

    By a value, or by being joined on the node_key of another whose node is fixed.
    """
    if sql.lstrip().startswith("INSERT"):
        columns = re.search(rf"INSERT INTO {table} \(([^)]*)\)", sql)
        return columns is not None and NODE_KEY in columns[1]
    has_value = re.search(rf"\b{NODE_KEY} = \?", sql) is not None
    if re.search(rf"JOIN {table}\b", sql):
        joined = re.search(rf"JOIN {table} (\w+) ON [^?]*?\b\1\.{NODE_KEY} = \w+\.{NODE_KEY}", sql)
        other = re.search(rf"JOIN {table} (\w+) ON [^?]*?\w+\.{NODE_KEY} = \1\.{NODE_KEY}", sql)
        return has_value and (joined is not None or other is not None)
    return has_value


def test_what_is_unique_is_so_for_one_node(
    emptied_database: EmptiedDatabase, about_nodes: list[Table]
) -> None:
    assert {table.name for table in about_nodes} >= {"nodes", "scans", "facts", "verdicts"}
    with closing(PostgresqlDatabase(emptied_database.url)) as db:
        for table in about_nodes:
            assert NODE_KEY in table.key
            unique = db.all(
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index"
                " WHERE indrelid = ?::regclass AND indisunique",
                (table.name,),
            )
            assert all(NODE_KEY in row[0] for row in unique)


def test_a_request_about_one_node_asks_one_machine(
    emptied_database: EmptiedDatabase, about_nodes: list[Table], tmp_path: Path
) -> None:
    emptied_database.empty()
    url = emptied_database.url
    api = Api(tmp_path / "data", store_url=url)
    node = api.register_node()
    api.submit(node, report([package("bash")]))
    writing = RecordingDatabase(url)
    reading = RecordingDatabase(url, read_only=True)
    with closing(api.db), closing(api.reader), closing(writing), closing(reading):
        api.db, api.reader = writing, reading
        api.submit(node, report([package("bash", update="2.0-1", security=True), package("zsh")]))
        shown = api.call("DescribeInstancePatches", InstanceId=node, MaxResults=10)
    assert len(shown["Patches"]) == 2
    asked = [*writing.asked, *reading.asked]
    by_table = {
        table.name: [sql for sql in asked if re.search(rf"\b{table.name}\b", sql)]
        for table in about_nodes
    }
    assert {name for name, statements in by_table.items() if statements} >= {"nodes", "scans"}
    elsewhere = [
        (name, sql)
        for name, statements in by_table.items()
        for sql in statements
        if not names_its_node(sql, name)
    ]
    assert elsewhere == []


def test_tables_about_nodes_are_kept_together(postgresql: PostgresqlServer) -> None:
    url = postgresql.new_database()
    migrate(url)
    with closing(PostgresqlDatabase(url)) as db:
        tables = tables_of(db)
        for statement in re.split(r"(?<=;)\n(?=CREATE)", _FUNCTIONS.strip()):
            db.execute(statement)
        done = distribute(db)
        own = {"calls", "pg_dist_partition"}
        said = [row[0] for row in db.all("SELECT said FROM calls ORDER BY called")]
        assert said[0] == "nodes by node_key with default"
        assert set(said) - {f"{name} everywhere" for name in own} == {
            said[0],
            *(
                f"{table.name} by node_key with nodes"
                if table.is_about_nodes
                else f"{table.name} everywhere"
                for table in tables
                if table.name != "nodes"
            ),
        }
        assert set(done) - own == {table.name for table in tables}
        assert distribute(db) == []
    postgresql.drop_database(url)


def test_without_citus_it_says_so(emptied_database: EmptiedDatabase) -> None:
    with (
        closing(PostgresqlDatabase(emptied_database.url)) as db,
        pytest.raises(InstallationError, match="has no Citus; run in it: CREATE EXTENSION citus"),
    ):
        distribute(db)
