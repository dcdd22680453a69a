"""Patch baselines: make, show and list them, and choose the default (contract 5.1 to 5.7)."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from patchwarden.data.load import operating_systems
from patchwarden.domain.baseline_validity import check_baseline
from patchwarden.operations.access import caller_arn
from patchwarden.operations.baseline_lookup import (
    KnownBaseline,
    default_baseline_ids,
    every_baseline,
    find_baseline,
)
from patchwarden.operations.baseline_wire import baseline_members, read_baseline
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    IdempotentParameterMismatchError,
    RequestValidationError,
    ResourceLimitExceededError,
)
from patchwarden.operations.paging import page_of
from patchwarden.operations.wire_values import read_tags, without_absent
from patchwarden.store import baselines, idempotency

MAX_BASELINES = 50
"""Of one account in one region (contract 5.1)."""
_DEFAULT_LIMIT = 100
_WINDOWS = "WINDOWS"
_OWNERS = {"AWS": frozenset({True}), "Self": frozenset({False}), "All": frozenset({True, False})}
"""Value of the filter OWNER → whether a baseline is predefined."""
_encoder = msgspec.json.Encoder(order="deterministic")


def create_patch_baseline(context: Context, request: Request) -> Answer:
    """Make a baseline; the same request again with the same ClientToken makes no second one.

    Raises IdempotentParameterMismatchError, InvalidBaselineError, ResourceLimitExceededError,
    RequestValidationError.
    """
    token = request.get("ClientToken")
    digest = hashlib.sha256(_encoder.encode(request)).digest()
    made_before = _made_with(context, token, digest)
    if made_before is not None:
        return {"BaselineId": made_before}
    content = read_baseline(request)
    check_baseline(content, operating_systems()[content.operating_system])
    tags = read_tags(request.get("Tags", ()))
    db, scope = context.db, context.scope
    if len(baselines.in_scope(db, scope)) >= MAX_BASELINES:
        raise ResourceLimitExceededError(
            f"The account has {MAX_BASELINES} patch baselines in this region, which is the most;"
            " delete one first."
        )
    baseline_id = context.new_id("pb-")
    baselines.add(db, scope, baseline_id, content, now=context.now, by=caller_arn(context.caller))
    baselines.set_tags(db, scope, baseline_id, tags)
    if token is not None:
        idempotency.keep(db, scope, context.operation, token, (digest, baseline_id, context.now))
    return {"BaselineId": baseline_id}


def get_patch_baseline(context: Context, request: Request) -> Answer:
    """Give all of one baseline.

    Raises DoesNotExistError, InvalidResourceIdError.
    """
    return baseline_members(find_baseline(context.db, context.scope, request["BaselineId"]))


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
        without_absent(
            {
                "BaselineId": baseline.baseline_id,
                "BaselineName": baseline.content.name,
                "OperatingSystem": baseline.content.operating_system,
                "BaselineDescription": baseline.content.description,
                "DefaultBaseline": baseline.baseline_id in defaults,
            }
        )
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
    operating_system = request.get("OperatingSystem", _WINDOWS)
    defaults = default_baseline_ids(context.db, context.scope)
    return {"BaselineId": defaults[operating_system], "OperatingSystem": operating_system}


def _made_with(context: Context, token: str | None, digest: bytes) -> str | None:
    if token is None:
        return None
    kept = idempotency.find(context.db, context.scope, context.operation, token)
    if kept is None:
        return None
    first_digest, baseline_id = kept
    if first_digest != digest:
        raise IdempotentParameterMismatchError(
            "This ClientToken was used for a patch baseline with other parameters."
        )
    return baseline_id


def _filtered(known: Sequence[KnownBaseline], filter_: Mapping[str, Any]) -> list[KnownBaseline]:
    key, values = filter_.get("Key"), filter_.get("Values")
    if not key or not values:
        raise RequestValidationError("Each filter needs a Key and at least one value in Values.")
    match key:
        case "NAME_PREFIX":
            prefixes = tuple(values)
            return [each for each in known if each.content.name.startswith(prefixes)]
        case "OPERATING_SYSTEM":
            return [each for each in known if each.content.operating_system in values]
        case "OWNER":
            kinds = frozenset[bool]().union(*map(_owner, values))
            return [each for each in known if each.is_predefined in kinds]
    raise RequestValidationError(
        f"Invalid Filter Key: {key}, valid keys are: NAME_PREFIX, OWNER, OPERATING_SYSTEM"
    )


def _owner(value: str) -> frozenset[bool]:
    kinds = _OWNERS.get(value)
    if kinds is None:
        raise RequestValidationError(
            f"Invalid Filter Value: {value} for Key: OWNER, valid values are: {', '.join(_OWNERS)}"
        )
    return kinds
