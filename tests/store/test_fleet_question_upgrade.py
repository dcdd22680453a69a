"""A store from before the index of fleet questions was led by scopes (schema 14)."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from patchwarden.domain.states import PatchState
from patchwarden.store import open_patches, schema, scopes, verdicts
from patchwarden.store.database import Scope
from patchwarden.store.node_keys import node_key_of
from patchwarden.store.open_patches import OpenPatch
from patchwarden.store.sqlite import FILE_NAME, SqliteDatabase

SCOPES = (Scope("123456789012", "us-east-1"), Scope("123456789012", "eu-west-1"))
NODE = "mi-0123456789abcdef0"
MISSING = list(PatchState).index(PatchState.MISSING)
_FILLED = {"node_key", "verdict_id", "superseded_at", "valid_until", "overall_severity"}


@pytest.fixture
def schema_14(tmp_path: Path) -> Path:
    """Make a store with a node in each scope that misses one patch and was judged."""
    path = tmp_path / FILE_NAME
    schema.create(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("BEGIN")
        schema.apply(old, schema.migrations()[:14])
        columns = [row[1] for row in old.execute("PRAGMA table_info(verdicts)")]
        others = [column for column in columns if column not in _FILLED]
        for scope in SCOPES:
            key = node_key_of(scope, NODE)
            old.execute(
                "INSERT INTO nodes (node_key, account_id, region, instance_id, tags,"
                " registered_at, last_number, scan_id, verdict_id)"
                " VALUES (?, ?, ?, ?, '', 0, 2, 1, 2)",
                (key, *scope, NODE),
            )
            old.execute("INSERT INTO open_patches VALUES (7, ?, ?)", (MISSING, key))
            old.execute(
                f"INSERT INTO verdicts (node_key, verdict_id, {', '.join(others)})"
                f" VALUES (?, 2, {', '.join('0' * len(others))})",
                (key,),
            )
        old.execute("COMMIT")
    return path


def test_what_nodes_miss_is_found_in_their_own_scope(schema_14: Path) -> None:
    with closing(SqliteDatabase(schema_14)) as db:
        for scope in SCOPES:
            scope_id = scopes.find(db, scope)
            assert scope_id is not None
            patches = [OpenPatch(7, PatchState.MISSING)]
            found = open_patches.nodes_after(db, scope_id, patches, -1, 10)
            assert found == [(node_key_of(scope, NODE), patches)]


def test_what_was_judged_by_another_version_is_outdated(schema_14: Path) -> None:
    with closing(SqliteDatabase(schema_14)) as db:
        for scope in SCOPES:
            outdated = verdicts.some_outdated(db, scope, engine="new", now=0.0, limit=10)
            assert outdated == [NODE]
