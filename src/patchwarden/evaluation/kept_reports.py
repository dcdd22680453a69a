"""How a report is split to be kept, and put together again without loss.

Its members are kept as the node sent them, also what this version does not know. Only the times
of the scan are kept aside, so that a rescan which finds nothing new adds one row and no bytes of
facts.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec

from patchwarden.domain.facts import Node, Packages, Report, Scan
from patchwarden.store.scans import ScanOperation, StoredScan


class SentParts(NamedTuple):
    """The JSON of the members of a report, as the node sent it."""

    scan: bytes
    node: bytes
    packages: bytes


@dataclass(frozen=True, slots=True)
class _NodeFacts:
    scan: Scan
    node: Node


_NO_TIME = msgspec.Raw(b"0.0")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_node_facts = msgspec.json.Decoder(_NodeFacts)
_packages = msgspec.json.Decoder(Packages)
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
