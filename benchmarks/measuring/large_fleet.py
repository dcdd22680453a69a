"""A store of a large fleet, made in minutes: simulated nodes, and copies of them under other ids.

Copies share what the nodes of a fleet share, and each has rows of its own in every table, so that
what a request has to find is as large as it would be. Only what differs between a copy and its
original, a list of packages that nobody else has, is not there.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.measuring.installation import SCOPE, Prepared, instance_id_of, prepare
from patchwarden.store.database import Database
from patchwarden.store.node_keys import node_key_of
from patchwarden.testing.simulated_fleet import encode, fleet

_SEED = 1
_MOST_SIMULATED = 1_000
_BATCH = 20_000
"""Nodes that are added together, by their keys: pages of the store are then written once."""

_Rows = Sequence[tuple[Any, ...]]


def prepare_large(directory: Path, node_count: int) -> Prepared:
    """Fill a new data directory with a fleet of `node_count` nodes that have all reported."""
    now = time.time()
    simulated = min(node_count, _MOST_SIMULATED)
    reports = (encode(node.report) for node in fleet(simulated, _SEED, now=now))
    prepared = prepare(directory, simulated, reports)
    with prepared.open() as db:
        db.execute("PRAGMA synchronous = OFF")
        _add_copies(db, range(simulated, node_count), prepared.instance_ids)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Prepared(directory, prepared.key, [instance_id_of(each) for each in range(node_count)])


def _add_copies(db: Database, numbers: range, originals: Sequence[str]) -> None:
    tables = _tables_about_nodes(db)
    rows = {table: _rows_by_node(db, table, columns) for table, columns in tables.items()}
    original_keys = [node_key_of(SCOPE, each) for each in originals]
    left = iter(numbers)
    while batch := list(islice(left, _BATCH)):
        ids = {node_key_of(SCOPE, instance_id_of(number)): number for number in batch}
        with db.transaction():
            for table, columns in tables.items():
                copied = _copied(rows[table], columns, ids, original_keys)
                marks = ", ".join("?" * len(columns))
                db.execute_many(f"INSERT INTO {table} VALUES ({marks})", sorted(copied))


def _tables_about_nodes(db: Database) -> Mapping[str, Sequence[str]]:
    """Give the columns of every table that has rows about nodes."""
    rows = db.all(
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
        " WHERE m.type = 'table' ORDER BY m.name, c.cid"
    )
    tables: dict[str, list[str]] = {}
    for table, column in rows:
        tables.setdefault(table, []).append(column)
    return {table: columns for table, columns in tables.items() if "node_key" in columns}


def _rows_by_node(db: Database, table: str, columns: Sequence[str]) -> dict[int, _Rows]:
    position = columns.index("node_key")
    by_node: dict[int, list[tuple[Any, ...]]] = {}
    for row in db.all(f"SELECT * FROM {table}"):
        by_node.setdefault(row[position], []).append(row)
    return dict(by_node)


def _copied(
    rows: Mapping[int, _Rows],
    columns: Sequence[str],
    ids: Mapping[int, int],
    original_keys: Sequence[int],
) -> Iterator[tuple[Any, ...]]:
    key_at = columns.index("node_key")
    id_at = columns.index("instance_id") if "instance_id" in columns else None
    for node_key, number in ids.items():
        for row in rows.get(original_keys[number % len(original_keys)], ()):
            copy = list(row)
            copy[key_at] = node_key
            if id_at is not None:
                copy[id_at] = instance_id_of(number)
            yield tuple(copy)
