"""Walks through the managed nodes of an account, page by page, in the order of their ids."""

from collections.abc import Callable, Iterator

from patchwarden.operations.context import Context, Request
from patchwarden.operations.nodes.filters import NodeFilters
from patchwarden.operations.paging import open_token, seal_token
from patchwarden.store import nodes
from patchwarden.store.nodes import ManagedNode

MAX_EXAMINED = 2_000
"""Nodes that one call looks at. Where a filter fits few nodes of a large fleet, a page may be
short or empty and still have a next one (contract 1.6)."""
_FILTERED_CHUNK = 100
"""Nodes read at a time where not all of them match."""

Item = dict[str, object]


def page_of_nodes(
    context: Context,
    request: Request,
    filters: NodeFilters,
    item_of: Callable[[Context, ManagedNode], Item],
    *,
    default_limit: int,
) -> tuple[list[Item], str]:
    """Give the items of the nodes that all filters match, and the next token.

    An id that is well formed but unknown matches nothing, so that clients can wait for a node.
    Raises InvalidPageToken.
    """
    last = open_token(context, request).decode()
    limit = request.get("MaxResults", default_limit)
    found: list[Item] = []
    chunk = max(limit + 1, _FILTERED_CHUNK) if filters.are_any else limit + 1
    for examined, node in enumerate(candidates(context, filters.instance_ids, last, chunk)):
        item = item_of(context, node)
        matches = filters.match(item, node.tags)
        if examined == MAX_EXAMINED or (matches and len(found) == limit):
            return found, seal_token(context, request, last.encode())
        if matches:
            found.append(item)
        last = node.instance_id
    return found, ""


def candidates(
    context: Context, instance_ids: frozenset[str] | None, after: str, chunk: int
) -> Iterator[ManagedNode]:
    """Give the nodes behind `after`, of `instance_ids` if they are named, `chunk` at a time."""
    if instance_ids is not None:
        for instance_id in sorted(each for each in instance_ids if each > after):
            node = nodes.find(context.db, context.scope, instance_id)
            if node is not None:
                yield node
        return
    while batch := nodes.after(context.db, context.scope, after, chunk):
        yield from batch
        if len(batch) < chunk:
            return
        after = batch[-1].instance_id
