"""Patch snapshots in the store."""

import pytest
import zstandard

from patchwarden.store import patch_snapshots
from patchwarden.store.database import Database
from patchwarden.store.patch_snapshots import SnapshotKey
from patchwarden.store.vault import Vault

KEY = SnapshotKey("123456789012", "us-east-1", "", "DEBIAN", "00000000-0000-4000-8000-000000000001")
VAULT = Vault(bytes(32))
DOCUMENT = b'{"patchBaseline":{}}' * 50


def key(number: int) -> SnapshotKey:
    return KEY._replace(snapshot_id=f"00000000-0000-4000-8000-{number:012}")


def rows(db: Database, table: str) -> int:
    row = db.one(f"SELECT count(*) FROM {table}")
    assert row is not None
    return int(row[0])


def test_what_was_kept_is_given_back_unchanged(db: Database) -> None:
    patch_snapshots.keep(db, VAULT, KEY, DOCUMENT, 10.0)
    assert patch_snapshots.content_of(db, VAULT, KEY) == DOCUMENT


@pytest.mark.parametrize(
    "change",
    [
        {"account_id": "999999999999"},
        {"region": "eu-west-1"},
        {"patch_group": "web"},
        {"operating_system": "UBUNTU"},
        {"snapshot_id": "00000000-0000-4000-8000-000000000002"},
    ],
)
def test_every_part_of_the_key_counts(db: Database, change: dict[str, str]) -> None:
    other = KEY._replace(**change)
    patch_snapshots.keep(db, VAULT, KEY, DOCUMENT, 10.0)
    assert patch_snapshots.content_of(db, VAULT, other) is None
    assert not patch_snapshots.is_kept(db, other, 0.0)
    patch_snapshots.keep(db, VAULT, other, b"{}", 20.0)
    assert patch_snapshots.content_of(db, VAULT, KEY) == DOCUMENT


@pytest.mark.parametrize(("since", "expected"), [(9.0, True), (10.0, False), (11.0, False)])
def test_only_what_was_made_since_is_there(db: Database, since: float, expected: bool) -> None:
    patch_snapshots.keep(db, VAULT, KEY, DOCUMENT, 10.0)
    assert patch_snapshots.is_kept(db, KEY, since) is expected


def test_a_snapshot_is_replaced_by_a_new_one_with_its_key(db: Database) -> None:
    patch_snapshots.keep(db, VAULT, KEY, DOCUMENT, 10.0)
    patch_snapshots.keep(db, VAULT, KEY, b"{}", 20.0)
    assert patch_snapshots.content_of(db, VAULT, KEY) == b"{}"
    assert patch_snapshots.is_kept(db, KEY, 15.0)


def test_the_same_content_is_stored_once_and_compressed(db: Database) -> None:
    for number in range(5):
        patch_snapshots.keep(db, VAULT, key(number), DOCUMENT, 10.0)
    row = db.one("SELECT count(*), sum(length(content)) FROM patch_snapshot_contents")
    assert row is not None
    assert row[0] == 1
    assert row[1] < len(DOCUMENT) / 4


def test_a_snapshot_of_an_older_version_is_not_sealed(db: Database) -> None:
    patch_snapshots.keep(db, VAULT, KEY, b"{}", 10.0)
    db.execute("UPDATE patch_snapshot_contents SET content = ?", (zstandard.compress(DOCUMENT),))
    assert patch_snapshots.content_of(db, VAULT, KEY) == DOCUMENT


def test_what_was_made_from_the_same_is_kept_without_making_it(db: Database) -> None:
    assert not patch_snapshots.keep_made_from(db, key(2), b"basis", 10.0)
    patch_snapshots.keep(db, VAULT, key(1), DOCUMENT, 10.0, basis=b"basis")
    assert not patch_snapshots.keep_made_from(db, key(2), b"other", 20.0)
    assert patch_snapshots.keep_made_from(db, key(2), b"basis", 20.0)
    assert patch_snapshots.content_of(db, VAULT, key(2)) == DOCUMENT
    patch_snapshots.drop_old(db, 15.0)
    assert patch_snapshots.content_of(db, VAULT, key(1)) is None
    assert patch_snapshots.content_of(db, VAULT, key(2)) == DOCUMENT
    patch_snapshots.keep(db, VAULT, key(3), DOCUMENT, 30.0)
    assert not patch_snapshots.keep_made_from(db, key(2), b"basis", 30.0)


def test_old_snapshots_are_dropped_with_their_content(db: Database) -> None:
    patch_snapshots.keep(db, VAULT, key(1), b"old", 10.0)
    patch_snapshots.keep(db, VAULT, key(2), DOCUMENT, 20.0)
    patch_snapshots.drop_old(db, 20.0)
    assert patch_snapshots.content_of(db, VAULT, key(1)) is None
    assert patch_snapshots.content_of(db, VAULT, key(2)) == DOCUMENT
    assert rows(db, "patch_snapshots") == rows(db, "patch_snapshot_contents") == 1


def test_a_content_stays_as_long_as_a_snapshot_has_it(db: Database) -> None:
    patch_snapshots.keep(db, VAULT, key(1), DOCUMENT, 10.0)
    patch_snapshots.keep(db, VAULT, key(2), DOCUMENT, 20.0)
    patch_snapshots.drop_old(db, 15.0)
    assert patch_snapshots.content_of(db, VAULT, key(1)) is None
    assert patch_snapshots.content_of(db, VAULT, key(2)) == DOCUMENT


def test_one_call_drops_a_bounded_number_the_oldest_first(db: Database) -> None:
    for number in range(150):
        patch_snapshots.keep(db, VAULT, key(number), b"%d" % number, float(number))
    patch_snapshots.drop_old(db, 1000.0)
    assert rows(db, "patch_snapshots") == rows(db, "patch_snapshot_contents") == 50
    assert patch_snapshots.content_of(db, VAULT, key(99)) is None
    assert patch_snapshots.content_of(db, VAULT, key(100)) == b"100"
