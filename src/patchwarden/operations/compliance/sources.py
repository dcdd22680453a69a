"""Where the compliance items of one node come from: its judged patches, and what was put by hand.

A source gives its items from a position on, so that a page reads no more of it than it needs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.states import STATES_WITH_CVES, PatchState, service_spelling
from patchwarden.operations.compliance.filters import ComplianceFilters, filter_time
from patchwarden.operations.compliance.members import (
    COMPLIANT,
    NON_COMPLIANT,
    RESOURCE_TYPE,
    execution_summary,
)
from patchwarden.operations.compliance.patches import execution_id, patch_statuses
from patchwarden.operations.context import Context
from patchwarden.operations.wire_values import without_absent
from patchwarden.store import compliance, scans, verdicts
from patchwarden.store.compliance import PATCH, ComplianceItem, UploadKey
from patchwarden.store.node_keys import node_key_of
from patchwarden.store.packed_rows import NOT_INSTALLED, PackedRows, read_kind

Item = dict[str, Any]
"""A ComplianceItem as it is sent."""

_ITEM_KEYS = ("ComplianceType", "ResourceType", "ResourceId", "Id", "Title", "Status", "Severity")
_EXECUTION_KEYS = ("ExecutionTime", "ExecutionId", "ExecutionType")
_DETAIL_KEYS = (
    "Classification",
    "CVEIds",
    "DetailedLink",
    "DetailedText",
    "DocumentName",
    "DocumentVersion",
    "InstalledTime",
    "InstallOverrideList",
    "PatchBaselineId",
    "PatchGroup",
    "PatchSeverity",
    "PatchState",
)
FILTER_KEYS: Mapping[str, str] = {
    **{key: key for key in (*_ITEM_KEYS, *_EXECUTION_KEYS, *_DETAIL_KEYS)},
    "InstanceId": "ResourceId",
}
"""What items can be asked for by → the member or detail that it looks at."""

_RESOURCE_KEYS = frozenset({"ComplianceType", "ResourceType", "ResourceId"})
_OF_EACH_PATCH = frozenset(
    {"Id", "Title", "Classification", "PatchSeverity", "InstalledTime", "CVEIds"}
)
_OF_MANY_PATCHES = frozenset(FILTER_KEYS.values()) - _OF_EACH_PATCH
"""Keys whose value follows from the state and level of a patch, or is the same for all."""
_NO_RECORD = PatchRecord("", "", "", "", "")


class Source(Protocol):
    """Items of one compliance type."""

    @property
    def compliance_type(self) -> str:
        """Give the type."""

    @property
    def source_id(self) -> int:
        """Give what changes when positions come to mean other items."""

    def candidates(
        self, filters: ComplianceFilters, start: int, chunk: int
    ) -> Iterator[tuple[int, Item | None]]:
        """Give positions from `start` on, each with its item, or None if it does not match.

        `chunk` items are read at a time. Where it is known without reading, what does not match is
        left out.
        """


@dataclass(frozen=True, slots=True)
class PutItems:
    """Items that were put by hand."""

    context: Context
    instance_id: str
    key: UploadKey
    source_id: int

    @property
    def compliance_type(self) -> str:
        """Give the type."""
        return self.key.compliance_type

    def candidates(
        self, filters: ComplianceFilters, start: int, chunk: int
    ) -> Iterator[tuple[int, Item | None]]:
        """Give positions and items, as `Source` says."""
        resource = _resource(self.compliance_type, self.instance_id)
        if not filters.on(_RESOURCE_KEYS).match(resource):
            return
        while batch := compliance.items_from(self.context.db, self.key, start, chunk):
            for position, stored in batch:
                yield position, _if_matching(filters, {**resource, **_put_members(stored)})
            start = batch[-1][0] + 1


@dataclass(frozen=True)
class JudgedPatches:
    """The patches of one evaluation (contract 2.5)."""

    context: Context
    instance_id: str
    source_id: int
    """The evaluation."""
    rows: PackedRows
    compliance_type: str = PATCH

    def candidates(
        self, filters: ComplianceFilters, start: int, chunk: int
    ) -> Iterator[tuple[int, Item | None]]:
        """Give positions and items, as `Source` says."""
        kinds = self.rows.kinds
        for positions in _batches(self._positions(filters, start), chunk):
            codes = self.rows.pick_codes(positions)
            records = self.context.resources.fragments.records(self.context.db, codes)
            times = self.rows.pick_times(positions)
            for position, record, seconds in zip(positions, records, times, strict=True):
                item = self._item(kinds[position], record, seconds)
                yield position, _if_matching(filters, item)

    def _positions(self, filters: ComplianceFilters, start: int) -> Iterable[int]:
        kinds = set(self.rows.kinds)
        of_many = filters.on(_OF_MANY_PATCHES)
        matching = {
            kind for kind in kinds if of_many.match(filter_values(self._item(kind, _NO_RECORD, 0)))
        }
        if matching == kinds:
            return range(start, len(self.rows))
        return self.rows.positions_of(matching, start)

    def _item(self, kind: int, record: PatchRecord, seconds: int) -> Item:
        state, level = read_kind(kind)
        is_dated = seconds not in {0, NOT_INSTALLED}
        cve_ids = record.cve_ids if state in STATES_WITH_CVES else ""
        details = {
            "Classification": record.classification,
            "PatchBaselineId": self._provenance.baseline_id,
            "PatchGroup": self._provenance.patch_group,
            "PatchSeverity": record.severity,
            "PatchState": service_spelling(state),
            "InstalledTime": filter_time(seconds) if is_dated else "",
            "DocumentName": "",
            "DocumentVersion": "",
            "InstallOverrideList": self._operation.install_override_list or None,
            "CVEIds": cve_ids or None,
        }
        return {
            **_resource(PATCH, self.instance_id),
            "Id": record.kb_id,
            "Title": record.title,
            "Status": self._statuses[state],
            "Severity": level.name,
            "ExecutionSummary": self._execution,
            "Details": without_absent(details),
        }

    @property
    def _node_key(self) -> int:
        return node_key_of(self.context.scope, self.instance_id)

    @cached_property
    def _provenance(self) -> verdicts.Provenance:
        return verdicts.provenance(self.context.db, self._node_key, self.source_id)

    @cached_property
    def _operation(self) -> scans.ScanOperation:
        return scans.operation(self.context.db, self._node_key, self._provenance.scan_id)

    @cached_property
    def _statuses(self) -> Mapping[PatchState, str]:
        summary = verdicts.summary(self.context.db, self._node_key, self.source_id)
        return patch_statuses(self.rows, summary.non_compliant)

    @cached_property
    def _execution(self) -> dict[str, object]:
        operation, scan_id = self._operation, self._provenance.scan_id
        reported_id = operation.execution_id or operation.snapshot_id
        return execution_summary(
            operation.started_at,
            execution_id(reported_id, self.instance_id, scan_id),
            operation.execution_type,
        )


def filter_values(item: Item) -> dict[str, str]:
    """Give key → value of an item as filters see it."""
    execution = item["ExecutionSummary"]
    values = {**item["Details"], **item, **execution}
    values["ExecutionTime"] = filter_time(execution["ExecutionTime"])
    return values


def _if_matching(filters: ComplianceFilters, item: Item) -> Item | None:
    return item if filters.are_empty or filters.match(filter_values(item)) else None


def _resource(compliance_type: str, instance_id: str) -> dict[str, str]:
    return {
        "ComplianceType": compliance_type,
        "ResourceType": RESOURCE_TYPE,
        "ResourceId": instance_id,
    }


def _put_members(stored: ComplianceItem) -> dict[str, object]:
    return without_absent(
        {
            "Id": stored.item_id,
            "Title": stored.title,
            "Status": COMPLIANT if stored.is_compliant else NON_COMPLIANT,
            "Severity": stored.severity.name,
            "ExecutionSummary": execution_summary(*stored.execution),
            "Details": stored.details,
        }
    )


def _batches(positions: Iterable[int], size: int) -> Iterator[Sequence[int]]:
    """Give positions in batches; ranges stay ranges, which are read faster."""
    if isinstance(positions, range):
        for first in range(0, len(positions), size):
            yield positions[first : first + size]
        return
    rest = iter(positions)
    while batch := list(islice(rest, size)):
        yield batch
