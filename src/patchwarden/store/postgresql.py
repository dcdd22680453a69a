"""A connection to a store in PostgreSQL 15 or later, by psycopg.

Reads see one instant (REPEATABLE READ); writes are SERIALIZABLE, so that what holds in SQLite,
where one writes after the other, holds here with many servers: the database refuses what could not
have happened one after the other, and it is tried again.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, NoReturn

import psycopg
from psycopg import Cursor
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from patchwarden.store.database import Database, Row, Value
from patchwarden.store.errors import (
    StoreUnavailableError,
    TextNotStorableError,
    TryAgainError,
)
from patchwarden.store.postgresql_url import name_of, options_of
from patchwarden.store.postgresql_values import adapt

LOCK_TIMEOUT_MS = 10_000
_PREPARED_AT_USE = 3
_PREPARED_COUNT = 400
_TRY_AGAIN = frozenset({"40001", "40P01", "23505"})
"""Serialization failure, deadlock, and a key that another transaction has added meanwhile."""
_NO_SUCH_CHARACTER = "22021"
"""Of those that Python can send, that is NUL alone."""
_UNAVAILABLE = frozenset({"25006", "55P03", "57014"})
"""A standby, a lock that is not given up, a statement that was cancelled."""
_UNAVAILABLE_CLASSES = frozenset({"08", "28", "3D", "53", "57", "58"})
"""Connections, who may connect, no such database, disk or memory, operators, the system."""
_MARKS = re.compile(rb"'(?:[^']|'')*'|\"[^\"]*\"|\?|%")
_LISTED = "IN (:values)"
_SETTINGS = f"""
SELECT set_config('jit', 'off', false), set_config('lock_timeout', '{LOCK_TIMEOUT_MS}', false),
  set_config('synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
    ELSE current_setting('synchronous_commit') END, false)
"""
_CONTROL = frozenset({"COMMIT", "ROLLBACK", "SAVEPOINT step", "ROLLBACK TO step", "RELEASE step"})
"""The statements of `Database` that begin and end parts of transactions."""
_COLUMNS = """
SELECT c.relname::text, a.attname::text,
  coalesce(array_position(i.indkey::smallint[], a.attnum) + 1, 0)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND c.relname <> 'alembic_version' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname::text COLLATE "C", a.attnum
"""
_NUMBERED = """
SELECT table_name::text, column_name::text FROM information_schema.columns
WHERE table_schema = current_schema() AND is_identity = 'YES'
"""
_DONE = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
_WRITING = int.from_bytes(b"PWwr", "big")
"""The lock that whoever writes holds together with others, or alone."""
_moments = itertools.count(1)
"""Numbers the instants at which this process has read a store; no two are the same."""


class PostgresqlDatabase(Database):
    """A connection for one thread at a time. It connects again after it was lost."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Connect to the database at `url`, whose schema must be there.

        Raises StoreUnavailableError if it cannot be reached, InstallationError if `url` is none.
        """
        super().__init__()
        self.name = name_of(url)
        self.read_only = read_only
        self._url = url
        self._is_in_block = False
        self._moment: int | None = None
        self._lock: str | None = None
        self._connect()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun."""
        status = self._connection.info.transaction_status
        return status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}

    def one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """Give the first row, or None."""
        return self._run(sql, parameters).fetchone()

    def all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Give all rows."""
        return self._run(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        if sql in _CONTROL:
            self._control(sql)
            return 0
        return self._run(sql, parameters).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each of `rows`."""
        self._require_connection()
        try:
            self._cursor.executemany(_translated(sql), rows)
        except psycopg.Error as error:
            self._raise_translated(error)

    def all_in(
        self, sql: str, values: Sequence[Value], parameters: Sequence[Value] = ()
    ) -> Iterator[Row]:
        """Give the rows for `values`, as one parameter: so that it is always the same statement."""
        assert _LISTED in sql
        if values:
            listed: Any = list(values)
            yield from self.all(sql.replace(_LISTED, "= ANY (?)"), (*parameters, listed))

    def is_listed(self, column: str) -> str:
        """Give the condition that the integers of a JSON list have the value of `column`."""
        listed = "SELECT value::bigint FROM json_array_elements_text(?::json)"
        return f"{column} IN ({listed})"

    def columns(self) -> list[tuple[str, str, int]]:
        """Give table, column and place in the primary key, from 1, or 0 for every column."""
        return [(table, column, place) for table, column, place in self.all(_COLUMNS)]

    def damage(self) -> list[str]:
        """Give nothing: PostgreSQL refuses to answer from pages whose checksums are wrong."""
        return []

    def number_on(self) -> None:
        """Have new rows numbered above those that were inserted with their numbers."""
        for table, column in self.all(_NUMBERED):
            self.one(
                "SELECT setval(pg_get_serial_sequence(?, ?), greatest(coalesce(max("  # noqa: S608
                f"{column}), 0), 1), max({column}) IS NOT NULL) FROM {table}",
                (table, column),
            )

    def change_counter(self) -> int:
        """Give a number that is another one for each snapshot and transaction."""
        return next(_moments) if self._moment is None else self._moment

    def begin_snapshot(self) -> None:
        """Read everything from now on as it is at this instant, until `end_snapshot`."""
        self._begin_block("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def end_snapshot(self) -> None:
        """Read what is newest again."""
        self._end_block()
        self._roll_back("COMMIT")

    @contextmanager
    def transaction(self, *, alone: bool = False) -> Iterator[None]:
        """Make what happens inside durable as one, or undo all of it.

        Raises TryAgainError if another transaction has come between, StoreUnavailableError if it
        cannot be made durable.
        """
        try:
            with super().transaction(alone=alone):
                yield
        finally:
            self._end_block()
            self._unlock()

    def _begin(self, *, alone: bool) -> None:
        if self.read_only:
            raise StoreUnavailableError(f"This connection to {self.name} may only read.")
        # Before the transaction, which then sees all that was written under the lock.
        self._lock = "pg_advisory_lock" if alone else "pg_advisory_lock_shared"
        self._begin_block(
            f"SELECT {self._lock}({_WRITING})",
            "BEGIN ISOLATION LEVEL SERIALIZABLE",
        )

    def _begin_block(self, *statements: str) -> None:
        self._require_connection()
        try:
            self._control(*statements)
        except StoreUnavailableError:
            # One that was lost since it was last used, as when PostgreSQL was restarted.
            if not self._connection.closed:
                raise
            self._connect()
            self._control(*statements)
        self._is_in_block = True
        self._moment = next(_moments)

    def _end_block(self) -> None:
        self._is_in_block = False
        self._moment = None

    def _unlock(self) -> None:
        """Let others write alone. A connection that was lost holds nothing any more."""
        if self._lock is not None and not self._connection.closed:
            unlock = self._lock.replace("lock", "unlock", 1)
            # What was committed is: it does not matter any more if the connection goes.
            with suppress(StoreUnavailableError):
                self._control(f"SELECT {unlock}({_WRITING})")
        self._lock = None

    def _require_transaction(self) -> None:
        super()._require_transaction()
        # COMMIT would undo it without a word.
        if self._connection.info.transaction_status == TransactionStatus.INERROR:
            raise StoreUnavailableError(
                f"The store {self.name} had to undo everything that was being written."
            )

    def _connect(self) -> None:
        try:
            self._connection = psycopg.connect(
                autocommit=True, prepare_threshold=_PREPARED_AT_USE, **options_of(self._url)
            )
            self._connection.prepared_max = _PREPARED_COUNT
            adapt(self._connection.adapters)
            self._cursor: Cursor[Row] = self._connection.cursor(binary=True)
            self._cursor.execute(_SETTINGS)
            if self.read_only:
                self._cursor.execute("SET default_transaction_read_only = on")
        except psycopg.Error as error:
            self._raise_translated(error)

    def _require_connection(self) -> None:
        if not self._connection.closed:
            return
        if self._is_in_block:
            raise StoreUnavailableError(f"The connection to the store {self.name} was lost.")
        self._connect()

    def _run(self, sql: str, parameters: Sequence[Any]) -> Cursor[Row]:
        self._require_connection()
        try:
            return self._cursor.execute(_translated(sql), parameters)
        except psycopg.Error as error:
            self._raise_translated(error)

    def _control(self, *statements: str) -> None:
        # psycopg would forget all that it has prepared when a transaction is undone; and this costs
        # a third.
        try:
            for sql in statements:
                result = self._connection.pgconn.exec_(sql.encode())
                if result.status not in _DONE:
                    raise error_from_result(result)
        except psycopg.Error as error:
            self._raise_translated(error)

    def _raise_translated(self, error: psycopg.Error) -> NoReturn:
        """Raise what an error of psycopg means for us; a bug of ours rises as it is."""
        state = error.sqlstate
        if state in _TRY_AGAIN and self._lock != "pg_advisory_lock":
            raise TryAgainError(
                f"Another server has changed the same in the store {self.name}; try again."
            ) from error
        if type(error) is psycopg.DatabaseError and state is None:
            # So says libpq, which may not have noticed yet that the connection is lost.
            self._connection.close()
        if _is_unavailable(error) or (state is None and self._connection.closed):
            raise StoreUnavailableError(
                f"The store {self.name} cannot be used now: {_sentence(error)} Check that "
                "PostgreSQL runs, that its disk has room and that the user may connect."
            ) from error
        if state == _NO_SUCH_CHARACTER:
            raise TextNotStorableError from error
        raise error


@lru_cache(maxsize=2048)
def _translated(sql: str) -> bytes:
    """Write a statement with psycopg's marks; a mark within a text or a name is none."""
    return _MARKS.sub(
        lambda found: b"%b" if found[0] == b"?" else found[0].replace(b"%", b"%%"), sql.encode()
    )


def _is_unavailable(error: psycopg.Error) -> bool:
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate in _UNAVAILABLE or error.sqlstate[:2] in _UNAVAILABLE_CLASSES


def _sentence(error: psycopg.Error) -> str:
    text = " ".join((error.diag.message_primary or str(error)).split())
    return text if text.endswith((".", "?")) else f"{text}."
