"""Who sends a request, and in whose account and region it works (design, decision 6)."""

import re
from collections.abc import Callable
from typing import NamedTuple

from patchwarden.protocol import sigv4
from patchwarden.protocol.errors import ServiceError, unrecognized_client
from patchwarden.protocol.service_model import Operation
from patchwarden.protocol.sigv4 import Authorization, HttpRequest
from patchwarden.server.keyring import Key, Keyring
from patchwarden.server.settings import DEFAULT_ACCOUNT, DEFAULT_REGION
from patchwarden.store.credentials import Holder
from patchwarden.store.database import Scope

_ACCOUNT = re.compile(r"[0-9]{12}")


class Caller(NamedTuple):
    """An authenticated sender."""

    holder: Holder
    scope: Scope
    access_key_id: str
    """Empty if the request needed no signature."""


NOBODY = Caller(Holder(account_id="", role="node"), Scope("", ""), "")
"""The sender of an operation that needs no signature: it proves otherwise what it may do."""

Authenticate = Callable[[HttpRequest, Operation, float], Caller]

CheckClaim = Callable[[HttpRequest], None]
"""Raises what `Authenticate` would if a request names no key in force; needs no body."""


def by_signature(keyring: Keyring) -> tuple[Authenticate, CheckClaim]:
    """Give the way to authenticate by Signature Version 4 with a key from `keyring`."""

    def claimed(request: HttpRequest) -> tuple[Authorization, Key]:
        claim = sigv4.read_authorization(request)
        key = keyring.find(claim.access_key_id)
        if key is None:
            raise unrecognized_client()
        return claim, key

    def authenticate(request: HttpRequest, operation: Operation, now: float) -> Caller:
        if not operation.is_signed:
            return NOBODY
        claim, key = claimed(request)
        sigv4.verify(request, claim, key.secret, service=operation.signing_name, now=now)
        return Caller(key.holder, Scope(key.holder.account_id, claim.region), claim.access_key_id)

    def check_claim(request: HttpRequest) -> None:
        claimed(request)

    return authenticate, check_claim


def by_word(request: HttpRequest, operation: Operation, now: float) -> Caller:  # noqa: ARG001
    """Believe every request, as `--no-auth` does.

    An access key id of twelve digits names the account, as emulators have it; the region is the
    one that the request was signed for.
    """
    if not operation.is_signed:
        return NOBODY
    account, region = DEFAULT_ACCOUNT, DEFAULT_REGION
    try:
        claim = sigv4.read_authorization(request)
    except ServiceError:
        pass
    else:
        region = claim.region or region
        if _ACCOUNT.fullmatch(claim.access_key_id):
            account = claim.access_key_id
    holder = Holder(account_id=account, role="admin", description="anybody")
    return Caller(holder, Scope(account, region), "")


def no_claim_needed(request: HttpRequest) -> None:
    """Take any request for one that names a key."""
