"""Managed nodes: who they are and when they were last heard of."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass

import msgspec

from patchwarden.domain import facts
from patchwarden.domain.patch_groups import patch_group_of
from patchwarden.store import scopes, verdicts
from patchwarden.store.database import Database, Row, Scope
from patchwarden.store.errors import NodeKeyTakenError
from patchwarden.store.node_keys import IS_NODE, identity, node_key_of

_COLUMNS = (
    "node_key, instance_id, activation_id, name, iam_role, tags, registered_at, last_ping_at,"
    " agent_version, operating_system, platform_type, platform_name, platform_version,"
    " computer_name, ip_address, scan_id, verdict_id, patch_group,"
    " last_no_reboot_install_at, source_id, source_type, architecture, reported_patch_group,"
    " agent_name, source_location, availability_zone"
)
_TABLES = (
    "compliance_items",
    "compliance_uploads",
    "inventory_items",
    "scans",
    "facts",
    "node_facts",
    "nodes",
)
"""What keeps rows of a node, by its node_key, but for evaluations; `nodes` itself comes last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedNode:
    """One registered machine. What it has not told yet is empty."""

    node_key: int
    instance_id: str
    activation_id: str | None
    name: str | None
    iam_role: str | None
    tags: Mapping[str, str]
    registered_at: float
    last_ping_at: float | None
    agent_version: str
    operating_system: str
    platform_type: str
    platform_name: str
    platform_version: str
    computer_name: str
    ip_address: str
    scan_id: int | None
    """Its newest report."""
    verdict_id: int | None
    """The evaluation in force."""
    patch_group: str
    """The one its tags name, else the one its last report named; empty if none."""
    last_no_reboot_install_at: float | None
    """When the last Install ended that was told not to reboot."""
    source_id: str
    source_type: str
    architecture: str
    reported_patch_group: str
    """The one that its last report named; empty if none."""
    agent_name: str
    source_location: str
    """Where the machine is in the cloud that it comes from."""
    availability_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A node that is about to be added."""

    instance_id: str
    activation_id: str
    """Empty if it came without one."""
    name: str | None
    iam_role: str | None
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a node says with a sign of life. What it does not say is None, and stays as it was."""

    agent_version: str | None = None
    operating_system: str | None = None
    """What its platform amounts to; it counts for a node that sends no facts."""
    platform_type: str | None = None
    platform_name: str | None = None
    platform_version: str | None = None
    computer_name: str | None = None
    ip_address: str | None = None
    source_id: str | None = None
    source_type: str | None = None
    agent_name: str | None = None
    source_location: str | None = None
    availability_zone: str | None = None


def add(db: Database, scope: Scope, registration: Registration, now: float) -> int:
    """Store a new node; give its key. Raises NodeKeyTakenError."""
    node_key = node_key_of(scope, registration.instance_id)
    if db.one("SELECT 1 FROM nodes WHERE node_key = ?", (node_key,)) is not None:
        raise NodeKeyTakenError(registration.instance_id)
    scopes.add(db, scope)
    db.execute(
        "INSERT INTO nodes (node_key, account_id, region, instance_id, activation_id, name,"
        " iam_role, tags, registered_at, last_ping_at, patch_group, last_number)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            node_key,
            *scope,
            registration.instance_id,
            registration.activation_id,
            registration.name,
            registration.iam_role,
            msgspec.json.encode(registration.tags).decode(),
            now,
            now,
            patch_group_of(registration.tags),
            # Above the time, so that a node that registers again never repeats a number.
            int(now),
        ),
    )
    return node_key


def find(db: Database, scope: Scope, instance_id: str) -> ManagedNode | None:
    """Give one node of `scope`."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM nodes WHERE {IS_NODE}",  # noqa: S608
        identity(scope, instance_id),
    )
    return None if row is None else _node(row)


def regions_of(db: Database, account_id: str, instance_id: str) -> list[str]:
    """Give the regions in which an account has a node with this id."""
    rows = db.all(
        "SELECT region FROM nodes WHERE account_id = ? AND instance_id = ? ORDER BY region",
        (account_id, instance_id),
    )
    return [row[0] for row in rows]


def after(db: Database, scope: Scope, instance_id: str, limit: int) -> list[ManagedNode]:
    """Give up to `limit` nodes of `scope` in the order of their ids, those behind `instance_id`."""
    rows = db.all(
        f"SELECT {_COLUMNS} FROM nodes WHERE account_id = ? AND region = ? AND instance_id > ?"  # noqa: S608
        " ORDER BY instance_id LIMIT ?",
        (*scope, instance_id, limit),
    )
    return [_node(row) for row in rows]


def count_unreported(db: Database, scope: Scope, *, limit: int) -> int:
    """Count the nodes of `scope` that never reported, up to `limit`."""
    row = db.one(
        "SELECT count(*) FROM (SELECT 1 FROM nodes WHERE account_id = ? AND region = ?"
        " AND verdict_id IS NULL AND scan_id IS NULL LIMIT ?) AS unreported",
        (*scope, limit),
    )
    assert row is not None
    return int(row[0])


def note_report(db: Database, node_key: int, node: facts.Node, collector: str, now: float) -> None:
    """Keep what the node said about itself in its newest report."""
    db.execute(
        "UPDATE nodes SET last_ping_at = ?, agent_version = ?, operating_system = ?,"
        " platform_type = ?, platform_name = ?, platform_version = ?, computer_name = ?,"
        " ip_address = ?, architecture = ?, agent_name = ? WHERE node_key = ?",
        (
            now,
            collector.rpartition("/")[2],
            node.operating_system,
            node.platform_type,
            node.platform_name,
            node.platform_version,
            node.computer_name,
            node.ip_address,
            node.architecture,
            collector.rpartition("/")[0],
            node_key,
        ),
    )


def note_sign_of_life(db: Database, node_key: int, now: float) -> None:
    """Keep when the node was last heard of."""
    db.execute("UPDATE nodes SET last_ping_at = ? WHERE node_key = ?", (now, node_key))


def note_heartbeat(
    db: Database, scope: Scope, instance_id: str, heartbeat: Heartbeat, now: float
) -> bool:
    """Keep when the node was last heard of, and what it said; False if there is no such node."""
    changed = db.execute(_NOTE_HEARTBEAT, (now, *astuple(heartbeat), *identity(scope, instance_id)))
    return changed == 1


# A report of facts tells the operating system better than the names of a platform do.
_NOTE_HEARTBEAT = f"""
UPDATE nodes SET
  last_ping_at = ?,
  agent_version = coalesce(?, agent_version),
  operating_system = CASE
    WHEN EXISTS (
      SELECT 1 FROM scans s
      WHERE s.node_key = nodes.node_key AND s.scan_id = nodes.scan_id AND s.kind IS NULL
    )
    THEN operating_system
    ELSE coalesce(?, operating_system)
  END,
  platform_type = coalesce(?, platform_type),
  platform_name = coalesce(?, platform_name),
  platform_version = coalesce(?, platform_version),
  computer_name = coalesce(?, computer_name),
  ip_address = coalesce(?, ip_address),
  source_id = coalesce(?, source_id),
  source_type = coalesce(?, source_type),
  agent_name = coalesce(?, agent_name),
  source_location = coalesce(?, source_location),
  availability_zone = coalesce(?, availability_zone)
WHERE {IS_NODE}
"""  # noqa: S608


def set_iam_role(db: Database, scope: Scope, instance_id: str, iam_role: str) -> bool:
    """Give a node another role; False if there is no such node."""
    sql = f"UPDATE nodes SET iam_role = ? WHERE {IS_NODE}"  # noqa: S608
    return db.execute(sql, (iam_role, *identity(scope, instance_id))) == 1


def set_tags(db: Database, node_key: int, tags: Mapping[str, str]) -> None:
    """Replace the tags of a node. They may put it into another patch group."""
    tagged = patch_group_of(tags)
    db.execute(
        "UPDATE nodes SET tags = ?,"
        " patch_group = CASE WHEN ? <> '' THEN ? ELSE reported_patch_group END WHERE node_key = ?",
        (msgspec.json.encode(tags).decode(), tagged, tagged, node_key),
    )
    verdicts.doubt(db, node_key)


def note_reported_patch_group(db: Database, node: ManagedNode, patch_group: str) -> None:
    """Keep the patch group that the newest report names; it counts where the tags name none."""
    if patch_group != node.reported_patch_group:
        db.execute(
            "UPDATE nodes SET reported_patch_group = ?, patch_group = ? WHERE node_key = ?",
            (patch_group, patch_group_of(node.tags) or patch_group, node.node_key),
        )


def note_install_without_reboot(db: Database, node_key: int, ended_at: float) -> None:
    """Keep when the last Install ended that was told not to reboot."""
    db.execute(
        "UPDATE nodes SET last_no_reboot_install_at = ? WHERE node_key = ?", (ended_at, node_key)
    )


def remove(db: Database, node_key: int) -> None:
    """Forget a node with everything that it reported."""
    verdicts.remove_of_node(db, node_key)
    for table in _TABLES:
        db.execute(f"DELETE FROM {table} WHERE node_key = ?", (node_key,))  # noqa: S608


def _node(row: Row) -> ManagedNode:
    return ManagedNode(
        node_key=row[0],
        instance_id=row[1],
        activation_id=row[2],
        name=row[3],
        iam_role=row[4],
        tags=msgspec.json.decode(row[5], type=dict[str, str]),
        registered_at=row[6],
        last_ping_at=row[7],
        agent_version=row[8],
        operating_system=row[9],
        platform_type=row[10],
        platform_name=row[11],
        platform_version=row[12],
        computer_name=row[13],
        ip_address=row[14],
        scan_id=row[15],
        verdict_id=row[16],
        patch_group=row[17],
        last_no_reboot_install_at=row[18],
        source_id=row[19],
        source_type=row[20],
        architecture=row[21],
        reported_patch_group=row[22],
        agent_name=row[23],
        source_location=row[24],
        availability_zone=row[25],
    )
