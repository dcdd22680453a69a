"""ListComplianceSummaries and ListResourceComplianceSummaries (contract 6.5)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from patchwarden.domain.states import ComplianceLevel
from patchwarden.evaluation.run import bring_up_to_date
from patchwarden.operations.compliance.filters import (
    ComplianceFilters,
    filter_time,
    parse_compliance_filters,
)
from patchwarden.operations.compliance.members import (
    COMPLIANT,
    NON_COMPLIANT,
    RESOURCE_TYPE,
    execution_summary,
)
from patchwarden.operations.compliance.patches import count_patches, execution_id
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.paging import open_token, page_of, page_of_walk
from patchwarden.store import compliance, compliance_resources, verdicts
from patchwarden.store.compliance import ItemCounts
from patchwarden.store.compliance_resources import Attribute, ResourceCompliance
from patchwarden.store.node_selection import NodeSelection

_DEFAULT_LIMIT = 50
_FILTERED_CHUNK = 200
"""Nodes read at a time where not all of them match."""
_NODE = "AWS:InstanceInformation."


@dataclass(frozen=True, slots=True)
class _Key:
    """What a filter looks at."""

    value: Callable[[ResourceCompliance], str | None]
    attributes: tuple[Attribute, ...]
    """What of a resource `value` needs."""


def _status(resource: ResourceCompliance) -> str:
    return NON_COMPLIANT if resource.is_non_compliant else COMPLIANT


def _execution_id(resource: ResourceCompliance) -> str | None:
    if resource.scan_id is None:
        return resource.execution_id
    return execution_id(resource.execution_id or "", resource.instance_id, resource.scan_id)


_KEYS: Mapping[str, _Key] = {
    "ComplianceType": _Key(lambda each: each.compliance_type, ()),
    "ResourceType": _Key(lambda _: RESOURCE_TYPE, ()),
    "Status": _Key(_status, ()),
    "OverallSeverity": _Key(lambda each: ComplianceLevel(each.overall_severity).name, ()),
    "ResourceId": _Key(lambda each: each.instance_id, ("instance_id",)),
    "PatchGroup": _Key(lambda each: each.patch_group, ("patch_group",)),
    "PatchBaselineId": _Key(lambda each: each.baseline_id, ("baseline_id",)),
    "ExecutionTime": _Key(lambda each: filter_time(each.executed_at), ("executed_at",)),
    "ExecutionId": _Key(_execution_id, ("execution_id", "instance_id", "scan_id")),
    "ExecutionType": _Key(lambda each: each.execution_type, ("execution_type",)),
    f"{_NODE}PlatformType": _Key(lambda each: each.platform_type, ("platform_type",)),
    f"{_NODE}PlatformName": _Key(lambda each: each.platform_name, ("platform_name",)),
    f"{_NODE}PlatformVersion": _Key(lambda each: each.platform_version, ("platform_version",)),
    f"{_NODE}ComputerName": _Key(lambda each: each.computer_name, ("computer_name",)),
    f"{_NODE}IpAddress": _Key(lambda each: each.ip_address, ("ip_address",)),
    f"{_NODE}AgentVersion": _Key(lambda each: each.agent_version, ("agent_version",)),
}
_FILTER_KEYS: Mapping[str, str] = {
    **{key: key for key in _KEYS},
    "InstanceId": "ResourceId",
    f"{_NODE}InstanceId": "ResourceId",
    f"{_NODE}ResourceType": "ResourceType",
    "Severity": "OverallSeverity",
}
"""What resources can be asked for by → the key that has what it looks at."""


def list_compliance_summaries(context: Context, request: Request) -> Answer:
    """Count the resources that all filters match: one element for each compliance type.

    A node counts in the type `Patch` once it has reported. Raises InvalidFilterError,
    InvalidPageToken.
    """
    filters = parse_compliance_filters(request.get("Filters", ()), _FILTER_KEYS)
    everything = NodeSelection(context.scope)
    bring_up_to_date(context.db, context.resources.engine, everything, context.now)
    counts = _count_resources(context, filters)
    page, token = page_of(context, request, sorted(counts), key=str, default_limit=_DEFAULT_LIMIT)
    items = [{"ComplianceType": name, **_summaries(*counts[name])} for name in page]
    return {"ComplianceSummaryItems": items, "NextToken": token}


def list_resource_compliance_summaries(context: Context, request: Request) -> Answer:
    """Count the items of each resource and compliance type that all filters match.

    Elements are in the order of their resource ids, then types. Raises InvalidFilterError,
    InvalidPageToken.
    """
    filters = parse_compliance_filters(request.get("Filters", ()), _FILTER_KEYS)
    limit = request.get("MaxResults", _DEFAULT_LIMIT)
    last = _read_place(open_token(context, request))
    chunk = limit + 1 if filters.are_empty else max(limit + 1, _FILTERED_CHUNK)

    def matching() -> Iterator[tuple[str, ResourceCompliance | None]]:
        for place, resource in _resources(context, filters, last, chunk):
            matches = resource is not None and filters.match(_values(filters, resource))
            yield " ".join(place), resource if matches else None

    found, token = page_of_walk(context, request, matching(), limit)
    items = [_element(context, resource) for resource in found]
    return {"ResourceComplianceSummaryItems": items, "NextToken": token}


class _Place(NamedTuple):
    """What a page ended with."""

    instance_id: str
    compliance_type: str
    """Empty if nothing is known of the node."""


def _read_place(token: bytes) -> _Place:
    instance_id, _, compliance_type = token.decode().partition(" ")
    return _Place(instance_id, compliance_type)


def _count_resources(
    context: Context, filters: ComplianceFilters
) -> dict[str, tuple[list[int], list[int]]]:
    """Give compliance type → how many resources are compliant and how many not, by severity."""
    attributes = [name for each in filters.filters for name in _KEYS[each.key].attributes]
    counts: dict[str, tuple[list[int], list[int]]] = {}
    for resource, count in compliance_resources.count(context.db, context.scope, attributes):
        if filters.match(_values(filters, resource)):
            nothing = [0] * len(ComplianceLevel), [0] * len(ComplianceLevel)
            of_type = counts.setdefault(resource.compliance_type, nothing)
            of_type[resource.is_non_compliant][resource.overall_severity] += count
    return counts


def _resources(
    context: Context, filters: ComplianceFilters, last: _Place, chunk: int
) -> Iterator[tuple[_Place, ResourceCompliance | None]]:
    """Give what is behind `last` and might match, None for a node of which nothing is known.

    Reads and judges `chunk` nodes at a time, and no more than are taken.
    """
    engine = context.resources.engine
    for instance_ids in _instance_ids(context, filters, last.instance_id, chunk):
        selection = NodeSelection(context.scope, instance_ids=instance_ids)
        bring_up_to_date(context.db, engine, selection, context.now)
        known = compliance_resources.of_nodes(context.db, context.scope, instance_ids)
        places = {_Place(each.instance_id, each.compliance_type): each for each in known}
        empty = set(instance_ids) - {each.instance_id for each in known}
        every = [*places.items(), *((_Place(each, ""), None) for each in empty)]
        yield from sorted((each for each in every if each[0] > last), key=itemgetter(0))


def _instance_ids(
    context: Context, filters: ComplianceFilters, start: str, chunk: int
) -> Iterator[Sequence[str]]:
    """Give the ids of nodes from `start` on that might match, in order and in chunks."""
    named = filters.only_values("ResourceId")
    if named is not None:
        if batch := sorted(each for each in named if each >= start):
            yield batch
        return
    if start:
        yield [start]
    groups = filters.only_values("PatchGroup") or frozenset()
    group = next(iter(groups)) if len(groups) == 1 else None
    db, scope = context.db, context.scope
    while batch := compliance_resources.instance_ids(db, scope, start, chunk, patch_group=group):
        yield batch
        start = batch[-1]


def _values(filters: ComplianceFilters, resource: ResourceCompliance) -> dict[str, str]:
    """Give key → value of a resource, for the keys that the filters are on."""
    values = {each.key: _KEYS[each.key].value(resource) for each in filters.filters}
    return {key: value for key, value in values.items() if value is not None}


def _element(context: Context, resource: ResourceCompliance) -> dict[str, object]:
    return {
        "ComplianceType": resource.compliance_type,
        "ResourceType": RESOURCE_TYPE,
        "ResourceId": resource.instance_id,
        "Status": _status(resource),
        "OverallSeverity": ComplianceLevel(resource.overall_severity).name,
        "ExecutionSummary": execution_summary(
            resource.executed_at, _execution_id(resource), resource.execution_type
        ),
        **_summaries(*_count_items(context, resource)),
    }


def _count_items(context: Context, resource: ResourceCompliance) -> ItemCounts:
    if resource.verdict_id is None:
        return compliance.read_counts(resource.items_compliant, resource.items_non_compliant)
    instance_id, verdict_id = resource.instance_id, resource.verdict_id
    rows = verdicts.pinned_rows(context.db, context.scope, instance_id, verdict_id)
    assert rows is not None
    return count_patches(rows, resource.patches_non_compliant)


def _summaries(compliant: Sequence[int], non_compliant: Sequence[int]) -> dict[str, object]:
    """Give a CompliantSummary and a NonCompliantSummary of counts by severity, lowest first."""
    return {
        "CompliantSummary": {
            "CompliantCount": sum(compliant),
            "SeveritySummary": _by_severity(compliant),
        },
        "NonCompliantSummary": {
            "NonCompliantCount": sum(non_compliant),
            "SeveritySummary": _by_severity(non_compliant),
        },
    }


def _by_severity(counts: Sequence[int]) -> dict[str, int]:
    return {f"{level.name.capitalize()}Count": counts[level] for level in reversed(ComplianceLevel)}
