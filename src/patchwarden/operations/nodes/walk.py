"""Walks through the managed nodes of an account, page by page, in the order of their ids."""

from collections.abc import Callable, Iterator

from patchwarden.operations.context import Context, Request
from patchwarden.operations.nodes.filters import NodeFilters
from patchwarden.operations.paging import open_token, page_of_walk
from patchwarden.store import nodes
from patchwarden.store.nodes import ManagedNode

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
    chunk = max(limit + 1, _FILTERED_CHUNK) if filters.are_any else limit + 1

    def items() -> Iterator[tuple[str, Item | None]]:
        for node in candidates(context, filters.instance_ids, last, chunk):
            item = item_of(context, node)
            yield node.instance_id, item if filters.match(item, node.tags) else None

    return page_of_walk(context, request, items(), limit)


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
