"""Tags of managed nodes, patch baselines and maintenance windows (contract 6.6).

The tags of a node also say which patch group it is in, and so by which baseline it is judged.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from patchwarden.operations.baselines.lookup import find_baseline
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    DoesNotExistError,
    InvalidResourceIdError,
    InvalidResourceTypeError,
    TooManyTagsError,
)
from patchwarden.operations.wire_values import MAX_TAGS, check_tag_keys, tag_list
from patchwarden.store import baselines, maintenance_windows, nodes


class _Tagged(NamedTuple):
    """Something that can have tags."""

    tags: Mapping[str, str]
    set_tags: Callable[[Mapping[str, str]], None] | None
    """Stores other tags; None if they cannot be changed."""


def add_tags_to_resource(context: Context, request: Request) -> Answer:
    """Set tags; one whose key is there already gets the new value.

    Raises InvalidResourceTypeError, InvalidResourceIdError, RequestValidationError,
    TooManyTagsError.
    """
    added = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    check_tag_keys(added)
    tagged = _find(context, request)
    tags = {**tagged.tags, **added}
    if len(tags) > MAX_TAGS:
        raise TooManyTagsError(
            f"A resource can have {MAX_TAGS} tags, not {len(tags)}; remove some first."
        )
    _set(tagged, tags)
    return {}


def remove_tags_from_resource(context: Context, request: Request) -> Answer:
    """Remove the tags with some keys; those that are not there are no error.

    Raises InvalidResourceTypeError, InvalidResourceIdError, RequestValidationError.
    """
    removed = frozenset(request["TagKeys"])
    check_tag_keys(removed)
    tagged = _find(context, request)
    _set(tagged, {key: value for key, value in tagged.tags.items() if key not in removed})
    return {}


def list_tags_for_resource(context: Context, request: Request) -> Answer:
    """Give the tags of a resource, by key; a predefined baseline has none.

    Raises InvalidResourceTypeError, InvalidResourceIdError.
    """
    return {"TagList": tag_list(_find(context, request).tags)}


def _find(context: Context, request: Request) -> _Tagged:
    resource_type, resource_id = request["ResourceType"], request["ResourceId"]
    find = _FINDERS.get(resource_type)
    if find is None:
        raise InvalidResourceTypeError(
            f"There are no resources of type {resource_type} here; there are those of types"
            f" {', '.join(_FINDERS)}."
        )
    tagged = find(context, resource_id)
    if tagged is None:
        raise InvalidResourceIdError(
            f"There is no resource {resource_id} of type {resource_type} in this account and"
            " region."
        )
    return tagged


def _set(tagged: _Tagged, tags: Mapping[str, str]) -> None:
    if tagged.set_tags is None:
        raise InvalidResourceIdError("A predefined patch baseline cannot be tagged.")
    # A node's tags that are set are a reason to judge it again.
    if tags != tagged.tags:
        tagged.set_tags(tags)


def _node(context: Context, resource_id: str) -> _Tagged | None:
    node = nodes.find(context.db, context.scope, resource_id)
    if node is None:
        return None
    return _Tagged(node.tags, partial(nodes.set_tags, context.db, node.node_key))


def _baseline(context: Context, resource_id: str) -> _Tagged | None:
    db, scope = context.db, context.scope
    try:
        baseline = find_baseline(db, scope, resource_id)
    except DoesNotExistError:
        return None
    own = baselines.find(db, scope, baseline.baseline_id)
    if own is None:
        return _Tagged({}, None)
    return _Tagged(own.tags, partial(baselines.set_tags, db, scope, own.baseline_id))


def _maintenance_window(context: Context, resource_id: str) -> _Tagged | None:
    db, scope = context.db, context.scope
    window = maintenance_windows.find(db, scope, resource_id)
    if window is None:
        return None
    return _Tagged(window.tags, partial(maintenance_windows.set_tags, db, scope, resource_id))


_FINDERS: Mapping[str, Callable[[Context, str], _Tagged | None]] = {
    "ManagedInstance": _node,
    "PatchBaseline": _baseline,
    "MaintenanceWindow": _maintenance_window,
}
"""ResourceType → what finds a resource of that type, None if there is none."""
