"""Reports as they came: compressed, addressed by their hash, never changed."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import zstandard

from patchwarden.store.database import Database

_DIGEST_SIZE = 16
_OPERATION = "s.started_at, s.ended_at, s.received_at, s.operation, s.reboot_option"


class ScanOperation(NamedTuple):
    """The operation that made a report, without what it found."""

    started_at: float
    ended_at: float
    received_at: float
    operation: str
    """`Scan` or `Install`."""
    reboot_option: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScan:
    """One report in its two parts: what changes with each boot or list, and the packages."""

    operation: ScanOperation
    node_facts: bytes
    packages_facts: bytes


def add(db: Database, node_key: int, scan: StoredScan) -> tuple[int, bool]:
    """Keep a report as the newest of its node; give its id and whether its packages are new."""
    node_facts_id, _ = _keep(db, node_key, scan.node_facts)
    packages_facts_id, is_new = _keep(db, node_key, scan.packages_facts)
    scan_id = db.insert(
        "INSERT INTO scans (node_key, node_facts_id, packages_facts_id, started_at, ended_at,"
        " received_at, operation, reboot_option) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (node_key, node_facts_id, packages_facts_id, *scan.operation),
    )
    db.execute("UPDATE nodes SET scan_id = ? WHERE node_key = ?", (scan_id, node_key))
    return scan_id, is_new


def load(db: Database, scan_id: int) -> StoredScan:
    """Give a report; it must exist."""
    row = db.one(
        f"SELECT {_OPERATION}, n.content, p.content FROM scans s"  # noqa: S608
        " JOIN facts n ON n.facts_id = s.node_facts_id"
        " JOIN facts p ON p.facts_id = s.packages_facts_id WHERE s.scan_id = ?",
        (scan_id,),
    )
    assert row is not None, f"scan {scan_id} is referred to and gone"
    return StoredScan(
        operation=ScanOperation(*row[:5]),
        node_facts=zstandard.decompress(row[5]),
        packages_facts=zstandard.decompress(row[6]),
    )


def operation(db: Database, scan_id: int) -> ScanOperation:
    """Give the operation that made a report; the report must exist."""
    row = db.one(f"SELECT {_OPERATION} FROM scans s WHERE s.scan_id = ?", (scan_id,))  # noqa: S608
    assert row is not None, f"scan {scan_id} is referred to and gone"
    return ScanOperation(*row)


def have_same_facts(db: Database, scan_id: int, other_scan_id: int) -> bool:
    """Say whether two reports of a node differ in nothing but their times."""
    row = db.one(
        "SELECT 1 FROM scans a JOIN scans b ON a.node_facts_id = b.node_facts_id"
        " AND a.packages_facts_id = b.packages_facts_id WHERE a.scan_id = ? AND b.scan_id = ?",
        (scan_id, other_scan_id),
    )
    return row is not None


def _keep(db: Database, node_key: int, content: bytes) -> tuple[int, bool]:
    digest = hashlib.sha256(content).digest()[:_DIGEST_SIZE]
    row = db.one("SELECT facts_id FROM facts WHERE node_key = ? AND digest = ?", (node_key, digest))
    if row is not None:
        return int(row[0]), False
    facts_id = db.insert(
        "INSERT INTO facts (node_key, digest, content) VALUES (?, ?, ?)",
        (node_key, digest, zstandard.compress(content)),
    )
    return facts_id, True
