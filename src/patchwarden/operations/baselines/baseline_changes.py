"""Patch baselines: make, change and delete them (contract 5.1, 5.3, 5.4)."""

from dataclasses import replace

from patchwarden.data.load import operating_systems
from patchwarden.domain.baseline_validity import check_baseline
from patchwarden.operations.access import caller_arn
from patchwarden.operations.baselines.lookup import find_own_baseline, own_baseline_id
from patchwarden.operations.baselines.members import (
    baseline_members,
    changed_baseline,
    read_baseline,
    replaced_baseline,
)
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    RequestValidationError,
    ResourceInUseError,
    ResourceLimitExceededError,
)
from patchwarden.operations.idempotency import made_once
from patchwarden.operations.sealed_sources import with_opened_sources, with_sealed_sources
from patchwarden.operations.wire_values import read_tags
from patchwarden.store import baselines, idempotency, patch_groups

MAX_BASELINES = 50
"""Of one account in one region (contract 5.1)."""
_CREATE = "CreatePatchBaseline"


def create_patch_baseline(context: Context, request: Request) -> Answer:
    """Make a baseline; the same request again with the same ClientToken makes no second one.

    Raises IdempotentParameterMismatchError, InvalidBaselineError, ResourceLimitExceededError,
    RequestValidationError.
    """
    sealed = with_sealed_sources(context.resources.vault, request)
    return {"BaselineId": made_once(context, sealed, lambda: _create(context, sealed))}


def update_patch_baseline(context: Context, request: Request) -> Answer:
    """Give a baseline of the account another content; nodes are judged by it from now on.

    Raises DoesNotExistError, InvalidBaselineError, RequestValidationError.
    """
    vault = context.resources.vault
    request = with_sealed_sources(vault, request)
    known = find_own_baseline(context.db, context.scope, request["BaselineId"])
    if request.get("Replace"):
        if "Name" not in request:
            raise RequestValidationError("With Replace, Name is needed as in CreatePatchBaseline.")
        content = replaced_baseline(known.content, request)
    else:
        content = changed_baseline(known.content, request)
    check_baseline(content, operating_systems()[content.operating_system])
    baselines.update(
        context.db,
        context.scope,
        known.baseline_id,
        content,
        now=context.now,
        by=caller_arn(context.caller),
    )
    opened = with_opened_sources(vault, content)
    return baseline_members(replace(known, content=opened, modified_at=context.now))


def delete_patch_baseline(context: Context, request: Request) -> Answer:
    """Delete a baseline that nothing uses; one that is not there counts as deleted.

    What was judged by it stays, and so do its versions. The ClientToken that it was made with is
    free again: whoever repeats the request wants a baseline that is there.

    Raises ResourceInUseError, and RequestValidationError if it cannot be a baseline of the
    account.
    """
    named = request["BaselineId"]
    baseline_id = own_baseline_id(context.scope, named)
    if baseline_id is None:
        raise RequestValidationError(
            f"{named} is not the id of a patch baseline of this account in this region; only those"
            " can be deleted."
        )
    _refuse_if_used(context, baseline_id)
    if baselines.remove(context.db, context.scope, baseline_id):
        idempotency.forget(context.db, context.scope, _CREATE, baseline_id)
    return {"BaselineId": named}


def _create(context: Context, request: Request) -> str:
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
    return baseline_id


def _refuse_if_used(context: Context, baseline_id: str) -> None:
    groups = patch_groups.of_baseline(context.db, context.scope, baseline_id)
    if groups:
        raise ResourceInUseError(
            f"PatchBaseline to be deleted is used for Patch Group: {', '.join(groups)}"
        )
    for operating_system, default in baselines.defaults(context.db, context.scope).items():
        if default == baseline_id:
            raise ResourceInUseError(
                "PatchBaseline to be deleted is the default patch baseline for"
                f" {operating_system}; register another one as the default first."
            )
