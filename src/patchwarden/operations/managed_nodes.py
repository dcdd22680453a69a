"""DescribeInstanceInformation and DeregisterManagedInstance (contract 6.1, 6.2)."""

from collections.abc import Iterator

from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError
from patchwarden.operations.node_filters import NodeFilters, parse_node_filters
from patchwarden.operations.paging import open_token, seal_token
from patchwarden.operations.wire_values import wire_time, without_absent
from patchwarden.store import credentials, nodes
from patchwarden.store.nodes import ManagedNode

MAX_EXAMINED = 2_000
"""Nodes that one call looks at. Where a filter fits few nodes of a large fleet, a page may be
short or empty and still have a next one (contract 1.6)."""
_DEFAULT_LIMIT = 10


def describe_instance_information(context: Context, request: Request) -> Answer:
    """Give the managed nodes that all filters match, in the order of their ids.

    An id that is well formed but unknown matches nothing, so that clients can wait for a node.
    """
    filters = parse_node_filters(request)
    last = open_token(context, request).decode()
    limit = request.get("MaxResults", _DEFAULT_LIMIT)
    found: list[dict[str, object]] = []
    for examined, node in enumerate(_candidates(context, filters, last, limit + 1)):
        item = _information(context, node)
        matches = filters.match(item, node.tags)
        if examined == MAX_EXAMINED or (matches and len(found) == limit):
            token = seal_token(context, request, last.encode())
            return {"InstanceInformationList": found, "NextToken": token}
        if matches:
            found.append(item)
        last = node.instance_id
    return {"InstanceInformationList": found, "NextToken": ""}


def deregister_managed_instance(context: Context, request: Request) -> Answer:
    """Forget a node with everything it has reported, and end its access keys.

    Raises InvalidInstanceIdError.
    """
    instance_id = request["InstanceId"]
    node = nodes.find(context.db, context.scope, instance_id)
    if node is None:
        raise InvalidInstanceIdError.unknown(instance_id)
    nodes.remove(context.db, node.node_key)
    credentials.revoke_of_node(context.db, context.scope.account_id, instance_id, context.now)
    return {}


def _candidates(
    context: Context, filters: NodeFilters, after: str, chunk: int
) -> Iterator[ManagedNode]:
    """Give the nodes behind `after` that might match, reading no more than are taken."""
    if filters.instance_ids is not None:
        for instance_id in sorted(each for each in filters.instance_ids if each > after):
            node = nodes.find(context.db, context.scope, instance_id)
            if node is not None:
                yield node
        return
    while batch := nodes.after(context.db, context.scope, after, chunk):
        yield from batch
        if len(batch) < chunk:
            return
        after = batch[-1].instance_id


def _information(context: Context, node: ManagedNode) -> dict[str, object]:
    is_hybrid = node.instance_id.startswith("mi-")
    heard_at = node.last_ping_at
    oldest_online = context.now - context.resources.choices.connection_lost_after_s
    is_online = heard_at is not None and heard_at >= oldest_online
    return without_absent(
        {
            "InstanceId": node.instance_id,
            "PingStatus": "Online" if is_online else "ConnectionLost",
            "LastPingDateTime": None if heard_at is None else wire_time(heard_at),
            "AgentVersion": node.agent_version or None,
            "PlatformType": node.platform_type or None,
            "PlatformName": node.platform_name or None,
            "PlatformVersion": node.platform_version or None,
            "ActivationId": (node.activation_id or None) if is_hybrid else None,
            "IamRole": node.iam_role if is_hybrid else None,
            "RegistrationDate": wire_time(node.registered_at) if is_hybrid else None,
            "ResourceType": "ManagedInstance" if is_hybrid else "EC2Instance",
            "Name": node.name if is_hybrid else None,
            "IPAddress": node.ip_address or None,
            "ComputerName": node.computer_name or None,
        }
    )
