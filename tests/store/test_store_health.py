"""What the doctor asks the store."""

from pathlib import Path

import pytest

from patchwarden.store import health, nodes, scans
from patchwarden.store.database import Database, Scope
from patchwarden.store.health import NodeCounts
from patchwarden.store.scans import ScanOperation, StoredScan
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
        registration = nodes.Registration(
            instance_id=f"mi-{number}", activation_id="", name=None, iam_role="role", tags={}
        )
        with db.transaction():
            node_key = nodes.add(db, Scope("1", "r"), registration, 0.0)
            if received_at is not None:
                operation = ScanOperation(0.0, 0.0, received_at, "Scan", "NoReboot")
                scan = StoredScan(operation=operation, node_facts=b"{}", packages_facts=b"{}")
                scans.add(db, node_key, scan)
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
