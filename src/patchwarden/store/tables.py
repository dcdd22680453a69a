"""Which tables a store has, for what concerns all of them alike."""

from itertools import groupby
from typing import NamedTuple

from patchwarden.store.database import Database

NODE_KEY = "node_key"


class Table(NamedTuple):
    """A table and its columns."""

    name: str
    columns: tuple[str, ...]
    """By name."""
    key: tuple[str, ...]
    """The columns of the primary key, in its order."""

    @property
    def is_about_nodes(self) -> bool:
        """Whether each row is about one node."""
        return NODE_KEY in self.columns


def tables_of(db: Database) -> list[Table]:
    """Give the tables by name."""
    tables = []
    for name, rows in groupby(db.columns(), key=lambda row: row[0]):
        columns = {column: place for _, column, place in rows}
        key = sorted((column for column in columns if columns[column]), key=columns.__getitem__)
        tables.append(Table(name, tuple(sorted(columns)), tuple(key)))
    return tables
