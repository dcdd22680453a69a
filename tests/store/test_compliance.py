from typing import Any

import pytest

from node_store import NODE, SCOPE, NodeStore
from patchwarden.domain.states import ComplianceLevel
from patchwarden.store import compliance, compliance_resources, nodes
from patchwarden.store.compliance import (
    ComplianceItem,
    Execution,
    Heading,
    Upload,
    UploadKey,
    read_counts,
)
from patchwarden.store.database import Database

EXECUTION = Execution(5.5, "run-1", None)
HEADING = Heading(None, EXECUTION, "hash")


def item(item_id: str | None, **members: Any) -> ComplianceItem:
    """Make a compliant item without a title."""
    plain = ComplianceItem(item_id, None, ComplianceLevel.LOW, True, {}, EXECUTION)
    return plain._replace(**members)


def everything(db: Database, key: UploadKey) -> list[tuple[int, str | None]]:
    """Give the positions and ids of the items of an upload."""
    return [(position, each.item_id) for position, each in compliance.items_from(db, key, 0, 100)]


@pytest.fixture
def key(store: NodeStore) -> UploadKey:
    return UploadKey(store.node().node_key, "Association")


def test_items_come_back_as_they_were(store: NodeStore, key: UploadKey) -> None:
    kept = [
        item(None, title="é", severity=ComplianceLevel.CRITICAL, details={"a": '"'}),
        item("b", is_compliant=False, execution=Execution(6.0, None, "Command")),
    ]
    compliance.replace(store.db, key, HEADING, kept)
    assert compliance.items_from(store.db, key, 0, 10) == list(enumerate(kept))
    assert compliance.items_from(store.db, key, 1, 10) == [(1, kept[1])]
    assert compliance.items_from(store.db, key, 0, 1) == [(0, kept[0])]
    (upload,) = compliance.uploads_of(store.db, key.node_key)
    assert (upload.compliance_type, upload.heading) == (key.compliance_type, HEADING)


def test_what_replaces_an_upload_has_another_id(store: NodeStore, key: UploadKey) -> None:
    ids = []
    for name in ("a", "b"):
        compliance.replace(store.db, key, HEADING, [item(name)])
        (upload,) = compliance.uploads_of(store.db, key.node_key)
        ids.append(upload.upload_id)
    assert ids[0] != ids[1]
    assert everything(store.db, key) == [(0, "b")]


def test_what_is_merged_keeps_the_upload_and_the_positions(
    store: NodeStore, key: UploadKey
) -> None:
    compliance.merge(store.db, key, HEADING, [item("a"), item("b"), item("c")])
    (before,) = compliance.uploads_of(store.db, key.node_key)
    heading = Heading(7, Execution(8.0, None, None), None)
    compliance.merge(store.db, key, heading, [item("b"), item("d")])
    (after,) = compliance.uploads_of(store.db, key.node_key)
    assert after == before._replace(heading=heading)
    assert everything(store.db, key) == [(0, "a"), (2, "c"), (3, "b"), (4, "d")]


def test_types_and_nodes_are_apart(store: NodeStore, key: UploadKey) -> None:
    other = UploadKey(store.register("mi-0123456789abcdef1"), key.compliance_type)
    third = key._replace(compliance_type="Custom:x")
    for each in (key, other, third):
        compliance.replace(store.db, each, HEADING, [item("a")])
    compliance.remove(store.db, key)
    assert everything(store.db, key) == []
    assert everything(store.db, other) == everything(store.db, third) == [(0, "a")]
    assert [each.compliance_type for each in compliance.uploads_of(store.db, key.node_key)] == [
        "Custom:x"
    ]


def test_the_size_of_a_node_is_that_of_its_texts(store: NodeStore, key: UploadKey) -> None:
    assert compliance.size_of_node(store.db, key.node_key) == 0
    compliance.replace(store.db, key, HEADING, [item("ab", title="éé", details={"a": "b"})])
    other = key._replace(compliance_type="Custom:x")
    compliance.replace(store.db, other, HEADING, [item(None)])
    assert compliance.size_of_node(store.db, key.node_key) == len("ab" + "éé" + '{"a":"b"}' + "{}")


def test_a_removed_node_leaves_no_compliance(store: NodeStore, key: UploadKey) -> None:
    compliance.replace(store.db, key, HEADING, [item("a")])
    nodes.remove(store.db, key.node_key)
    assert (store.count("compliance_uploads"), store.count("compliance_items")) == (0, 0)


@pytest.mark.parametrize(
    ("compliance_type", "put_at", "newest", "holds"),
    [
        ("Patch", 1, 1, True),
        ("Patch", None, None, True),
        ("Patch", 1, 2, False),
        ("Patch", None, 1, False),
        ("Custom:x", 1, 2, True),
        ("Association", None, 1, True),
    ],
)
def test_patches_hold_until_the_node_reports(
    compliance_type: str, put_at: int | None, newest: int | None, *, holds: bool
) -> None:
    upload = Upload(1, compliance_type, HEADING._replace(scan_id=put_at))
    assert upload.holds_after(newest) is holds


def test_an_upload_is_a_resource_with_counts(store: NodeStore, key: UploadKey) -> None:
    bad = item("b", is_compliant=False, severity=ComplianceLevel.HIGH)
    compliance.replace(store.db, key, HEADING, [item("a"), bad, item("c")])
    (resource,) = compliance_resources.of_nodes(store.db, SCOPE, [NODE, "mi-unknown"])
    assert resource.compliance_type == "Association"
    assert resource.is_non_compliant
    assert resource.overall_severity == ComplianceLevel.HIGH
    assert (resource.executed_at, resource.execution_id, resource.execution_type) == EXECUTION
    counts = read_counts(resource.items_compliant, resource.items_non_compliant)
    assert counts == ((0, 0, 2, 0, 0, 0), (0, 0, 0, 0, 1, 0))


def test_resources_are_counted_by_what_they_agree_in(store: NodeStore) -> None:
    for number in range(3):
        node_key = store.register(f"mi-{number}", {"PatchGroup": "web" if number else ""})
        upload = UploadKey(node_key, "Custom:x")
        compliance.replace(store.db, upload, HEADING, [item("a", is_compliant=number > 1)])
    counted = compliance_resources.count(store.db, SCOPE, ["patch_group"])
    assert sorted(
        (each.patch_group, each.is_non_compliant, each.overall_severity, resources)
        for each, resources in counted
    ) == [("", 1, 2, 1), ("web", 0, 0, 1), ("web", 1, 2, 1)]


def test_ids_of_nodes_come_in_order(store: NodeStore) -> None:
    store.register("mi-2", {"PatchGroup": "web"})
    store.register("mi-1", {"PatchGroup": "web"})
    ids = compliance_resources.instance_ids
    assert ids(store.db, SCOPE, "", 10) == [NODE, "mi-1", "mi-2"]
    assert ids(store.db, SCOPE, NODE, 1) == ["mi-1"]
    assert ids(store.db, SCOPE, "", 10, patch_group="web") == ["mi-1", "mi-2"]
    assert ids(store.db, SCOPE._replace(region="eu-west-1"), "", 10) == []
