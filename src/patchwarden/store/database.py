"""One connection to the SQLite store: write-ahead log, durable when a transaction has ended."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from patchwarden.store.errors import StoreDamagedError, StoreUnavailableError

FILE_NAME = "patchwarden.sqlite"
BUSY_TIMEOUT_MS = 10_000

Value = str | int | float | bytes | None
Row = tuple[Any, ...]


class Scope(NamedTuple):
    """Whose data it is: nothing is shared between accounts or regions."""

    account_id: str
    region: str


class Database:
    """A connection for one thread at a time."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the store at `path` and bring its schema up to date.

        Raises StoreDamagedError if the file is no store of ours, StoreUnavailableError if it
        cannot be opened.
        """
        self.path = path
        self.read_only = read_only
        self._after_commit: list[Callable[[], None]] = []
        with _translated(path):
            # The server opens its connections in one thread and uses each in another.
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA cache_size = -65536")
        if read_only:
            self.execute("PRAGMA query_only = ON")
        else:
            self._migrate()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """Give the first row, or None."""
        with _translated(self.path):
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Give all rows."""
        with _translated(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        with _translated(self.path):
            return self._connection.execute(sql, parameters).rowcount

    def insert(self, sql: str, parameters: Sequence[Value]) -> int:
        """Run an INSERT; give the key of the new row."""
        with _translated(self.path):
            key = self._connection.execute(sql, parameters).lastrowid
        assert key is not None
        return key

    def change_counter(self) -> int:
        """Give a number that differs after another connection has committed something."""
        row = self.one("PRAGMA data_version")
        assert row is not None
        return int(row[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside durable as one, or undo all of it."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            self._after_commit.clear()
            self._roll_back("ROLLBACK")
            raise
        due, self._after_commit = self._after_commit, []
        for call in due:
            call()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction, undo only what happens inside if it fails."""
        self.execute("SAVEPOINT step")
        due_before = len(self._after_commit)
        try:
            yield
        except BaseException:
            del self._after_commit[due_before:]
            self._roll_back("ROLLBACK TO step")
            raise
        finally:
            self._roll_back("RELEASE step")

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call `call` once this transaction is durable; never if it is undone."""
        self._after_commit.append(call)

    def _roll_back(self, sql: str) -> None:
        # SQLite itself ends the transaction when the disk is full.
        if self._connection.in_transaction:
            self.execute(sql)

    def _migrate(self) -> None:
        migrations = _migrations()
        if self._schema_version() == len(migrations):
            return
        with self.transaction():
            version = self._schema_version()
            if version > len(migrations):
                raise StoreDamagedError(
                    f"The store {self.path} has schema {version}, but this version of Patchwarden "
                    f"knows only {len(migrations)}; upgrade Patchwarden."
                )
            for script in migrations[version:]:
                for statement in script.split(";\n"):
                    self.execute(statement)
            self.execute(f"PRAGMA user_version = {len(migrations)}")

    def _schema_version(self) -> int:
        row = self.one("PRAGMA user_version")
        assert row is not None
        return int(row[0])


def _migrations() -> list[str]:
    folder = resources.files("patchwarden.store") / "migrations"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql")]


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailableError(
            f"The store {path} cannot be used now: {error}. Check that the disk has room and that "
            "the file may be written."
        ) from error
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise StoreDamagedError(
            f"The store {path} is damaged or not a store of Patchwarden: {error}. "
            "Restore it from a backup or move it away."
        ) from error
