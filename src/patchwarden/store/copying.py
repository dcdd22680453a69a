"""Copies all that is in one store into another, and compares the two afterwards."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from patchwarden.errors import InstallationError
from patchwarden.store.database import Database, Row
from patchwarden.store.tables import Table, tables_of

_ROWS_AT_ONCE = 500
_encode = msgspec.msgpack.Encoder().encode


class Contents(NamedTuple):
    """What tells the rows of a table from others."""

    rows: int
    digest: bytes
    """Of all rows in the order of the primary key."""


class CopiedTable(NamedTuple):
    """One table in both stores."""

    name: str
    source: Contents
    target: Contents

    @property
    def is_alike(self) -> bool:
        """Whether both have the same rows."""
        return self.source == self.target


def count_rows(db: Database) -> int:
    """Give the number of rows in all tables."""
    rows = [db.one(f"SELECT count(*) FROM {table.name}") for table in tables_of(db)]  # noqa: S608
    return sum(row[0] for row in rows if row is not None)


def copy(
    source: Database, target: Database, on_progress: Callable[[int], None]
) -> list[CopiedTable]:
    """Copy every row of `source` as it is at one instant; give what both have in the end.

    The target has all of it or nothing. `on_progress` is told how many rows were copied so far,
    then how many were compared on top. Raises InstallationError if `target` is not empty, or the
    two are not of one version.
    """
    tables = tables_of(source)
    if tables != tables_of(target):
        raise InstallationError(
            f"The stores {source.name} and {target.name} have different tables; bring both up to "
            "date with: patchwarden store migrate"
        )
    _require_empty(target, tables)
    counted = _Counter(on_progress)
    with _snapshot(source), target.transaction():
        copied = [_copy_table(source, target, table, counted) for table in tables]
        target.number_on()
    with _snapshot(target):
        return [
            CopiedTable(table.name, contents, _contents(_batches(target, table, counted)))
            for table, contents in zip(tables, copied, strict=True)
        ]


class _Counter:
    """Adds up the rows that are done."""

    def __init__(self, on_progress: Callable[[int], None]) -> None:
        self._on_progress = on_progress
        self._done = 0

    def add(self, rows: int) -> None:
        """Tell of some more rows."""
        self._done += rows
        self._on_progress(self._done)


def _require_empty(db: Database, tables: Sequence[Table]) -> None:
    for table in tables:
        if db.one(f"SELECT 1 FROM {table.name} LIMIT 1") is not None:  # noqa: S608
            raise InstallationError(
                f"The store {db.name} is not empty: {table.name} has rows. Name a new one."
            )


@contextmanager
def _snapshot(db: Database) -> Iterator[None]:
    db.begin_snapshot()
    try:
        yield
    finally:
        db.end_snapshot()


def _copy_table(source: Database, target: Database, table: Table, counted: _Counter) -> Contents:
    marks = ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})"  # noqa: S608

    def passed_on() -> Iterator[list[Row]]:
        for rows in _batches(source, table, counted):
            target.execute_many(insert, rows)
            yield rows

    return _contents(passed_on())


def _batches(db: Database, table: Table, counted: _Counter) -> Iterator[list[Row]]:
    """Give the rows in the order of the primary key, some at a time."""
    key = ", ".join(table.key)
    places = [table.columns.index(column) for column in table.key]
    marks = ", ".join("?" * len(places))
    select = f"SELECT {', '.join(table.columns)} FROM {table.name}"  # noqa: S608
    order = f"ORDER BY {key} LIMIT {_ROWS_AT_ONCE}"
    rows = db.all(f"{select} {order}")
    while rows:
        counted.add(len(rows))
        yield rows
        last = [rows[-1][place] for place in places]
        rows = db.all(f"{select} WHERE ({key}) > ({marks}) {order}", last)


def _contents(batches: Iterator[list[Row]]) -> Contents:
    digest, count = hashlib.sha256(), 0
    for rows in batches:
        count += len(rows)
        for row in rows:
            digest.update(_encode(row))
    return Contents(count, digest.digest())
