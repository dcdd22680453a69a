"""What the doctor asks the store."""

from pathlib import Path

import pytest

from patchwarden.store import health
from patchwarden.store.database import Database
from patchwarden.store.health import NodeCounts
from patchwarden.store.sqlite import SqliteDatabase


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return SqliteDatabase(tmp_path / "store.sqlite")


def test_a_fresh_store_is_intact_and_has_no_nodes(db: Database) -> None:
    assert health.damage(db) == []
    assert health.count_nodes(db, reported_since=0.0) == NodeCounts(0, 0, 0)
    db.close()


def test_nodes_are_counted_by_their_newest_report(db: Database) -> None:
    for number, received_at in enumerate((None, 50.0, 150.0)):
        scan_id = None if received_at is None else _scan(db, number, received_at)
        db.execute(
            "INSERT INTO nodes (account_id, region, instance_id, tags, registered_at, scan_id)"
            " VALUES ('1', 'r', ?, '{}', 0, ?)",
            (f"mi-{number}", scan_id),
        )
    assert health.count_nodes(db, reported_since=100.0) == NodeCounts(
        registered=3, never_reported=1, stale=1
    )
    db.close()


def test_damage_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    SqliteDatabase(path).close()
    content = bytearray(path.read_bytes())
    content[36:40] = (7).to_bytes(4, "big")  # the header's count of free pages
    path.write_bytes(content)
    db = SqliteDatabase(path)
    assert "reelist" in health.damage(db)[0]
    db.close()


def _scan(db: Database, node_key: int, received_at: float) -> int:
    return db.insert(
        "INSERT INTO scans (node_key, node_facts_id, packages_facts_id, operation, reboot_option,"
        " started_at, ended_at, received_at) VALUES (?, 0, 0, 'Scan', 'NoReboot', 0, 0, ?) RETURNING scan_id",
        (node_key, received_at),
    )
