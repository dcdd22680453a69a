"""Patch baselines: show and list them, and choose the default (contract 5.2, 5.5 to 5.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from patchwarden.domain.os_rules import WINDOWS
from patchwarden.operations.baselines.lookup import (
    KnownBaseline,
    default_baseline_ids,
    every_baseline,
    find_baseline,
)
from patchwarden.operations.baselines.members import baseline_identity, baseline_members
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import RequestValidationError
from patchwarden.operations.filters import key_and_values, unknown_key
from patchwarden.operations.paging import page_of
from patchwarden.operations.sealed_sources import with_opened_sources
from patchwarden.store import baselines, patch_groups

_DEFAULT_LIMIT = 100
_OWNERS = {"AWS": frozenset({True}), "Self": frozenset({False}), "All": frozenset({True, False})}
"""Value of the filter OWNER → whether a baseline is predefined."""


def get_patch_baseline(context: Context, request: Request) -> Answer:
    """Give all of one baseline, with the patch groups that it is registered for by name.

    Raises DoesNotExistError, InvalidResourceIdError.
    """
    known = find_baseline(context.db, context.scope, request["BaselineId"])
    groups = patch_groups.of_baseline(context.db, context.scope, known.baseline_id)
    opened = with_opened_sources(context.resources.vault, known.content)
    return baseline_members(replace(known, content=opened), groups)


def describe_patch_baselines(context: Context, request: Request) -> Answer:
    """Give the baselines that all filters match, the predefined ones first.

    Raises RequestValidationError, InvalidPageToken.
    """
    found = every_baseline(context.db, context.scope)
    for filter_ in request.get("Filters", ()):
        found = _filtered(found, filter_)
    page, token = page_of(
        context,
        request,
        found,
        key=lambda baseline: baseline.baseline_id,
        default_limit=_DEFAULT_LIMIT,
    )
    defaults = frozenset(default_baseline_ids(context.db, context.scope).values())
    identities = [
        baseline_identity(baseline, is_default=baseline.baseline_id in defaults)
        for baseline in page
    ]
    return {"BaselineIdentities": identities, "NextToken": token}


def register_default_patch_baseline(context: Context, request: Request) -> Answer:
    """Make a baseline the default of its operating system.

    Raises DoesNotExistError, InvalidResourceIdError.
    """
    baseline = find_baseline(context.db, context.scope, request["BaselineId"])
    operating_system = baseline.content.operating_system
    defaults = default_baseline_ids(context.db, context.scope)
    if defaults[operating_system] != baseline.baseline_id:
        baselines.set_default(context.db, context.scope, operating_system, baseline.baseline_id)
    return {"BaselineId": request["BaselineId"]}


def get_default_patch_baseline(context: Context, request: Request) -> Answer:
    """Give the default baseline of an operating system."""
    operating_system = request.get("OperatingSystem", WINDOWS)
    defaults = default_baseline_ids(context.db, context.scope)
    return {"BaselineId": defaults[operating_system], "OperatingSystem": operating_system}


def _filtered(known: Sequence[KnownBaseline], filter_: Mapping[str, Any]) -> list[KnownBaseline]:
    key, values = key_and_values(filter_, RequestValidationError)
    match key:
        case "NAME_PREFIX":
            return [each for each in known if each.content.name.startswith(values)]
        case "OPERATING_SYSTEM":
            return [each for each in known if each.content.operating_system in values]
        case "OWNER":
            kinds = frozenset[bool]().union(*map(_owner, values))
            return [each for each in known if each.is_predefined in kinds]
    raise unknown_key(key, ("NAME_PREFIX", "OWNER", "OPERATING_SYSTEM"))


def _owner(value: str) -> frozenset[bool]:
    kinds = _OWNERS.get(value)
    if kinds is None:
        raise RequestValidationError(
            f"Invalid Filter Value: {value} for Key: OWNER, valid values are: {', '.join(_OWNERS)}"
        )
    return kinds
