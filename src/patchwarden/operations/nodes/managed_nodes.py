"""Managed nodes: what is known of them, their role, their end (contract 6.1, 6.2)."""

from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError
from patchwarden.operations.nodes.filters import parse_information_filters, parse_property_filters
from patchwarden.operations.nodes.items import instance_information, instance_property
from patchwarden.operations.nodes.walk import page_of_nodes
from patchwarden.store import credentials, nodes

_DEFAULT_LIMIT = 10
_DEFAULT_LIMIT_OF_PROPERTIES = 50


def describe_instance_information(context: Context, request: Request) -> Answer:
    """Give the managed nodes that all filters match, in the order of their ids.

    Raises InvalidPageToken, and what `parse_information_filters` raises.
    """
    filters = parse_information_filters(request)
    found, token = page_of_nodes(
        context, request, filters, instance_information, default_limit=_DEFAULT_LIMIT
    )
    return {"InstanceInformationList": found, "NextToken": token}


def describe_instance_properties(context: Context, request: Request) -> Answer:
    """Give the managed nodes that all filters match, in the order of their ids.

    Raises InvalidPageToken, and what `parse_property_filters` raises.
    """
    filters = parse_property_filters(request)
    found, token = page_of_nodes(
        context, request, filters, instance_property, default_limit=_DEFAULT_LIMIT_OF_PROPERTIES
    )
    return {"InstanceProperties": found, "NextToken": token}


def update_managed_instance_role(context: Context, request: Request) -> Answer:
    """Give a node another role.

    Raises InvalidInstanceIdError.
    """
    instance_id = request["InstanceId"]
    if not nodes.set_iam_role(context.db, context.scope, instance_id, request["IamRole"]):
        raise InvalidInstanceIdError.unknown(instance_id)
    return {}


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
