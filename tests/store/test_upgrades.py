"""Stores of older versions, brought up to date."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from patchwarden.store import nodes, patch_groups, schema
from patchwarden.store.database import Scope
from patchwarden.store.patch_groups import PatchGroupBaseline
from patchwarden.store.sqlite import FILE_NAME, SqliteDatabase

SCOPE = Scope("123456789012", "us-east-1")


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """Make a store with the schema of the first version, and three nodes in it."""
    path = tmp_path / FILE_NAME
    schema.create(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("BEGIN")
        schema.apply(old, schema.migrations()[:1])
        for number, tags in enumerate(
            ['{"Patch Group":"web","PatchGroup":"db"}', '{"PatchGroup":"db"}', '{"Owner":"ann"}']
        ):
            old.execute(
                "INSERT INTO nodes (account_id, region, instance_id, tags, registered_at)"
                " VALUES (?, ?, ?, ?, 0)",
                (*SCOPE, f"mi-0000000000000000{number}", tags),
            )
        old.execute("COMMIT")
    return path


def test_nodes_get_the_patch_group_of_their_tags(first_version: Path) -> None:
    with closing(SqliteDatabase(first_version)) as db:
        assert db.one("PRAGMA user_version") == (len(schema.migrations()),)
        found = nodes.after(db, SCOPE, "", 10)
        assert [node.patch_group for node in found] == ["web", "db", ""]


def test_what_is_new_works(first_version: Path) -> None:
    with closing(SqliteDatabase(first_version)) as db, db.transaction():
        registration = PatchGroupBaseline("web", "DEBIAN", "pb-0123456789abcdef0")
        patch_groups.register(db, SCOPE, registration)
        assert patch_groups.baseline_of(db, SCOPE, "web", "DEBIAN") == registration.baseline_id


def test_several_may_start_at_once(first_version: Path) -> None:
    count = 6
    ready = threading.Barrier(count)

    def start() -> list[str]:
        ready.wait()
        with closing(SqliteDatabase(first_version)) as db:
            return [node.patch_group for node in nodes.after(db, SCOPE, "", 10)]

    with ThreadPoolExecutor(count) as threads:
        answers = [each.result() for each in [threads.submit(start) for _ in range(count)]]
    assert answers == [["web", "db", ""]] * count
