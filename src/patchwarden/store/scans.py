"""Reports as they came: compressed, addressed by their hash, never changed."""

import hashlib
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from patchwarden.store import nodes, shared_texts
from patchwarden.store.compression import compress, decompress
from patchwarden.store.database import Database, Row, Value
from patchwarden.store.node_keys import next_number
from patchwarden.store.package_texts import PackageTexts
from patchwarden.store.shared_texts import PackedTexts

_DIGEST_SIZE = 16
_COLUMNS = (
    "started_at, ended_at, received_at, operation, reboot_option, kind, snapshot_id,"
    " install_override_list, unreported_not_applicable, execution_id, execution_type"
)
_USUAL: tuple[Value, ...] = ("Scan", "NoReboot", "facts", "", "", -1, "", "Command")
"""What is usual for the columns behind the times; it is stored as NULL, which takes no room."""
OPERATION = (
    "s.started_at, s.ended_at, s.received_at, coalesce(s.operation, 'Scan'),"
    " coalesce(s.reboot_option, 'NoReboot'), coalesce(s.kind, 'facts'),"
    " coalesce(s.snapshot_id, ''), coalesce(s.install_override_list, ''),"
    " coalesce(s.unreported_not_applicable, -1), coalesce(s.execution_id, ''),"
    " coalesce(s.execution_type, 'Command')"
)
"""Of scans `s`, the columns of a `ScanOperation`."""
_TIMES_COUNT = 3


class ScanOperation(NamedTuple):
    """The operation that made a report, without what it found."""

    started_at: float
    ended_at: float
    received_at: float
    operation: str
    """`Scan` or `Install`."""
    reboot_option: str
    kind: Literal["facts", "inventory"] = "facts"
    """Whether the report has facts, which are judged here, or verdicts made on the node."""
    snapshot_id: str = ""
    """The patch snapshot that the operation went by; empty if it used none."""
    install_override_list: str = ""
    """The URL of the list that the operation installed by; empty if it used none."""
    unreported_not_applicable: int = -1
    """Not applicable patches that were not listed; -1 if the node did not say."""
    execution_id: str = ""
    """What compliance calls the operation; empty if the node did not say."""
    execution_type: str = "Command"
    """How the operation came about, as compliance has it: `Command` or `PatchPolicy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScan:
    """One report in its two parts: what changes with each boot or list, and the packages."""

    operation: ScanOperation
    node_facts: bytes
    packages_facts: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedScan:
    """One report whose packages are stored for all nodes."""

    operation: ScanOperation
    node_facts: bytes
    packages: PackedTexts


class KeptScan(NamedTuple):
    """What became of a report when it was kept."""

    scan_id: int
    packages_are_new: bool
    """Whether the node never sent these packages before."""
    packages_changed: bool
    """Whether they differ from those of the report that was its newest."""
    facts_changed: bool
    """Whether the packages or anything else but times does."""
    is_newest: bool


class _Newest(NamedTuple):
    ended_at: float
    node_facts_id: int
    packages_facts_id: int


def add(
    db: Database, node_key: int, scan: StoredScan, texts: PackageTexts | None = None
) -> KeptScan:
    """Keep a report; what it shares with others goes to `texts`, if it is given.

    It becomes the newest of its node unless one whose scan ended later has arrived before; then
    it is history from the start. A scan that claims to have ended after its report arrived counts
    as ended then, so that a node whose clock was ahead is believed once its clock is right.
    """
    node_facts_id = _keep_node_facts(db, node_key, scan.node_facts)
    packages_facts_id, packages_are_new = _keep_packages(db, node_key, scan.packages_facts, texts)
    newest = _newest(db, node_key)
    scan_id = next_number(db, node_key)
    times, rest = scan.operation[:_TIMES_COUNT], scan.operation[_TIMES_COUNT:]
    unusual = [None if value == usual else value for value, usual in zip(rest, _USUAL, strict=True)]
    db.execute(
        f"INSERT INTO scans (node_key, scan_id, node_facts_id, packages_facts_id, {_COLUMNS})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (node_key, scan_id, node_facts_id, packages_facts_id, *times, *unusual),
    )
    is_newest = newest is None or scan.operation.ended_at >= newest.ended_at
    if is_newest:
        db.execute("UPDATE nodes SET scan_id = ? WHERE node_key = ?", (scan_id, node_key))
        if scan.operation.operation == "Install" and scan.operation.reboot_option == "NoReboot":
            nodes.note_install_without_reboot(db, node_key, scan.operation.ended_at)
    return KeptScan(
        scan_id=scan_id,
        packages_are_new=packages_are_new,
        packages_changed=newest is None or newest.packages_facts_id != packages_facts_id,
        facts_changed=newest is None or newest[1:] != (node_facts_id, packages_facts_id),
        is_newest=is_newest,
    )


def load(
    db: Database, node_key: int, scan_id: int, texts: PackageTexts | None = None
) -> StoredScan:
    """Give a report; it must exist. `texts` remembers what it shares with others."""
    row = _parts(db, node_key, scan_id)
    *operation_columns, node_facts, packages_format, packages_facts = row
    return StoredScan(
        operation=ScanOperation._make(operation_columns),
        node_facts=decompress(node_facts),
        packages_facts=_whole(db, packages_format, packages_facts, texts or PackageTexts()),
    )


def load_shared(db: Database, node_key: int, scan_id: int) -> SharedScan | None:
    """Give a report whose packages are stored for all nodes; None if they are not.

    The report must exist.
    """
    row = _parts(db, node_key, scan_id)
    *operation_columns, node_facts, packages_format, packages_facts = row
    if packages_format != "shared":
        return None
    return SharedScan(
        operation=ScanOperation._make(operation_columns),
        node_facts=decompress(node_facts),
        packages=shared_texts.unpack(packages_facts),
    )


def operation(db: Database, node_key: int, scan_id: int) -> ScanOperation:
    """Give the operation that made a report; the report must exist."""
    row = db.one(
        f"SELECT {OPERATION} FROM scans s WHERE s.node_key = ? AND s.scan_id = ?",  # noqa: S608
        (node_key, scan_id),
    )
    assert row is not None, f"scan {scan_id} is referred to and gone"
    return ScanOperation._make(row)


def have_same_facts(db: Database, node_key: int, scan_id: int, other_scan_id: int) -> bool:
    """Say whether two reports of a node differ in nothing but their times."""
    row = db.one(
        "SELECT 1 FROM scans a JOIN scans b ON a.node_key = b.node_key"
        " AND a.node_facts_id = b.node_facts_id AND a.packages_facts_id = b.packages_facts_id"
        " WHERE a.node_key = ? AND a.scan_id = ? AND b.scan_id = ?",
        (node_key, scan_id, other_scan_id),
    )
    return row is not None


def _parts(db: Database, node_key: int, scan_id: int) -> Row:
    row = db.one(
        f"SELECT {OPERATION}, n.content, p.format, p.content FROM scans s"  # noqa: S608
        " JOIN node_facts n ON n.node_key = s.node_key AND n.facts_id = s.node_facts_id"
        " JOIN facts p ON p.node_key = s.node_key AND p.facts_id = s.packages_facts_id"
        " WHERE s.node_key = ? AND s.scan_id = ?",
        (node_key, scan_id),
    )
    assert row is not None, f"scan {scan_id} is referred to and gone"
    return row


def _newest(db: Database, node_key: int) -> _Newest | None:
    row = db.one(
        "SELECT CASE WHEN s.ended_at < s.received_at THEN s.ended_at ELSE s.received_at END,"
        " s.node_facts_id, s.packages_facts_id FROM nodes n"
        " JOIN scans s ON s.node_key = n.node_key AND s.scan_id = n.scan_id WHERE n.node_key = ?",
        (node_key,),
    )
    return None if row is None else _Newest(*row)


def _keep_node_facts(db: Database, node_key: int, content: bytes) -> int:
    digest = _digest(b"node", content)
    sql = "SELECT facts_id FROM node_facts WHERE node_key = ? AND digest = ?"
    row = db.one(sql, (node_key, digest))
    if row is not None:
        return int(row[0])
    facts_id = next_number(db, node_key)
    db.execute(
        "INSERT INTO node_facts (node_key, facts_id, digest, content) VALUES (?, ?, ?, ?)",
        (node_key, facts_id, digest, compress(content)),
    )
    return facts_id


def _keep_packages(
    db: Database, node_key: int, content: bytes, texts: PackageTexts | None
) -> tuple[int, bool]:
    """Keep the part about packages; give its id, and whether the node never sent it before."""
    digest = _digest(b"packages", content)
    row = db.one("SELECT facts_id FROM facts WHERE node_key = ? AND digest = ?", (node_key, digest))
    if row is not None:
        return int(row[0]), False
    facts_id = next_number(db, node_key)
    packed = None if texts is None else _shared(db, content, texts)
    db.execute(
        "INSERT INTO facts (node_key, facts_id, digest, format, content) VALUES (?, ?, ?, ?, ?)",
        (
            node_key,
            facts_id,
            digest,
            "whole" if packed is None else "shared",
            compress(content) if packed is None else packed,
        ),
    )
    return facts_id, True


def _digest(part: bytes, content: bytes) -> bytes:
    # Stores of earlier versions have digests with the name of the part in them.
    return hashlib.sha256(part + b":" + content).digest()[:_DIGEST_SIZE]


def _shared(db: Database, content: bytes, texts: PackageTexts) -> bytes | None:
    """Give what to store of the text on packages; None if it has to be stored as it is."""
    try:
        apart = shared_texts.take_apart(content)
    except msgspec.DecodeError:
        return None
    return None if apart is None else shared_texts.pack(apart, texts.intern(db, apart.texts))


def _whole(db: Database, stored_format: str, content: bytes, texts: PackageTexts) -> bytes:
    if stored_format == "whole":
        return decompress(content)
    packed = shared_texts.unpack(content)
    return packed.put_together(texts.fetch(db, packed.text_ids))
