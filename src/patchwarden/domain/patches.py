"""What DescribeInstancePatches says about a patch, and the verdict on it for one node."""

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
    installed_at: float
    """0.0 unless the state is one of the installed ones and the node knows the time."""
    installed_by: str | None
