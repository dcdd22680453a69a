"""Managed nodes as answers show them (contract 6.2), and whether they are heard of."""

from collections.abc import Mapping

from patchwarden import __version__
from patchwarden.operations.context import Context
from patchwarden.operations.wire_values import wire_time, without_absent
from patchwarden.store.nodes import ManagedNode

_NAME_TAG = "Name"
_ARCHITECTURES: Mapping[str, str] = {"aarch64": "arm64", "amd64": "x86_64"}
"""What package managers say → what EC2 says, where that differs."""
_SOURCE_TYPES = {True: "AWS::SSM::ManagedInstance", False: "AWS::EC2::Instance"}


def instance_information(context: Context, node: ManagedNode) -> dict[str, object]:
    """Give a node as an item of DescribeInstanceInformation."""
    return without_absent(
        {
            **_what_both_say(context, node),
            "IsLatestVersion": _is_latest(node.agent_version),
            "Name": node.name if is_hybrid(node) else None,
        }
    )


def instance_property(context: Context, node: ManagedNode) -> dict[str, object]:
    """Give a node as an item of DescribeInstanceProperties.

    What only EC2 knows, such as InstanceType and InstanceState, is left out.
    """
    architecture = _ARCHITECTURES.get(node.architecture, node.architecture)
    return without_absent(
        {
            **_what_both_say(context, node),
            "Architecture": architecture or None,
            "AvailabilityZone": node.availability_zone or None,
            "Name": node.name or node.tags.get(_NAME_TAG),
        }
    )


def is_hybrid(node: ManagedNode) -> bool:
    """Say whether a node has registered with an activation, as machines outside EC2 do."""
    return node.instance_id.startswith("mi-")


def ping_status(context: Context, node: ManagedNode) -> str:
    """Give `Online` or `ConnectionLost`, by when the node was last heard of."""
    oldest_online = context.now - context.resources.choices.connection_lost_after_s
    heard_at = node.last_ping_at
    return "Online" if heard_at is not None and heard_at >= oldest_online else "ConnectionLost"


def _what_both_say(context: Context, node: ManagedNode) -> dict[str, object]:
    registered = is_hybrid(node)
    return {
        "InstanceId": node.instance_id,
        "PingStatus": ping_status(context, node),
        "LastPingDateTime": None if node.last_ping_at is None else wire_time(node.last_ping_at),
        "AgentVersion": node.agent_version or None,
        "PlatformType": node.platform_type or None,
        "PlatformName": node.platform_name or None,
        "PlatformVersion": node.platform_version or None,
        "ActivationId": (node.activation_id or None) if registered else None,
        "IamRole": node.iam_role if registered else None,
        "RegistrationDate": wire_time(node.registered_at) if registered else None,
        "ResourceType": "ManagedInstance" if registered else "EC2Instance",
        "IPAddress": node.ip_address or None,
        "ComputerName": node.computer_name or None,
        "SourceId": node.source_id or node.instance_id,
        "SourceType": node.source_type or _SOURCE_TYPES[registered],
        "SourceLocation": node.source_location or None,
    }


def _is_latest(agent_version: str) -> bool | None:
    """Say whether an agent is as new as this server; None for what is no agent of ours.

    The original's agents have four numbers, ours has three.
    """
    own, theirs = __version__.split("."), agent_version.split(".")
    if len(own) != len(theirs) or not all(each.isdecimal() for each in (*own, *theirs)):
        return None
    return [int(each) for each in theirs] >= [int(each) for each in own]
