from collections.abc import Mapping
from dataclasses import replace

from patchwarden.domain.facts import Node
from patchwarden.store import nodes
from patchwarden.store.database import Database, Scope
from patchwarden.store.nodes import Heartbeat, Registration

SCOPE = Scope("123456789012", "us-east-1")
FACTS = Node(
    operating_system="DEBIAN",
    platform_type="Linux",
    platform_name="Debian GNU/Linux",
    platform_version="12",
    architecture="amd64",
    computer_name="web-1",
    ip_address="192.0.2.1",
)


def add(
    db: Database,
    instance_id: str,
    *,
    scope: Scope = SCOPE,
    tags: Mapping[str, str] | None = None,
    now: float = 10.0,
) -> int:
    registration = Registration(
        instance_id=instance_id,
        activation_id="activation",
        name="name",
        iam_role="role",
        tags=tags or {},
    )
    return nodes.add(db, scope, registration, now)


def test_a_new_node_has_told_nothing(db: Database) -> None:
    key = add(db, "mi-1", tags={"Patch Group": "é"})
    node = nodes.find(db, SCOPE, "mi-1")
    assert node is not None
    assert (node.node_key, node.instance_id, node.activation_id) == (key, "mi-1", "activation")
    assert (node.name, node.iam_role, node.tags) == ("name", "role", {"Patch Group": "é"})
    assert (node.registered_at, node.last_ping_at, node.operating_system) == (10.0, 10.0, "")
    assert (node.scan_id, node.verdict_id) == (None, None)


def test_accounts_and_regions_share_no_nodes(db: Database) -> None:
    add(db, "mi-1")
    elsewhere = SCOPE._replace(region="eu-west-1")
    assert nodes.find(db, elsewhere, "mi-1") is None
    add(db, "mi-1", scope=elsewhere)
    assert len(nodes.after(db, SCOPE, "", 10)) == len(nodes.after(db, elsewhere, "", 10)) == 1


def test_nodes_are_listed_by_their_ids(db: Database) -> None:
    for number in (3, 1, 4, 2):
        add(db, f"mi-{number}")
    listed = [node.instance_id for node in nodes.after(db, SCOPE, "mi-1", 2)]
    assert listed == ["mi-2", "mi-3"]


def test_a_report_says_what_the_node_is(db: Database) -> None:
    nodes.note_report(db, add(db, "mi-1"), FACTS, "patchwarden-agent/0.1.0", 20.0)
    node = nodes.find(db, SCOPE, "mi-1")
    assert node is not None
    assert (node.last_ping_at, node.agent_version, node.operating_system) == (
        20.0,
        "0.1.0",
        "DEBIAN",
    )
    assert (node.platform_type, node.platform_name, node.platform_version) == (
        "Linux",
        "Debian GNU/Linux",
        "12",
    )
    assert (node.computer_name, node.ip_address) == ("web-1", "192.0.2.1")


def test_a_sign_of_life_changes_nothing_else(db: Database) -> None:
    key = add(db, "mi-1")
    before = nodes.find(db, SCOPE, "mi-1")
    nodes.note_sign_of_life(db, key, 30.0)
    node = nodes.find(db, SCOPE, "mi-1")
    assert before is not None
    assert node is not None
    assert node.last_ping_at == 30.0
    assert node.registered_at == before.registered_at


def test_a_heartbeat_changes_what_it_says_and_nothing_else(db: Database) -> None:
    nodes.note_report(db, add(db, "mi-1"), FACTS, "patchwarden-agent/0.1.0", 20.0)
    add(db, "mi-2")
    before = nodes.find(db, SCOPE, "mi-1")
    said = Heartbeat(agent_version="0.2.0", source_id="vm-1", source_type="AWS::IoT::Thing")
    assert nodes.note_heartbeat(db, SCOPE, "mi-1", said, 30.0)
    assert before is not None
    assert nodes.find(db, SCOPE, "mi-1") == replace(
        before,
        last_ping_at=30.0,
        agent_version="0.2.0",
        source_id="vm-1",
        source_type="AWS::IoT::Thing",
    )
    other = nodes.find(db, SCOPE, "mi-2")
    assert other is not None
    assert other.last_ping_at == 10.0


def test_a_heartbeat_can_say_everything_about_the_platform(db: Database) -> None:
    add(db, "mi-1")
    said = Heartbeat(
        operating_system="SUSE",
        platform_type="Linux",
        platform_name="SLES",
        platform_version="15.5",
        computer_name="db-1",
        ip_address="192.0.2.9",
    )
    nodes.note_heartbeat(db, SCOPE, "mi-1", said, 30.0)
    node = nodes.find(db, SCOPE, "mi-1")
    assert node is not None
    assert node.operating_system == "SUSE"
    assert (node.platform_type, node.platform_name, node.platform_version) == (
        "Linux",
        "SLES",
        "15.5",
    )
    assert (node.computer_name, node.ip_address) == ("db-1", "192.0.2.9")


def test_nobody_else_hears_of_a_heartbeat(db: Database) -> None:
    add(db, "mi-1")
    elsewhere = SCOPE._replace(region="eu-west-1")
    assert not nodes.note_heartbeat(db, elsewhere, "mi-1", Heartbeat(), 30.0)
    assert not nodes.note_heartbeat(db, SCOPE, "mi-2", Heartbeat(), 30.0)
    node = nodes.find(db, SCOPE, "mi-1")
    assert node is not None
    assert node.last_ping_at == 10.0


def test_a_role_is_given_to_a_node_that_is_there(db: Database) -> None:
    add(db, "mi-1")
    assert nodes.set_iam_role(db, SCOPE, "mi-1", "other")
    assert not nodes.set_iam_role(db, SCOPE, "mi-2", "other")
    node = nodes.find(db, SCOPE, "mi-1")
    assert node is not None
    assert node.iam_role == "other"


def test_tags_are_replaced(db: Database) -> None:
    key = add(db, "mi-1", tags={"a": "1"})
    nodes.set_tags(db, key, {"b": "2"})
    node = nodes.find(db, SCOPE, "mi-1")
    assert node is not None
    assert node.tags == {"b": "2"}
