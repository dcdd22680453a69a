"""An account of its own for each test: accounts see nothing of each other, so tests neither."""

import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from fakes import report, report_bytes
from patchwarden.domain.facts import Package
from patchwarden.store.credentials import IssuedKey, Role
from serving import REGION, RunningServer

Client: TypeAlias = Any
"""A boto3 client; boto3 makes its class when it runs."""

_numbers = itertools.count(200_000_000_000)


@dataclass(frozen=True, slots=True)
class Account:
    """An account on a running server."""

    server: RunningServer
    account_id: str
    key: IssuedKey
    """An admin's."""

    def client(self, service: str = "ssm", *, region: str = REGION) -> Client:
        """Make a boto3 client with the admin's key."""
        return _client(self.server, self.key, service, region)

    def new_key(self, role: Role, *, instance_id: str | None = None) -> IssuedKey:
        """Make one more access key."""
        return self.server.new_key(role, account=self.account_id, instance_id=instance_id)

    def new_node(self, *, region: str = REGION) -> "EnrolledNode":
        """Make a managed node the way nodes do it: by an activation."""
        activation = self.client(region=region).create_activation(IamRole="AnyRole")
        answer = self.client("ssm-agent", region=region).register_managed_instance(
            ActivationId=activation["ActivationId"], ActivationCode=activation["ActivationCode"]
        )
        key = IssuedKey(answer["AccessKeyId"], answer["SecretAccessKey"])
        return EnrolledNode(self.server, answer["InstanceId"], region, key)


@dataclass(frozen=True, slots=True)
class EnrolledNode:
    """A managed node that can report."""

    server: RunningServer
    instance_id: str
    region: str
    key: IssuedKey

    def client(self, service: str = "patchwarden") -> Client:
        """Make a boto3 client with the node's own key."""
        return _client(self.server, self.key, service, self.region)

    def submit(self, packages: Iterable[Package]) -> str:
        """Report that these packages are installed; give the id of the report."""
        answer = self.client().submit_report(
            InstanceId=self.instance_id, Report=report_bytes(report(packages))
        )
        report_id = answer["ReportId"]
        assert isinstance(report_id, str)
        return report_id


def new_account(server: RunningServer) -> Account:
    """Make an account that no other test works in."""
    account_id = str(next(_numbers))
    return Account(server, account_id, server.new_key(account=account_id))


@functools.cache
def _client(server: RunningServer, key: IssuedKey, service: str, region: str) -> Client:
    # Making a client takes longer than all that most tests do with it.
    return server.client(key, service, region=region)
