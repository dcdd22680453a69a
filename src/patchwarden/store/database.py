"""A connection to a store, whichever database keeps it: what all other modules of the store use.

SQL is what SQLite and PostgreSQL have in common, with `?` for parameters; `store.sqlite` and
`store.postgresql` are the two that there are.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from patchwarden.store.errors import StoreUnavailableError

_VALUES_AT_ONCE = 500
"""Marks of one statement; SQLite takes 32,766 at most."""

Value = str | int | float | bytes | None
Row = tuple[Any, ...]


class Scope(NamedTuple):
    """Whose data it is: nothing is shared between accounts or regions."""

    account_id: str
    region: str


class Database(ABC):
    """A connection for one thread at a time.

    Raises StoreUnavailableError where the store cannot be read or written now.
    """

    read_only: bool
    name: str
    """What to call the store in messages to people; tells no secret."""

    def __init__(self) -> None:
        """Begin with nothing due."""
        self._after_commit: list[Callable[[], None]] = []
        self._if_undone: list[Callable[[], object]] = []

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    @property
    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether a transaction has begun that still can be committed."""

    @abstractmethod
    def all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Give all rows."""

    @abstractmethod
    def one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """Give the first row, or None."""

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""

    @abstractmethod
    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each of `rows`."""

    @abstractmethod
    def is_listed(self, column: str) -> str:
        """Give the condition that the integers of a JSON list have the value of `column`.

        It has one mark, for the list.
        """

    @abstractmethod
    def columns(self) -> list[tuple[str, str, int]]:
        """Give table, column and place in the primary key, from 1, or 0 for every column.

        They come by table, then in the order in which they were made.
        """

    @abstractmethod
    def damage(self) -> list[str]:
        """Give what the database finds wrong with itself, in its words; empty if it is intact."""

    @abstractmethod
    def number_on(self) -> None:
        """Have new rows numbered above those that were inserted with their numbers."""

    @abstractmethod
    def change_counter(self) -> int:
        """Give a number that differs after another connection has committed something.

        It may also differ when nothing has.
        """

    @abstractmethod
    def begin_snapshot(self) -> None:
        """Read everything from now on as it is at this instant, until `end_snapshot`."""

    @abstractmethod
    def end_snapshot(self) -> None:
        """Read what is newest again."""

    @abstractmethod
    def _begin(self, *, alone: bool) -> None:
        """Begin a transaction that writes, with `alone` while no other does."""

    def insert(self, sql: str, parameters: Sequence[Value]) -> int:
        """Run an INSERT that ends with RETURNING and a key; give the key of the new row."""
        row = self.one(sql, parameters)
        assert row is not None
        return int(row[0])

    def all_in(
        self, sql: str, values: Sequence[Value], parameters: Sequence[Value] = ()
    ) -> Iterator[Row]:
        """Give the rows for `values`, however many, which stand for `(:values)` in `sql`.

        `parameters` are those in front of it. An order that `sql` asks for holds for some hundred
        values at a time.
        """
        for start in range(0, len(values), _VALUES_AT_ONCE):
            some = values[start : start + _VALUES_AT_ONCE]
            marks = ", ".join("?" * len(some))
            yield from self.all(sql.replace(":values", marks), (*parameters, *some))

    @contextmanager
    def transaction(self, *, alone: bool = False) -> Iterator[None]:
        """Make what happens inside durable as one, or undo all of it.

        Raises TryAgainError if another process has come between, which with `alone` cannot be;
        StoreUnavailableError if another does not stop writing in time, or if it cannot be made
        durable.
        """
        self._begin(alone=alone)
        try:
            yield
            self._require_transaction()
            self.execute("COMMIT")
        except BaseException:
            self._after_commit.clear()
            self._undo(0)
            self._roll_back("ROLLBACK")
            raise
        due, self._after_commit = self._after_commit, []
        self._if_undone.clear()
        for call in due:
            call()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction, undo only what happens inside if it fails.

        Raises StoreUnavailableError if the whole transaction is already undone.
        """
        self._require_transaction()
        self.execute("SAVEPOINT step")
        due_before, undone_before = len(self._after_commit), len(self._if_undone)
        try:
            yield
        except BaseException:
            del self._after_commit[due_before:]
            self._undo(undone_before)
            self._roll_back("ROLLBACK TO step")
            raise
        finally:
            self._roll_back("RELEASE step")

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call `call` once this transaction is durable; never if it is undone."""
        assert self.in_transaction
        self._after_commit.append(call)

    def if_undone(self, call: Callable[[], object]) -> None:
        """Call `call` if what this transaction or savepoint has done so far is undone.

        What only reads does nothing that could be.
        """
        assert self.in_transaction
        if not self.read_only:
            self._if_undone.append(call)

    def _undo(self, kept: int) -> None:
        while len(self._if_undone) > kept:
            self._if_undone.pop()()

    def _require_transaction(self) -> None:
        # SQLite itself undoes a transaction when the disk is full. What came after it would be
        # committed on its own.
        if not self.in_transaction:
            raise StoreUnavailableError(
                f"The store {self.name} had to undo everything that was being written; "
                "check that the disk has room."
            )

    def _roll_back(self, sql: str) -> None:
        if self.in_transaction:
            self.execute(sql)
