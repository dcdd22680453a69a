"""How a report is split to be kept, and put together again without loss.

The packages are kept as the node sent them. The rest is kept without the times of the scan, so
that a rescan which finds nothing new adds one row and no bytes of facts.
"""

from dataclasses import dataclass, replace

import msgspec

from patchwarden.domain.facts import Node, Packages, Report, Scan
from patchwarden.store.scans import ScanOperation, StoredScan


@dataclass(frozen=True, slots=True)
class _NodeFacts:
    scan: Scan
    node: Node


_node_facts = msgspec.json.Decoder(_NodeFacts)
_packages = msgspec.json.Decoder(Packages)
_encoder = msgspec.json.Encoder(order="deterministic")


def split(scan: Scan, node: Node, packages: bytes, *, received_at: float) -> StoredScan:
    """Make a report ready to be kept; `packages` is its member as the node sent it."""
    return StoredScan(
        operation=ScanOperation(
            started_at=scan.started_at,
            ended_at=scan.ended_at,
            received_at=received_at,
            operation=scan.operation,
            reboot_option=scan.reboot_option,
        ),
        node_facts=_encoder.encode(
            _NodeFacts(scan=replace(scan, started_at=0.0, ended_at=0.0), node=node)
        ),
        packages_facts=packages,
    )


def join(stored: StoredScan) -> Report:
    """Give the report that was kept."""
    facts = _node_facts.decode(stored.node_facts)
    return Report(
        schema=1,
        scan=replace(
            facts.scan, started_at=stored.operation.started_at, ended_at=stored.operation.ended_at
        ),
        node=facts.node,
        packages=_packages.decode(stored.packages_facts),
    )
