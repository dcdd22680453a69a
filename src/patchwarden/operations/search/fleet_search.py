"""SearchNodes and CountNodes: which nodes have certain patches, such as those that fix a CVE.

Both read the index of what was last judged (design, decision 4). Few nodes that have to be judged
again are judged first; of many, the answer says how many there are.
"""

from collections.abc import Iterator, Mapping, Sequence

from patchwarden.data.load import operating_systems
from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.states import PatchState, service_spelling
from patchwarden.evaluation import run
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.paging import open_token, page_of_walk
from patchwarden.operations.search.filters import SearchFilters, parse_search_filters
from patchwarden.operations.wire_values import wire_time, without_absent
from patchwarden.store import node_search, nodes, open_patches, records, scopes, verdicts
from patchwarden.store.node_search import FoundNode
from patchwarden.store.open_patches import NodeWithPatches, OpenPatch, PatchCounts

_DEFAULT_LIMIT = 50
_FILTERED_CHUNK = 250
"""Nodes read at a time where not all of them match."""
_MOST_COUNTED = 1_000
_MOST_JUDGED = 25
"""Nodes that a search waits for to be judged again."""
_BEFORE_ALL = -1


def search_nodes(context: Context, request: Request) -> Answer:
    """Give the nodes that have patches which all filters match, with these patches.

    Raises InvalidFilterError, InvalidPageToken.
    """
    filters = parse_search_filters(request["Filters"])
    token = open_token(context, request)
    outdated = _judge_few(context)
    limit = request.get("MaxResults", _DEFAULT_LIMIT)
    walk = _walk(context, filters, int(token) if token else _BEFORE_ALL, limit)
    found, next_token = page_of_walk(context, request, walk, limit)
    return {
        "Nodes": found,
        "NextToken": next_token,
        **_what_is_not_known(context, filters, outdated),
    }


def count_nodes(context: Context, request: Request) -> Answer:
    """Count the nodes that SearchNodes gives, by the states of their patches.

    Raises InvalidFilterError.
    """
    filters = parse_search_filters(request["Filters"])
    outdated = _judge_few(context)
    scope_id = scopes.find(context.db, context.scope)
    counts = PatchCounts(0, ())
    if scope_id is not None:
        patches = _patches(context, filters, scope_id)
        counts = open_patches.count_nodes(context.db, scope_id, patches, filters.patch_groups)
    return {
        "NodesCount": counts.nodes,
        "States": [
            {"State": _spelled(context, each.state), "NodesCount": each.nodes}
            for each in counts.by_state
        ],
        **_what_is_not_known(context, filters, outdated),
    }


def _judge_few(context: Context) -> int:
    """Have outdated nodes judged again if they are few; give how many there still are."""
    db, scope, engine = context.db, context.scope, context.resources.engine
    outdated = verdicts.some_outdated(
        db, scope, engine=engine.identity, now=context.now, limit=_MOST_COUNTED
    )
    if len(outdated) > _MOST_JUDGED:
        return len(outdated)
    run.judge_again(db, engine, scope, outdated, context.now)
    return 0


def _what_is_not_known(
    context: Context, filters: SearchFilters, outdated: int
) -> Mapping[str, object]:
    rules = context.resources.engine.rules
    without_cves = [name for name in operating_systems() if not rules(name).shows_cve_ids]
    return without_absent(
        {
            "OutdatedNodesCount": outdated,
            "UnreportedNodesCount": nodes.count_unreported(
                context.db, context.scope, limit=_MOST_COUNTED
            ),
            "OperatingSystemsWithoutCVEIds": sorted(without_cves) if filters.name_cves else None,
        }
    )


def _walk(
    context: Context, filters: SearchFilters, node_key: int, limit: int
) -> Iterator[tuple[str, Mapping[str, object] | None]]:
    """Give the nodes behind `node_key` by their keys, None in place of those in other groups."""
    scope_id = scopes.find(context.db, context.scope)
    if scope_id is None:
        return
    patches = _patches(context, filters, scope_id)
    shown = records.fetch(context.db, sorted({patch.record_id for patch in patches}))
    chunk = limit + 1 if filters.patch_groups is None else max(limit + 1, _FILTERED_CHUNK)
    while batch := open_patches.nodes_after(context.db, scope_id, patches, node_key, chunk):
        known = node_search.find_nodes(context.db, [found.node_key for found in batch])
        for found in batch:
            node = known.get(found.node_key)
            item = None
            if node is not None and filters.match_group(node.patch_group):
                item = _item(context, node, found, shown)
            yield str(found.node_key), item
        if len(batch) < chunk:
            return
        node_key = batch[-1].node_key


def _patches(context: Context, filters: SearchFilters, scope_id: int) -> Sequence[OpenPatch]:
    record_ids = node_search.matching_records(context.db, filters.records)
    return open_patches.existing(context.db, scope_id, record_ids, filters.states)


def _item(
    context: Context, node: FoundNode, found: NodeWithPatches, shown: Mapping[int, PatchRecord]
) -> Mapping[str, object]:
    return without_absent(
        {
            "InstanceId": node.instance_id,
            "Name": node.name or None,
            "PlatformName": node.platform_name or None,
            "PlatformVersion": node.platform_version or None,
            "OperatingSystem": node.operating_system,
            "PatchGroup": node.patch_group,
            "OperationEndTime": None if node.ended_at is None else wire_time(node.ended_at),
            "Patches": [
                _patch_item(context, patch, shown[patch.record_id]) for patch in found.patches
            ],
        }
    )


def _spelled(context: Context, state: PatchState) -> str:
    if context.resources.choices.state_spelling == "service":
        return service_spelling(state)
    return state.value


def _patch_item(context: Context, patch: OpenPatch, record: PatchRecord) -> Mapping[str, object]:
    return without_absent(
        {
            "Title": record.title,
            "KBId": record.kb_id,
            "Classification": record.classification,
            "Severity": record.severity,
            "State": _spelled(context, patch.state),
            "CVEIds": record.cve_ids or None,
        }
    )
