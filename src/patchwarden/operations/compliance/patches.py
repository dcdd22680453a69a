"""What the patches of a node say about compliance, as compliance items have it (contract 2.5)."""

import uuid
from collections import Counter
from collections.abc import Mapping

from patchwarden.domain.states import NON_COMPLIANT_STATES, ComplianceLevel, PatchState
from patchwarden.operations.compliance.members import COMPLIANT, NON_COMPLIANT
from patchwarden.store.compliance import ItemCounts
from patchwarden.store.packed_rows import PackedRows, read_kind

_NOT_RATED = ""
"""The status of patches that are not applicable, as the model's documentation has it."""
_REPORTS = uuid.UUID("6b0f3a52-9d0e-5b7a-8c55-1d9f4c1f7a60")
"""The namespace of the ids of reports that went by no snapshot."""
_STATUSES: Mapping[PatchState, str] = {
    **dict.fromkeys(PatchState, COMPLIANT),
    **dict.fromkeys(NON_COMPLIANT_STATES, NON_COMPLIANT),
    PatchState.NOT_APPLICABLE: _NOT_RATED,
}
_WITH_AVAILABLE_UPDATES = {**_STATUSES, PatchState.AVAILABLE_SECURITY_UPDATE: NON_COMPLIANT}


def patch_statuses(rows: PackedRows, non_compliant: int) -> Mapping[PatchState, str]:
    """Give the compliance status of the patches in each state.

    `non_compliant` is how many of `rows` the evaluation found to be so: it tells what the baseline
    made of available security updates.
    """
    kinds = Counter(rows.kinds)
    always = sum(
        count for kind, count in kinds.items() if read_kind(kind)[0] in NON_COMPLIANT_STATES
    )
    return _WITH_AVAILABLE_UPDATES if non_compliant > always else _STATUSES


def count_patches(rows: PackedRows, non_compliant: int) -> ItemCounts:
    """Count the patches of a node by compliance status and level."""
    statuses = patch_statuses(rows, non_compliant)
    counts = {status: [0] * len(ComplianceLevel) for status in (COMPLIANT, NON_COMPLIANT)}
    for kind, count in Counter(rows.kinds).items():
        state, level = read_kind(kind)
        if statuses[state] != _NOT_RATED:
            counts[statuses[state]][level] += count
    return ItemCounts(tuple(counts[COMPLIANT]), tuple(counts[NON_COMPLIANT]))


def execution_id(reported_id: str, instance_id: str, scan_id: int) -> str:
    """Name the operation that found the patches of a node: as the node does, else by its report."""
    return reported_id or str(uuid.uuid5(_REPORTS, f"{instance_id}/{scan_id}"))
