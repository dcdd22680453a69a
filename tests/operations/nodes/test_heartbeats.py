"""UpdateInstanceInformation: signs of life, and nodes that appear by themselves."""

from pathlib import Path
from typing import Any

import pytest

from driver import ACCOUNT, SCOPE, Api, Json, Refused
from fakes import NOW, package, report
from patchwarden.store import nodes
from patchwarden.store.credentials import Holder
from patchwarden.store.database import Scope
from patchwarden.store.nodes import ManagedNode
from patchwarden_agent.heartbeat import heartbeat_of
from patchwarden_agent.target import Target

EC2 = "i-0123456789abcdef0"
UNKNOWN = "mi-fffffffffffffffff"
AMAZON_LINUX = {
    "PlatformType": "Linux",
    "PlatformName": "Amazon Linux",
    "PlatformVersion": "2023",
}


def beat(api: Api, instance_id: str, **members: Json) -> None:
    """Send a heartbeat, which is answered by an empty object."""
    assert api.call("UpdateInstanceInformation", InstanceId=instance_id, **members) == {}


def shown(api: Api, **members: Json) -> list[Any]:
    """Give the nodes of one page."""
    answer: list[Any] = api.call("DescribeInstanceInformation", **members)[
        "InstanceInformationList"
    ]
    return answer


def stored(api: Api, instance_id: str) -> ManagedNode:
    """Give a node that is there."""
    node = nodes.find(api.db, SCOPE, instance_id)
    assert node is not None
    return node


def test_a_heartbeat_is_shown_with_all_it_says(api: Api) -> None:
    instance_id = api.register_node()
    api.clock.advance(300.5)
    beat(
        api,
        instance_id,
        AgentName="amazon-ssm-agent",
        AgentStatus="Active",
        AgentVersion="3.3.987.0",
        AvailabilityZone="us-east-1a",
        AvailabilityZoneId="use1-az4",
        ComputerName="db-1.example.test",
        IPAddress="2001:db8::7",
        **AMAZON_LINUX,
        SourceId="vm-1",
        SourceLocation="westeurope",
        SourceType="Microsoft.Compute/virtualMachines",
        SSMConnectionChannel="ssmmessages",
    )
    (node,) = shown(api)
    assert (
        node.items()
        >= {
            "LastPingDateTime": NOW + 300.5,
            "AgentVersion": "3.3.987.0",
            "ComputerName": "db-1.example.test",
            "IPAddress": "2001:db8::7",
            **AMAZON_LINUX,
            "SourceId": "vm-1",
            "SourceType": "Microsoft.Compute/virtualMachines",
            "SourceLocation": "westeurope",
        }.items()
    )
    (properties,) = api.call("DescribeInstanceProperties")["InstanceProperties"]
    assert properties["AvailabilityZone"] == "us-east-1a"
    assert properties["SourceLocation"] == "westeurope"
    (entity,) = api.call("GetInventory")["Entities"]
    (entry,) = entity["Data"]["AWS:InstanceInformation"]["Content"]
    assert entry["AgentType"] == "amazon-ssm-agent"


def test_the_heartbeat_of_our_agent_is_understood(api: Api, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID=sles\nNAME="SLES"\nVERSION_ID="15.5"\n')
    instance_id = api.register_node()
    beat(api, instance_id, **heartbeat_of(Target(root=tmp_path)))
    assert stored(api, instance_id).operating_system == "SUSE"
    (node,) = shown(api)
    assert node["IsLatestVersion"] is True
    beat(api, instance_id, **heartbeat_of(Target()))


@pytest.mark.parametrize(
    "members",
    [{}, {"AgentVersion": "", "PlatformName": "", "IPAddress": "", "SourceId": ""}],
)
def test_what_a_heartbeat_does_not_say_stays(api: Api, members: dict[str, str]) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report())
    beat(api, instance_id, SourceId="vm-1")
    (before,) = shown(api)
    api.clock.advance(300)
    beat(api, instance_id, **members)
    assert shown(api) == [{**before, "LastPingDateTime": NOW + 300}]


@pytest.mark.parametrize("status", ["Active", "Inactive", "Stopping"])
def test_an_agent_is_heard_whatever_its_status(api: Api, status: str) -> None:
    instance_id = api.register_node()
    api.clock.advance(10_000)
    beat(api, instance_id, AgentStatus=status)
    assert [node["PingStatus"] for node in shown(api)] == ["Online"]


def test_the_platform_tells_the_operating_system(api: Api) -> None:
    instance_id = api.register_node()
    beat(api, instance_id, **AMAZON_LINUX)
    assert stored(api, instance_id).operating_system == "AMAZON_LINUX_2023"
    beat(api, instance_id)
    assert stored(api, instance_id).operating_system == "AMAZON_LINUX_2023"
    beat(api, instance_id, **{**AMAZON_LINUX, "PlatformVersion": "2"})
    assert stored(api, instance_id).operating_system == "AMAZON_LINUX_2"


def test_reported_facts_tell_the_operating_system_better(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report([package("bash")]))
    beat(api, instance_id, **AMAZON_LINUX)
    assert stored(api, instance_id).operating_system == "DEBIAN"
    patches = api.call("DescribeInstancePatches", InstanceId=instance_id)["Patches"]
    assert [patch["KBId"] for patch in patches] == ["bash.amd64"]


def test_verdicts_of_the_node_itself_leave_the_operating_system_to_the_platform(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report())
    with api.db.transaction():
        api.db.execute("UPDATE scans SET kind = 'inventory'")
    beat(api, instance_id, **AMAZON_LINUX)
    assert stored(api, instance_id).operating_system == "AMAZON_LINUX_2023"


@pytest.mark.parametrize("instance_id", [EC2, "i-01234567"])
def test_an_ec2_node_appears_with_its_first_heartbeat(api: Api, instance_id: str) -> None:
    own = Holder(account_id=ACCOUNT, role="node", instance_id=instance_id)
    beat(api, instance_id, caller=own, ComputerName="ip-10-0-0-7", **AMAZON_LINUX)
    assert shown(api) == [
        {
            "InstanceId": instance_id,
            "PingStatus": "Online",
            "LastPingDateTime": NOW,
            "ResourceType": "EC2Instance",
            "ComputerName": "ip-10-0-0-7",
            **AMAZON_LINUX,
            "SourceId": instance_id,
            "SourceType": "AWS::EC2::Instance",
        }
    ]
    assert stored(api, instance_id).operating_system == "AMAZON_LINUX_2023"


def test_an_ec2_node_appears_once(api: Api) -> None:
    beat(api, EC2)
    api.clock.advance(300)
    beat(api, EC2)
    (node,) = shown(api)
    assert node["LastPingDateTime"] == NOW + 300


def test_an_ec2_node_that_appeared_can_report(api: Api) -> None:
    beat(api, EC2)
    api.submit(EC2, report([package("bash")]))
    patches = api.call("DescribeInstancePatches", InstanceId=EC2)["Patches"]
    assert [patch["KBId"] for patch in patches] == ["bash.amd64"]


def test_an_ec2_node_is_of_the_account_and_region_that_it_names(api: Api) -> None:
    frankfurt = Scope("210987654321", "eu-central-1")
    beat(api, EC2, scope=frankfurt)
    assert shown(api) == []
    assert [node["InstanceId"] for node in shown(api, scope=frankfurt)] == [EC2]


def test_a_node_that_must_register_does_not_appear_by_itself(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        beat(api, UNKNOWN)
    assert refused.value.code == "InvalidInstanceId"
    assert shown(api) == []


def test_a_deregistered_node_stays_away(api: Api) -> None:
    instance_id = api.register_node()
    api.call("DeregisterManagedInstance", InstanceId=instance_id)
    with pytest.raises(Refused) as refused:
        beat(api, instance_id)
    assert refused.value.code == "InvalidInstanceId"


@pytest.mark.parametrize(
    "members",
    [
        {"PlatformType": "BeOS"},
        {"PlatformName": "Ubuntu\x1b[2J"},
        {"ComputerName": "a" * 256},
        {"ComputerName": "a\u2028b"},
        {"IPAddress": "<script>"},
        {"AgentVersion": "1 2"},
        {"SourceId": "a b"},
        {"SourceType": "Toaster"},
    ],
)
def test_what_no_agent_would_say_is_refused(api: Api, members: dict[str, str]) -> None:
    instance_id = api.register_node()
    with pytest.raises(Refused) as refused:
        beat(api, instance_id, **members)
    assert refused.value.code == "ValidationException"


def test_the_key_of_a_node_makes_it_known_in_one_region_only(api: Api) -> None:
    own_key = Holder(account_id=ACCOUNT, role="node", instance_id=EC2)
    beat(api, EC2, caller=own_key)
    beat(api, EC2, caller=own_key)
    elsewhere = Scope(ACCOUNT, "eu-west-1")
    with pytest.raises(Refused, match=f"{EC2} is a managed node in us-east-1") as refused:
        beat(api, EC2, caller=own_key, scope=elsewhere)
    assert refused.value.code == "InvalidInstanceId"
    beat(api, EC2, scope=elsewhere)
    beat(api, EC2, caller=own_key, scope=elsewhere)
