"""Tells the server that this node is there, and what is cheap to know of it."""

from patchwarden_agent import __version__
from patchwarden_agent.client import Operation, call
from patchwarden_agent.host import read_host, read_system
from patchwarden_agent.registration import Registration
from patchwarden_agent.report import plain
from patchwarden_agent.target import Target

_UPDATE = Operation("AmazonSSM", "UpdateInstanceInformation")
_TIMEOUT_S = 20.0
"""The next heartbeat makes up for a lost one, so that a scan need not wait long for it."""


def send_heartbeat(registration: Registration, target: Target) -> None:
    """Send a sign of life of the node that `target` is.

    Raises RequestError if the server refuses it, UnreachableError if there is no answer.
    """
    members = {"InstanceId": registration.instance_id, **heartbeat_of(target)}
    call(registration.endpoint, _UPDATE, members, registration.signing_key, timeout_s=_TIMEOUT_S)


def heartbeat_of(target: Target) -> dict[str, str]:
    """Give the members of UpdateInstanceInformation; what is unknown is left out."""
    host, system = read_host(target), read_system(target)
    members = {
        "AgentName": "patchwarden-agent",
        "AgentStatus": "Active",
        "AgentVersion": __version__,
        "ComputerName": host.computer_name,
        "IPAddress": host.ip_address,
    }
    if system is not None:
        members["PlatformType"] = "Linux"
        members["PlatformName"] = plain(system.name)
        members["PlatformVersion"] = plain(system.version)
    return {name: value for name, value in members.items() if value}
