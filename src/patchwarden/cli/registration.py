"""Makes a managed node in the caller's account, through the API."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from patchwarden.cli.connection import Connection

IAM_ROLE = "PatchwardenManagedNode"
"""CreateActivation demands a role; Patchwarden keeps it and gives it no meaning."""


class Registrar(NamedTuple):
    """The two clients that it takes: one for who may, one for the machine itself."""

    ssm: Any
    ssm_agent: Any

    @classmethod
    def of(cls, connection: Connection) -> "Registrar":
        """Make the clients."""
        return cls(connection.client("ssm"), connection.client("ssm-agent"))


def register_node(registrar: Registrar, *, name: str, tags: Mapping[str, str]) -> str:
    """Make an activation for one node and register it; give the node's id."""
    described = {"DefaultInstanceName": name} if name else {}
    activation = registrar.ssm.create_activation(
        IamRole=IAM_ROLE,
        Description="Made by patchwarden for one node",
        RegistrationLimit=1,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        **described,
    )
    answer = registrar.ssm_agent.register_managed_instance(
        ActivationId=activation["ActivationId"], ActivationCode=activation["ActivationCode"]
    )
    instance_id = answer["InstanceId"]
    assert isinstance(instance_id, str)
    return instance_id
