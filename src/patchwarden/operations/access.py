"""Who may do what: the roles of access keys, in one table (design, decision 6)."""

import re
from collections.abc import Mapping

from patchwarden.operations.context import Request
from patchwarden.operations.served import Access, ServedOperation
from patchwarden.store.credentials import Holder, Role

_ALLOWED: Mapping[Role, frozenset[Access]] = {
    "admin": frozenset({"read", "report", "operate", "administer"}),
    "operator": frozenset({"read", "report", "operate"}),
    "auditor": frozenset({"read"}),
    "node": frozenset({"read", "report"}),
}
_NOT_IN_NAMES = re.compile(r"[^\w+=,.@/-]+", re.ASCII)


def is_allowed(caller: Holder, served: ServedOperation, request: Request) -> bool:
    """Say whether `caller` may have `served` run; a node only where it names itself alone."""
    if served.access == "anyone":
        return True
    if served.access not in _ALLOWED[caller.role]:
        return False
    return caller.role != "node" or _named_nodes(request) == {caller.instance_id}


def roles_allowed(access: Access) -> list[Role]:
    """Give the roles that may have operations with this access run; none if anyone may."""
    return [role for role, allowed in _ALLOWED.items() if access in allowed]


def caller_arn(caller: Holder) -> str:
    """Name a caller as errors do: `arn:aws:iam::123456789012:user/auditor`."""
    name = _NOT_IN_NAMES.sub("-", caller.description) or caller.instance_id or caller.role
    return f"arn:aws:iam::{caller.account_id}:user/{name}"


def _named_nodes(request: Request) -> set[str]:
    named = {request[member] for member in ("InstanceId", "ResourceId") if member in request}
    return named.union(*(request.get(member, ()) for member in ("InstanceIds", "ResourceIds")))
