"""UpdateInstanceInformation: the signs of life of managed nodes (contract 6.1)."""

from patchwarden.data.load import operating_systems
from patchwarden.domain.os_rules import Platform, operating_system_of
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError
from patchwarden.store import nodes
from patchwarden.store.nodes import Heartbeat, Registration

_EC2_PREFIX = "i-"


def update_instance_information(context: Context, request: Request) -> Answer:
    """Keep that a node was heard of, and what it says it is.

    An EC2 node has no activation: its first heartbeat makes it a managed node. Raises
    InvalidInstanceIdError for any other that is unknown, and for an EC2 node that says with its
    own key that it is in a second region.
    """
    instance_id = request["InstanceId"]
    heartbeat = _heartbeat(request)
    if nodes.note_heartbeat(context.db, context.scope, instance_id, heartbeat, context.now):
        return {}
    if not instance_id.startswith(_EC2_PREFIX):
        raise InvalidInstanceIdError.unknown(instance_id)
    if context.caller.role == "node":
        _check_region(context, instance_id)
    newcomer = Registration(
        instance_id=instance_id, activation_id="", name=None, iam_role=None, tags={}
    )
    nodes.add(context.db, context.scope, newcomer, context.now)
    nodes.note_heartbeat(context.db, context.scope, instance_id, heartbeat, context.now)
    return {}


def _check_region(context: Context, instance_id: str) -> None:
    """Return if the node is in no region yet: one key must not fill the store with regions."""
    regions = nodes.regions_of(context.db, context.scope.account_id, instance_id)
    if regions:
        raise InvalidInstanceIdError(
            f"Instance {instance_id} is a managed node in {regions[0]}, and an EC2 instance is in"
            " one region; deregister it there first."
        )


def _heartbeat(request: Request) -> Heartbeat:
    # An empty text says no more than an absent member.
    return Heartbeat(
        agent_version=request.get("AgentVersion") or None,
        operating_system=_operating_system(request),
        platform_type=request.get("PlatformType"),
        platform_name=request.get("PlatformName") or None,
        platform_version=request.get("PlatformVersion") or None,
        computer_name=request.get("ComputerName") or None,
        ip_address=request.get("IPAddress") or None,
        source_id=request.get("SourceId") or None,
        source_type=request.get("SourceType"),
        agent_name=request.get("AgentName") or None,
        source_location=request.get("SourceLocation") or None,
        availability_zone=request.get("AvailabilityZone") or None,
    )


def _operating_system(request: Request) -> str | None:
    platform = Platform(
        platform_type=request.get("PlatformType", ""),
        platform_name=request.get("PlatformName", ""),
        platform_version=request.get("PlatformVersion", ""),
    )
    return operating_system_of(operating_systems().values(), platform)
