"""How a report is split to be kept, and put together again without loss.

Its members are kept as the node sent them, also what this version does not know. Only the times
of the scan are kept aside, so that a rescan which finds nothing new adds one row and no bytes of
facts. What the original agent uploads is kept the same way (contract 6.3).
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec

from patchwarden.domain.facts import Node, Package, Packages, Report, Scan
from patchwarden.domain.reported_patches import PatchUpload, ReportedOperation
from patchwarden.evaluation.struct_types import Bounds, struct_type
from patchwarden.store import scans
from patchwarden.store.database import Database
from patchwarden.store.nodes import ManagedNode
from patchwarden.store.scans import ScanOperation, SharedScan, StoredScan
from patchwarden.store.shared_texts import PackedTexts


class SentParts(NamedTuple):
    """The JSON of the members of a report, as the node sent it."""

    scan: bytes
    node: bytes
    packages: bytes


@dataclass(frozen=True, slots=True)
class _NodeFacts:
    scan: Scan
    node: Node


@dataclass(frozen=True, slots=True)
class _UploadFacts:
    summary: dict[str, str]
    rows_type: str


# What differs at each upload although nothing else may; the scan has most of it.
_CHANGING_ATTRIBUTES = frozenset(
    {
        "OperationStartTime",
        "OperationEndTime",
        "LastNoRebootInstallOperationTime",
        "SnapshotId",
        "ExecutionId",
        "ExecutionType",
    }
)
_NO_TIME = msgspec.Raw(b"0.0")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_node_facts: msgspec.json.Decoder[_NodeFacts] = msgspec.json.Decoder(
    struct_type(_NodeFacts, Bounds())
)
_packages: msgspec.json.Decoder[Packages] = msgspec.json.Decoder(struct_type(Packages, Bounds()))
PACKAGE_TYPE = struct_type(Package, Bounds())
"""What a package is decoded into where one stands alone."""
_upload_facts = msgspec.json.Decoder(_UploadFacts)
_rows = msgspec.json.Decoder(list[dict[str, str]] | None)
_encoder = msgspec.json.Encoder(order="deterministic")


def split(sent: SentParts, scan: Scan, *, received_at: float) -> StoredScan:
    """Make a report ready to be kept; `scan` is its member of that name, decoded."""
    timeless = _members.decode(sent.scan) | {"started_at": _NO_TIME, "ended_at": _NO_TIME}
    return StoredScan(
        operation=ScanOperation(
            started_at=scan.started_at,
            ended_at=scan.ended_at,
            received_at=received_at,
            operation=scan.operation,
            reboot_option=scan.reboot_option,
        ),
        node_facts=_encoder.encode({"scan": timeless, "node": msgspec.Raw(sent.node)}),
        packages_facts=sent.packages,
    )


def read_head(packed: PackedTexts) -> Packages:
    """Read what packages that are stored for all nodes have beside what is installed."""
    return _packages.decode(packed.head)


def read_node_facts(shared: SharedScan) -> tuple[Scan, Node]:
    """Read the parts of a report that are not about packages."""
    facts = _node_facts.decode(shared.node_facts)
    return _timed(facts.scan, shared.operation), facts.node


def join(stored: StoredScan) -> Report:
    """Give the report that was kept."""
    facts = _node_facts.decode(stored.node_facts)
    return Report(
        schema=1,
        scan=_timed(facts.scan, stored.operation),
        node=facts.node,
        packages=_packages.decode(stored.packages_facts),
    )


def _timed(scan: Scan, operation: ScanOperation) -> Scan:
    return replace(scan, started_at=operation.started_at, ended_at=operation.ended_at)


def reports_facts(db: Database, node: ManagedNode) -> bool:
    """Say whether the newest report of a node has facts, and no verdicts made on the node."""
    return (
        node.scan_id is not None
        and scans.operation(db, node.node_key, node.scan_id).kind == "facts"
    )


def newest_facts(db: Database, node: ManagedNode) -> Report | None:
    """Give the newest report of a node; None if there is none, or it has no facts."""
    if node.scan_id is None or not reports_facts(db, node):
        return None
    return join(scans.load(db, node.node_key, node.scan_id))


def split_upload(
    upload: PatchUpload, operation: ReportedOperation, *, received_at: float
) -> StoredScan:
    """Make an upload ready to be kept; `operation` is what its summary says, read."""
    summary = {
        name: value for name, value in upload.summary.items() if name not in _CHANGING_ATTRIBUTES
    }
    return StoredScan(
        operation=ScanOperation(
            started_at=operation.started_at,
            ended_at=operation.ended_at,
            received_at=received_at,
            operation=operation.operation,
            reboot_option=operation.reboot_option,
            kind="inventory",
            snapshot_id=operation.snapshot_id,
            install_override_list=operation.install_override_list,
            unreported_not_applicable=operation.unreported_not_applicable,
            execution_id=operation.execution_id,
            execution_type=operation.execution_type,
        ),
        node_facts=_encoder.encode(_UploadFacts(summary, upload.rows_type)),
        packages_facts=_encoder.encode(upload.rows),
    )


def join_upload(stored: StoredScan) -> PatchUpload:
    """Give the upload that was kept, without its times and the ids of its run."""
    facts = _upload_facts.decode(stored.node_facts)
    return PatchUpload(facts.summary, facts.rows_type, _rows.decode(stored.packages_facts))
