"""Activations, and the nodes that register with them (contract 6.1)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from patchwarden.domain.patch_groups import PATCH_GROUP_TAGS
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    InvalidActivationError,
    InvalidActivationIdError,
    InvalidFilterError,
    InvalidParametersError,
)
from patchwarden.operations.paging import page_of
from patchwarden.operations.wire_values import read_tags, tag_list, wire_time, without_absent
from patchwarden.store import activations, nodes
from patchwarden.store.activations import Activation
from patchwarden.store.credentials import Holder
from patchwarden.store.nodes import Registration

_DAY_S = 24 * 3600
_MAX_LIFETIME_S = 30 * _DAY_S
_CODE_BYTES = 15
_DEFAULT_LIMIT = 50
_FILTERED_MEMBERS = {
    "ActivationIds": "ActivationId",
    "DefaultInstanceName": "DefaultInstanceName",
    "IamRole": "IamRole",
}
_FAR_FUTURE = 2**40


def create_activation(context: Context, request: Request) -> Answer:
    """Make an activation. Its code is shown this once; the store has only its digest.

    Raises InvalidParametersError, RequestValidationError.
    """
    # Letters and digits alone, so that a code never looks like an option of the command line.
    code = base64.b32encode(context.resources.random_bytes(_CODE_BYTES)).decode()
    activation = Activation(
        scope=context.scope,
        activation_id=context.new_uuid(),
        code_digest=_digest(code),
        iam_role=request["IamRole"],
        description=request.get("Description"),
        default_instance_name=request.get("DefaultInstanceName"),
        registration_limit=request.get("RegistrationLimit", 1),
        registrations_count=0,
        created_at=context.now,
        expires_at=_expiration(request, context.now),
        tags=read_tags(request.get("Tags", ())),
    )
    activations.add(context.db, activation)
    return {"ActivationId": activation.activation_id, "ActivationCode": code}


def describe_activations(context: Context, request: Request) -> Answer:
    """Give the activations that all filters match, newest first.

    Raises InvalidFilterError, InvalidPageToken.
    """
    filters = _read_filters(request.get("Filters", ()))
    found = [
        activation
        for activation in activations.in_scope(context.db, context.scope)
        if _matches(_members(activation, context.now), filters)
    ]
    found.sort(key=_newest_first)
    page, token = page_of(context, request, found, key=_newest_first, default_limit=_DEFAULT_LIMIT)
    return {
        "ActivationList": [_members(activation, context.now) for activation in page],
        "NextToken": token,
    }


def delete_activation(context: Context, request: Request) -> Answer:
    """Remove an activation; the nodes that have registered with it stay.

    Raises InvalidActivationError: clients take this code to mean that it was gone already.
    """
    activation_id = request["ActivationId"]
    if not activations.delete(context.db, context.scope, activation_id):
        raise InvalidActivationError(f"There is no activation {activation_id}.")
    return {}


def register_managed_instance(context: Context, request: Request) -> Answer:
    """Make the sender a managed node, and give it the access key that it reports with.

    Nobody has signed this request. The activation code authorizes it, and account and region are
    the activation's. Raises InvalidActivationIdError, InvalidActivationError,
    RequestValidationError.
    """
    activation = _open_activation(context, request)
    instance_id = context.new_id("mi-")
    registration = Registration(
        instance_id=instance_id,
        activation_id=activation.activation_id,
        name=activation.default_instance_name,
        iam_role=activation.iam_role,
        tags=_tags_of_node(request, activation),
    )
    nodes.add(context.db, activation.scope, registration, context.now)
    activations.count_registration(context.db, activation.activation_id)
    holder = Holder(
        account_id=activation.scope.account_id,
        role="node",
        instance_id=instance_id,
        description=instance_id,
    )
    key = context.resources.issuer.issue(context.db, holder, context.now)
    return {
        "InstanceId": instance_id,
        "Region": activation.scope.region,
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
    }


def _tags_of_node(request: Request, activation: Activation) -> dict[str, str]:
    """Give the tags of a new node: the activation's, and those that it adds itself.

    It chooses no other patch group than it was given.
    """
    own = read_tags(request.get("Tags", ()))
    if not activation.tags.keys().isdisjoint(PATCH_GROUP_TAGS):
        own = {key: value for key, value in own.items() if key not in PATCH_GROUP_TAGS}
    return read_tags(tag_list({**own, **activation.tags}))


def _expiration(request: Request, now: float) -> float:
    expires_at: float = request.get("ExpirationDate", now + _DAY_S)
    if not now < expires_at <= now + _MAX_LIFETIME_S:
        raise InvalidParametersError(
            "ExpirationDate must be in the future and at most 30 days off."
        )
    return expires_at


def _open_activation(context: Context, request: Request) -> Activation:
    activation = activations.find(context.db, request["ActivationId"])
    if activation is None:
        raise InvalidActivationIdError("There is no activation with this ActivationId.")
    # What else is wrong is told only to those who know the code.
    if not hmac.compare_digest(activation.code_digest, _digest(request["ActivationCode"])):
        raise InvalidActivationError("The ActivationCode does not belong to this ActivationId.")
    if activation.is_expired(context.now):
        raise InvalidActivationError("The activation has expired; create another.")
    if activation.is_used_up:
        raise InvalidActivationError(
            f"The activation is used up: {activation.registrations_count} nodes have registered"
            " with it; create another."
        )
    return activation


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _read_filters(filters: Sequence[Mapping[str, Any]]) -> list[tuple[str, frozenset[str]]]:
    for filter_ in filters:
        if not filter_.get("FilterKey") or not filter_.get("FilterValues"):
            raise InvalidFilterError(
                "Each filter needs a FilterKey and at least one value in FilterValues."
            )
    return [
        (_FILTERED_MEMBERS[filter_["FilterKey"]], frozenset(filter_["FilterValues"]))
        for filter_ in filters
    ]


def _matches(members: Mapping[str, object], filters: Sequence[tuple[str, frozenset[str]]]) -> bool:
    return all(members.get(member) in values for member, values in filters)


def _newest_first(activation: Activation) -> str:
    return f"{_FAR_FUTURE - activation.created_at:020.6f} {activation.activation_id}"


def _members(activation: Activation, now: float) -> dict[str, object]:
    return without_absent(
        {
            "ActivationId": activation.activation_id,
            "Description": activation.description,
            "DefaultInstanceName": activation.default_instance_name,
            "IamRole": activation.iam_role,
            "RegistrationLimit": activation.registration_limit,
            "RegistrationsCount": activation.registrations_count,
            "ExpirationDate": wire_time(activation.expires_at),
            "Expired": activation.is_expired(now),
            "CreatedDate": wire_time(activation.created_at),
            "Tags": tag_list(activation.tags) or None,
        }
    )
