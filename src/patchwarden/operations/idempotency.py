"""Requests with a client token: the same one again makes nothing new (contract 5.1, 6.7)."""

import hashlib
from collections.abc import Callable

import msgspec

from patchwarden.operations.context import Context, Request
from patchwarden.operations.errors import IdempotentParameterMismatchError
from patchwarden.store import idempotency

_encoder = msgspec.json.Encoder(order="deterministic")


def made_once(context: Context, request: Request, make: Callable[[], str]) -> str:
    """Give the id of what `make` makes, or of what it made when the request came before.

    A request is known again by its ClientToken; one without a token always makes something. What
    `make` raises is not remembered, so the token can be used for the corrected request.
    Raises IdempotentParameterMismatchError if the token came with other parameters before.
    """
    token = request.get("ClientToken")
    if token is None:
        return make()
    digest = hashlib.sha256(_encoder.encode(request)).digest()
    kept = idempotency.find(context.db, context.scope, context.operation, token)
    if kept is None:
        made_id = make()
        outcome = (digest, made_id, context.now)
        idempotency.keep(context.db, context.scope, context.operation, token, outcome)
        return made_id
    first_digest, made_id = kept
    if first_digest != digest:
        raise IdempotentParameterMismatchError(
            "This ClientToken was used for a request with other parameters; use another."
        )
    return made_id
