"""What DescribeInstancePatches says about a patch, and the verdict on it for one node."""

from collections.abc import Iterable
from typing import NamedTuple

from patchwarden.domain.states import ComplianceLevel, PatchState


class PatchRecord(NamedTuple):
    """The part of an answer that nodes share: everything but state and times of one node.

    Contract 2.7 has the values of each field per operating system.
    """

    title: str
    kb_id: str
    classification: str
    severity: str
    """The vendor's, not the baseline's compliance level."""
    cve_ids: str
    """Comma-joined; empty if there are none or the state does not show them."""


class Verdict(NamedTuple):
    """The state of one patch on one node, relative to one version of a baseline."""

    record: PatchRecord
    state: PatchState
    compliance_level: ComplianceLevel
    """The highest level among what approves the patch; UNSPECIFIED if nothing does."""
    installed_at: float = 0.0
    """0.0 unless the state is one of the installed ones and the node knows the time."""
    installed_by: str | None = None


def joined_cve_ids(cve_ids: Iterable[str]) -> str:
    """Give CVEIds as DescribeInstancePatches has them: each once, in order, without spaces."""
    return ",".join(sorted(set(cve_ids), key=_by_numbers))


def _by_numbers(cve_id: str) -> tuple[tuple[int, str], ...]:
    # Longer numbers are later ones: CVE-2024-9999 comes before CVE-2024-10000.
    return tuple((len(part), part) for part in cve_id.split("-"))
