"""A connection to the SQLite store: write-ahead log, durable when a transaction has ended."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from patchwarden.store import schema
from patchwarden.store.database import Database, Row, Value
from patchwarden.store.errors import StoreUnavailableError, raise_translated

FILE_NAME = "patchwarden.sqlite"
BUSY_TIMEOUT_MS = 10_000
_COLUMNS = """
SELECT m.name, c.name, c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY m.name, c.cid
"""


class SqliteDatabase(Database):
    """A connection for one thread at a time."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the store at `path` and bring its schema up to date, creating it if need be.

        With `read_only` it must be there and up to date. Raises StoreDamagedError if the file is
        no store of ours, StoreUnavailableError if it cannot be opened, WriteRequiredError if its
        schema is old and `read_only` forbids to change it.
        """
        super().__init__()
        self.path = path
        self.name = str(path)
        self.read_only = read_only
        self._counter_of_snapshot: int | None = None
        if not path.exists():
            if read_only:
                raise StoreUnavailableError(f"There is no store at {path} yet.")
            schema.create(path)
        try:
            # The server opens its connections in one thread and uses each in another.
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise_translated(error, path)
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun that still can be committed."""
        return self._connection.in_transaction

    def one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """Give the first row, or None."""
        try:
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise_translated(error, self.path)
        return row

    def all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Give all rows."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise_translated(error, self.path)

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        try:
            return self._connection.execute(sql, parameters).rowcount
        except sqlite3.Error as error:
            raise_translated(error, self.path)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each of `rows`."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise_translated(error, self.path)

    def is_listed(self, column: str) -> str:
        """Give the condition that the integers of a JSON list have the value of `column`."""
        return f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608

    def columns(self) -> list[tuple[str, str, int]]:
        """Give table, column and place in the primary key, from 1, or 0 for every column."""
        return [(table, column, place) for table, column, place in self.all(_COLUMNS)]

    def damage(self) -> list[str]:
        """Give what SQLite finds wrong with the file, in its words; empty if it is intact."""
        found = [str(row[0]) for row in self.all("PRAGMA quick_check")]
        return [] if found == ["ok"] else found

    def number_on(self) -> None:
        """Do nothing: SQLite heeds the numbers that are there."""

    def change_counter(self) -> int:
        """Give a number that differs after another connection has committed something."""
        if self._counter_of_snapshot is not None:
            return self._counter_of_snapshot
        row = self.one("PRAGMA data_version")
        assert row is not None
        return int(row[0])

    def begin_snapshot(self) -> None:
        """Read everything from now on as it is at this instant, until `end_snapshot`.

        SQLite locks at the start and the end of each transaction, which costs more than most
        reads: so it pays to share one.
        """
        self.execute("BEGIN")
        try:
            self._counter_of_snapshot = self.change_counter()
        except BaseException:
            self.end_snapshot()
            raise

    def end_snapshot(self) -> None:
        """Read what is newest again."""
        self._counter_of_snapshot = None
        self._roll_back("ROLLBACK")

    def _begin(self, *, alone: bool) -> None:  # noqa: ARG002 - here it always is
        self.execute("BEGIN IMMEDIATE")

    def _set_up(self) -> None:
        self.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        self.execute("PRAGMA synchronous = FULL")
        self.execute("PRAGMA cache_size = -65536")
        missing = self._missing_migrations()
        if self.read_only:
            self.execute("PRAGMA query_only = ON")
            return
        # A store that was restored from a copy may be in another mode.
        self.execute("PRAGMA journal_mode = WAL")
        if missing:
            with self.transaction():
                # Another process may have run them meanwhile.
                self._migrate(self._missing_migrations())

    def _missing_migrations(self) -> tuple[str, ...]:
        try:
            return schema.missing_migrations(self._connection, self.path, read_only=self.read_only)
        except sqlite3.Error as error:
            raise_translated(error, self.path)

    def _migrate(self, scripts: tuple[str, ...]) -> None:
        try:
            schema.apply(self._connection, scripts)
        except sqlite3.Error as error:
            raise_translated(error, self.path)
