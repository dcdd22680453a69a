import random

import pytest

from patchwarden.store import scans
from patchwarden.store.database import Database, Scope
from patchwarden.store.nodes import Registration, add
from patchwarden.store.scans import KeptScan, ScanOperation, StoredScan

SCOPE = Scope("123456789012", "us-east-1")


@pytest.fixture
def node_key(db: Database) -> int:
    return new_node(db, "mi-0123456789abcdef0")


def new_node(db: Database, instance_id: str) -> int:
    registration = Registration(
        instance_id=instance_id, activation_id="", name=None, iam_role="role", tags={}
    )
    return add(db, SCOPE, registration, 0.0)


def scan(
    ended_at: float = 100.0,
    *,
    received_at: float | None = None,
    node: bytes = b"node",
    packages: bytes = b"packages",
) -> StoredScan:
    return StoredScan(
        operation=ScanOperation(
            started_at=ended_at - 1,
            ended_at=ended_at,
            received_at=ended_at if received_at is None else received_at,
            operation="Scan",
            reboot_option="NoReboot",
        ),
        node_facts=node,
        packages_facts=packages,
    )


def count(db: Database, table: str) -> int:
    row = db.one(f"SELECT count(*) FROM {table}")
    assert row is not None
    return int(row[0])


def newest(db: Database, node_key: int) -> int | None:
    row = db.one("SELECT scan_id FROM nodes WHERE node_key = ?", (node_key,))
    assert row is not None
    return row[0] if row[0] is None else int(row[0])


def size(db: Database) -> int:
    row = db.one("SELECT sum(length(content)) FROM facts")
    assert row is not None
    return int(row[0])


def test_a_report_comes_back_as_it_was(db: Database, node_key: int) -> None:
    kept = scan(node=b"\0\xff", packages=b"x" * 100_000)
    assert scans.load(db, node_key, scans.add(db, node_key, kept).scan_id) == kept


def test_the_first_report_is_new(db: Database, node_key: int) -> None:
    kept = scans.add(db, node_key, scan())
    assert kept == KeptScan(
        scan_id=kept.scan_id,
        packages_are_new=True,
        packages_changed=True,
        facts_changed=True,
        is_newest=True,
    )
    assert newest(db, node_key) == kept.scan_id


def test_an_unchanged_rescan_is_one_row_and_no_facts(db: Database, node_key: int) -> None:
    first = scans.add(db, node_key, scan(100.0))
    before = count(db, "facts")
    again = scans.add(db, node_key, scan(200.0))
    assert (again.packages_are_new, again.packages_changed) == (False, False)
    assert not again.facts_changed
    assert (count(db, "facts"), count(db, "scans")) == (before, 2)
    assert scans.have_same_facts(db, node_key, first.scan_id, again.scan_id)


@pytest.mark.sqlite_only
def test_an_unchanged_rescan_costs_less_than_100_bytes(db: Database, node_key: int) -> None:
    rescans = 2000
    scans.add(db, node_key, scan())
    before = count_pages(db)
    with db.transaction():
        for number in range(rescans):
            scans.add(db, node_key, scan(1_764_000_000.123 + number))
    assert (count_pages(db) - before) * page_size(db) / rescans < 100


def count_pages(db: Database) -> int:
    row = db.one("PRAGMA page_count")
    assert row is not None
    return int(row[0])


def page_size(db: Database) -> int:
    row = db.one("PRAGMA page_size")
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("changed", [scan(node=b"other"), scan(packages=b"other")])
def test_reports_with_other_facts_differ(db: Database, node_key: int, changed: StoredScan) -> None:
    first = scans.add(db, node_key, scan())
    other = scans.add(db, node_key, changed)
    assert not scans.have_same_facts(db, node_key, first.scan_id, other.scan_id)


def test_packages_that_came_back_are_a_change_but_not_new(db: Database, node_key: int) -> None:
    for packages in (b"old", b"new"):
        scans.add(db, node_key, scan(packages=packages))
    kept = scans.add(db, node_key, scan(packages=b"old"))
    assert (kept.packages_are_new, kept.packages_changed) == (False, True)
    assert count(db, "facts") == 2


def test_packages_never_pass_for_what_was_kept_as_another_part(db: Database, node_key: int) -> None:
    assert scans.add(db, node_key, scan(node=b"same", packages=b"same")).packages_are_new


def test_nodes_share_no_facts(db: Database, node_key: int) -> None:
    scans.add(db, node_key, scan())
    assert scans.add(db, new_node(db, "mi-1"), scan()).packages_are_new


def test_facts_are_compressed(db: Database, node_key: int) -> None:
    scans.add(db, node_key, scan(packages=b'{"name":"package"}' * 1000))
    assert size(db) < 200


def test_facts_that_cannot_be_compressed_come_back(db: Database, node_key: int) -> None:
    content = random.Random(1).randbytes(10_000)
    kept = scans.add(db, node_key, scan(packages=content))
    assert scans.load(db, node_key, kept.scan_id).packages_facts == content


def test_a_report_that_comes_late_is_history(db: Database, node_key: int) -> None:
    newer = scans.add(db, node_key, scan(200.0))
    late = scans.add(db, node_key, scan(100.0, received_at=300.0, packages=b"old"))
    assert not late.is_newest
    assert newest(db, node_key) == newer.scan_id
    assert scans.load(db, node_key, late.scan_id).packages_facts == b"old"
    assert not scans.add(db, node_key, scan(200.0)).packages_changed


def test_of_reports_of_the_same_instant_the_last_to_arrive_counts(
    db: Database, node_key: int
) -> None:
    scans.add(db, node_key, scan(100.0))
    kept = scans.add(db, node_key, scan(100.0, packages=b"other"))
    assert kept.is_newest
    assert newest(db, node_key) == kept.scan_id


def test_a_node_whose_clock_was_ahead_is_believed_again(db: Database, node_key: int) -> None:
    scans.add(db, node_key, scan(10_000.0, received_at=200.0))
    assert not scans.add(db, node_key, scan(199.0, received_at=250.0)).is_newest
    assert scans.add(db, node_key, scan(300.0)).is_newest


def test_the_operation_can_be_read_alone(db: Database, node_key: int) -> None:
    kept = scans.add(db, node_key, scan(100.0))
    assert scans.operation(db, node_key, kept.scan_id) == scan(100.0).operation
