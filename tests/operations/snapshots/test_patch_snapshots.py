"""GetDeployablePatchSnapshotForInstance, and what its link gives."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from driver import ACCOUNT, PUBLIC_URL, SCOPE, Api, Json, Refused
from fakes import NOW, report
from inventory_uploads import summary_item
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.operations.snapshot_links import LINK_LIFETIME_S, SNAPSHOTS_PATH
from patchwarden.operations.snapshots.patch_snapshots import FIXED_FOR_S
from patchwarden.store import patch_snapshots
from patchwarden.store.catalog import CatalogWriter
from patchwarden.store.database import Scope

ID = "6d03d6c5-f79d-41d0-8d0e-00a9a0000000"
OTHER_ID = "6d03d6c5-f79d-41d0-8d0e-00a9a0000001"
DAY_S = 86_400
DEBIAN_DEFAULT = "pb-09a5f8eb62bde80b1"
APPROVE_ALL = {
    "PatchRules": [
        {
            "PatchFilterGroup": {"PatchFilters": [{"Key": "PRIORITY", "Values": ["*"]}]},
            "ApproveAfterDays": 3,
            "ComplianceLevel": "HIGH",
        }
    ]
}


def new_node(api: Api, *, group: str = "", scope: Scope = SCOPE, **node: Json) -> str:
    """Make a node that has reported; `node` says how it differs from a Debian 12."""
    tags = [{"Key": "Patch Group", "Value": group}] if group else []
    instance_id = api.register_node(scope=scope, Tags=tags)
    api.submit(instance_id, report(node=node), scope)
    return instance_id


def ask(api: Api, instance_id: str, snapshot_id: str = ID, **members: Json) -> Json:
    return api.call(
        "GetDeployablePatchSnapshotForInstance",
        InstanceId=instance_id,
        SnapshotId=snapshot_id,
        **members,
    )


def download(api: Api, answer: Json) -> bytes:
    """Give what a link gives at this time."""
    url = urlsplit(answer["SnapshotDownloadUrl"])
    name = url.path.removeprefix(SNAPSHOTS_PATH)
    key = api.resources.snapshot_links.open(name, url.query, api.clock.now)
    content = patch_snapshots.content_of(api.reader, api.resources.vault, key)
    assert content is not None
    return content


def document(api: Api, instance_id: str, snapshot_id: str = ID, **members: Json) -> Any:
    """Ask for a snapshot and give its document, decoded."""
    return json.loads(download(api, ask(api, instance_id, snapshot_id, **members)))


def use_own_baseline(api: Api, **members: Json) -> str:
    """Make an own baseline the default; give its id."""
    made = api.call("CreatePatchBaseline", Name="mine", OperatingSystem="DEBIAN", **members)
    api.call("RegisterDefaultPatchBaseline", BaselineId=made["BaselineId"])
    return str(made["BaselineId"])


def become(api: Api, instance_id: str, operating_system: str, version: str) -> None:
    """Have a node run another operating system, whose reports nothing can judge yet."""
    with api.db.transaction():
        api.db.execute(
            "UPDATE nodes SET operating_system = ?, platform_version = ? WHERE instance_id = ?",
            (operating_system, version, instance_id),
        )


def windows_update(kb_number: str, released_at: float) -> CatalogPatch:
    return CatalogPatch(
        operating_system="WINDOWS",
        product="WindowsServer2019",
        product_family="Windows",
        patch_id=f"id of {kb_number}",
        kb_number=kb_number,
        classification="SecurityUpdates",
        msrc_severity="Critical",
        released_at=released_at,
    )


def refusal(api: Api, instance_id: str, **members: Json) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        ask(api, instance_id, **members)
    return refused.value.code, refused.value.message


def test_the_answer_names_the_node_the_snapshot_and_the_product(api: Api) -> None:
    instance_id = new_node(api)
    answer = ask(api, instance_id)
    url = answer.pop("SnapshotDownloadUrl")
    assert answer == {"InstanceId": instance_id, "SnapshotId": ID, "Product": "Debian12"}
    assert url.startswith(f"{PUBLIC_URL}/_patchwarden/snapshots/DEBIAN-{ID}?X-Amz-Date=")


def test_a_node_gets_the_default_baseline_of_its_operating_system(api: Api) -> None:
    made = document(api, new_node(api))
    assert made["patchGroup"] is None
    assert made["patches"] == []
    baseline = made["patchBaseline"]
    assert baseline["baselineId"] == DEBIAN_DEFAULT
    assert baseline["accountId"] == "075727635805"
    assert baseline["name"] == "AWS-DebianDefaultPatchBaseline"
    assert baseline["operatingSystem"] == "DEBIAN"


def test_a_node_gets_an_own_baseline(api: Api) -> None:
    own = use_own_baseline(api, ApprovalRules=APPROVE_ALL)
    baseline = document(api, new_node(api))["patchBaseline"]
    assert baseline["baselineId"] == own
    assert baseline["accountId"] == ACCOUNT
    assert baseline["approvalRules"]["rules"][0]["approveAfterDays"] == 3
    assert baseline["createdTime"] == baseline["modifiedTime"] == api.clock.now


def test_a_node_gets_the_baseline_of_its_patch_group(api: Api) -> None:
    own = api.call("CreatePatchBaseline", Name="mine", OperatingSystem="DEBIAN")["BaselineId"]
    api.call("RegisterPatchBaselineForPatchGroup", BaselineId=own, PatchGroup="web")
    made = document(api, new_node(api, group="web"))
    assert made["patchGroup"] == "web"
    assert made["patchBaseline"]["baselineId"] == own
    made = document(api, new_node(api, group="db"))
    assert made["patchGroup"] == "db"
    assert made["patchBaseline"]["baselineId"] == DEBIAN_DEFAULT


def test_the_same_id_gives_the_same_bytes_though_the_baseline_changed(api: Api) -> None:
    instance_id = new_node(api)
    before = download(api, ask(api, instance_id))
    own = use_own_baseline(api)
    assert download(api, ask(api, instance_id)) == before
    assert download(api, ask(api, new_node(api))) == before
    assert document(api, instance_id, OTHER_ID)["patchBaseline"]["baselineId"] == own


@pytest.mark.parametrize(("age", "is_new"), [(FIXED_FOR_S - 1, False), (FIXED_FOR_S, True)])
def test_after_three_days_the_same_id_makes_a_new_snapshot(
    api: Api, age: float, is_new: bool
) -> None:
    instance_id = new_node(api)
    before = download(api, ask(api, instance_id))
    use_own_baseline(api)
    api.clock.advance(age)
    assert (download(api, ask(api, instance_id)) != before) is is_new


def test_a_link_works_to_its_end_though_the_snapshot_is_no_longer_issued(api: Api) -> None:
    instance_id = new_node(api)
    before = download(api, ask(api, instance_id))
    api.clock.advance(FIXED_FOR_S - 1)
    late = ask(api, instance_id)
    api.clock.advance(LINK_LIFETIME_S - 1)
    ask(api, instance_id, OTHER_ID)
    assert download(api, late) == before


def test_old_snapshots_are_dropped_when_another_is_made(api: Api) -> None:
    instance_id = new_node(api)
    ask(api, instance_id)
    api.clock.advance(FIXED_FOR_S + LINK_LIFETIME_S + 1)
    ask(api, instance_id, OTHER_ID)
    assert api.db.all("SELECT snapshot_id FROM patch_snapshots") == [(OTHER_ID,)]


def test_groups_and_regions_do_not_share_snapshots(api: Api) -> None:
    elsewhere = Scope(ACCOUNT, "eu-west-1")
    here, grouped = new_node(api), new_node(api, group="web")
    there = new_node(api, scope=elsewhere)
    before = document(api, here)
    own = use_own_baseline(api)
    assert document(api, here) == before
    assert document(api, grouped)["patchBaseline"]["baselineId"] == own
    baseline = document(api, there, scope=elsewhere)["patchBaseline"]
    assert baseline["baselineId"] == DEBIAN_DEFAULT
    assert baseline["accountId"] == "845259048710"


def test_an_override_takes_the_place_of_the_rules(api: Api) -> None:
    override = {
        "OperatingSystem": "DEBIAN",
        "ApprovalRules": APPROVE_ALL,
        "RejectedPatches": ["vim"],
        "RejectedPatchesAction": "BLOCK",
    }
    made = document(api, new_node(api, group="web"), BaselineOverride=override)
    baseline = made["patchBaseline"]
    assert made["patchGroup"] == "web"
    assert baseline["baselineId"] == DEBIAN_DEFAULT
    assert baseline["name"] == "BaselineOverride"
    assert baseline["description"] is None
    assert baseline["globalFilters"] == {"filters": []}
    assert [rule["complianceLevel"] for rule in baseline["approvalRules"]["rules"]] == ["HIGH"]
    assert baseline["rejectedPatches"] == ["vim"]
    assert baseline["rejectedPatchesAction"] == "BLOCK"


def test_a_snapshot_that_is_there_wins_over_an_override(api: Api) -> None:
    instance_id = new_node(api)
    before = document(api, instance_id)
    assert document(api, instance_id, BaselineOverride={"ApprovedPatches": ["bash"]}) == before
    changed = document(api, instance_id, OTHER_ID, BaselineOverride={"ApprovedPatches": ["bash"]})
    assert changed["patchBaseline"]["approvedPatches"] == ["bash"]
    assert document(api, instance_id, OTHER_ID) == changed


def test_the_override_of_one_node_does_not_patch_another(api: Api) -> None:
    first, second = new_node(api, group="web"), new_node(api, group="web")
    changed = document(api, first, BaselineOverride={"ApprovedPatches": ["bash"]})
    shared = document(api, second)
    assert shared["patchBaseline"]["approvedPatches"] == []
    assert document(api, first) == changed
    assert document(api, second, BaselineOverride={"ApprovedPatches": ["bash"]}) == shared


def test_a_node_that_claims_a_patch_group_gets_nothing_of_it(api: Api) -> None:
    secret = api.call("CreatePatchBaseline", Name="secret", OperatingSystem="DEBIAN")["BaselineId"]
    api.call("RegisterPatchBaselineForPatchGroup", BaselineId=secret, PatchGroup="secret")
    instance_id = new_node(api)
    claim = summary_item(at=NOW + 1, PatchGroup="secret")
    api.call("PutInventory", InstanceId=instance_id, Items=[claim])
    made = document(api, instance_id)
    assert (made["patchGroup"], made["patchBaseline"]["baselineId"]) == (None, DEBIAN_DEFAULT)


def test_a_document_is_made_again_where_anything_about_it_has_changed(api: Api) -> None:
    own = use_own_baseline(api)
    instance_id = new_node(api)
    changes: list[Callable[[], object]] = [
        lambda: api.call("UpdatePatchBaseline", BaselineId=own, ApprovedPatches=["bash"]),
        lambda: api.call("UpdatePatchBaseline", BaselineId=own, ApprovedPatches=["vim"]),
        lambda: use_own_baseline(api, Description="another"),
    ]
    seen = []
    for number, change in enumerate(changes):
        change()
        seen.append(document(api, instance_id, f"00000000-0000-4000-8000-{number:012}"))
    assert [each["patchBaseline"]["approvedPatches"] for each in seen] == [["bash"], ["vim"], []]
    assert seen[2]["patchBaseline"]["description"] == "another"


def test_what_an_override_says_is_handed_out_as_it_is(api: Api) -> None:
    source = {"Name": "mirror", "Products": ["*"], "Configuration": "sealed:AAAA"}
    made = document(api, new_node(api), BaselineOverride={"Sources": [source]})
    assert made["patchBaseline"]["sources"][0]["configuration"] == "sealed:AAAA"


def test_an_empty_override_is_none(api: Api) -> None:
    made = document(api, new_node(api), BaselineOverride={})
    assert made["patchBaseline"]["name"] == "AWS-DebianDefaultPatchBaseline"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"OperatingSystem": "UBUNTU"}, "BaselineOverride is for UBUNTU, but .* runs DEBIAN"),
        (
            {"GlobalFilters": {"PatchFilters": [{"Key": "CVE_ID", "Values": ["*"]}]}},
            "Invalid Filter Key: CVE_ID for OperatingSystem: DEBIAN",
        ),
    ],
)
def test_an_override_that_does_not_fit_the_node_is_refused(
    api: Api, override: dict[str, Any], message: str
) -> None:
    code, told = refusal(api, new_node(api), BaselineOverride=override)
    assert code == "ValidationException"
    assert re.match(message, told)


def test_a_node_that_nobody_knows_is_refused_with_a_sentence(api: Api) -> None:
    code, message = refusal(api, "mi-fffffffffffffffff")
    assert code == "ValidationException"
    assert message.startswith("Instance mi-fffffffffffffffff is not a managed node")


def test_a_node_that_never_reported_has_no_operating_system_that_is_supported(api: Api) -> None:
    assert refusal(api, api.register_node()) == ("UnsupportedOperatingSystem", "")


@pytest.mark.parametrize(
    ("operating_system", "version"), [("DEBIAN", "trixie/sid"), ("WINDOWS", "10.0.22631")]
)
def test_a_version_that_makes_no_product_is_not_supported(
    api: Api, operating_system: str, version: str
) -> None:
    instance_id = new_node(api)
    become(api, instance_id, operating_system, version)
    assert refusal(api, instance_id) == ("UnsupportedOperatingSystem", "")


def test_windows_is_told_which_patches_of_the_catalog_are_approved(api: Api) -> None:
    instance_id = new_node(api)
    become(api, instance_id, "WINDOWS", "10.0.17763")
    released_at = {"KB1": api.clock.now - 30 * DAY_S, "KB2": api.clock.now - DAY_S}
    with api.db.transaction():
        catalog = CatalogWriter(api.db)
        for kb_number, at in released_at.items():
            catalog.put(windows_update(kb_number, at))
    made = document(api, instance_id)
    assert made["patchBaseline"]["name"] == "AWS-DefaultPatchBaseline"
    assert [each["kbNumber"] for each in made["patches"]] == ["KB1"]
    api.clock.advance(30 * DAY_S)
    later = document(api, instance_id, OTHER_ID)
    assert [each["kbNumber"] for each in later["patches"]] == ["KB1", "KB2"]


def test_asking_again_writes_nothing(api: Api) -> None:
    instance_id = new_node(api)
    ask(api, instance_id)
    before = api.db.all("SELECT * FROM patch_snapshots")
    api.clock.advance(60)
    ask(api, instance_id, UseS3DualStackEndpoint=True)
    assert api.db.all("SELECT * FROM patch_snapshots") == before
