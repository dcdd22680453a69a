"""Patch groups: which patch baseline judges the nodes of a group (contract 4.9, 5.8 to 5.11)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from patchwarden.domain.os_rules import WINDOWS
from patchwarden.operations.baselines.lookup import (
    default_baseline_ids,
    every_baseline,
    find_baseline,
)
from patchwarden.operations.baselines.members import baseline_identity
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    AlreadyExistsError,
    DoesNotExistError,
    RequestValidationError,
    ResourceLimitExceededError,
)
from patchwarden.operations.filters import key_and_values, unknown_key
from patchwarden.operations.paging import page_of
from patchwarden.store import patch_groups
from patchwarden.store.patch_groups import PatchGroupBaseline

MAX_GROUPS = 25
"""Of one baseline (contract 5.8)."""
_DEFAULT_LIMIT = 100
_MATCHES: Mapping[str, Callable[[PatchGroupBaseline, tuple[str, ...]], bool]] = {
    "NAME_PREFIX": lambda each, prefixes: each.patch_group.startswith(prefixes),
    "OPERATING_SYSTEM": lambda each, names: each.operating_system in names,
}
"""Key of a filter → whether a registration matches any of its values."""


def register_patch_baseline_for_patch_group(context: Context, request: Request) -> Answer:
    """Have the nodes of a group judged by a baseline, those of its operating system.

    Raises AlreadyExistsError if the group has another baseline for that system,
    DoesNotExistError, InvalidResourceIdError, ResourceLimitExceededError.
    """
    db, scope, patch_group = context.db, context.scope, request["PatchGroup"]
    baseline = find_baseline(db, scope, request["BaselineId"])
    operating_system = baseline.content.operating_system
    registered = patch_groups.baseline_of(db, scope, patch_group, operating_system)
    if registered is None:
        if len(patch_groups.of_baseline(db, scope, baseline.baseline_id)) >= MAX_GROUPS:
            raise ResourceLimitExceededError(
                f"The patch baseline is registered for {MAX_GROUPS} patch groups, which is the"
                " most; deregister it from one first."
            )
        registration = PatchGroupBaseline(patch_group, operating_system, baseline.baseline_id)
        patch_groups.register(db, scope, registration)
    elif registered != baseline.baseline_id:
        raise AlreadyExistsError(
            "Patch Group baseline already has a baseline registered for OperatingSystem"
            f" {operating_system}."
        )
    return {"BaselineId": request["BaselineId"], "PatchGroup": patch_group}


def deregister_patch_baseline_for_patch_group(context: Context, request: Request) -> Answer:
    """End the registration of a baseline for a group, if there is one.

    Raises InvalidResourceIdError.
    """
    baseline_id, patch_group = request["BaselineId"], request["PatchGroup"]
    try:
        baseline = find_baseline(context.db, context.scope, baseline_id)
    except DoesNotExistError:
        # The service model declares no error for this, and what was asked for is so.
        pass
    else:
        patch_groups.deregister(context.db, context.scope, patch_group, baseline.baseline_id)
    return {"BaselineId": baseline_id, "PatchGroup": patch_group}


def get_patch_baseline_for_patch_group(context: Context, request: Request) -> Answer:
    """Give the baseline of a group for an operating system: the registered, else the default."""
    db, scope, patch_group = context.db, context.scope, request["PatchGroup"]
    operating_system = request.get("OperatingSystem", WINDOWS)
    registered = patch_groups.baseline_of(db, scope, patch_group, operating_system)
    return {
        "BaselineId": registered or default_baseline_ids(db, scope)[operating_system],
        "PatchGroup": patch_group,
        "OperatingSystem": operating_system,
    }


def describe_patch_groups(context: Context, request: Request) -> Answer:
    """Give the registrations that all filters match, by group and operating system.

    Raises RequestValidationError, InvalidPageToken.
    """
    # A baseline that is registered cannot be deleted; if one is gone all the same, its
    # registrations mean nothing.
    known = {each.baseline_id: each for each in every_baseline(context.db, context.scope)}
    found: Sequence[PatchGroupBaseline] = [
        each
        for each in patch_groups.in_scope(context.db, context.scope)
        if each.baseline_id in known
    ]
    for filter_ in request.get("Filters", ()):
        found = _filtered(found, filter_)
    page, token = page_of(
        context,
        request,
        found,
        # No name has a character that comes before this one, so keys sort as the rows do.
        key=lambda each: f"{each.patch_group}\0{each.operating_system}",
        default_limit=_DEFAULT_LIMIT,
    )
    defaults = frozenset(default_baseline_ids(context.db, context.scope).values())
    mappings = [
        {
            "PatchGroup": each.patch_group,
            "BaselineIdentity": baseline_identity(
                known[each.baseline_id], is_default=each.baseline_id in defaults
            ),
        }
        for each in page
    ]
    return {"Mappings": mappings, "NextToken": token}


def _filtered(
    registrations: Sequence[PatchGroupBaseline], filter_: Mapping[str, Any]
) -> list[PatchGroupBaseline]:
    key, values = key_and_values(filter_, RequestValidationError)
    matches = _MATCHES.get(key)
    if matches is None:
        raise unknown_key(key, _MATCHES)
    return [each for each in registrations if matches(each, values)]
