"""CreatePatchBaseline, UpdatePatchBaseline and DeletePatchBaseline."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseline_requests import (
    DEBIAN_ARN,
    ELSEWHERE,
    FULL,
    create,
    listed,
    own_arn,
    register_for_group,
)
from driver import ACCOUNT, ADMIN, SCOPE, Api, Json, Refused
from fakes import NOW, package, report
from patchwarden.operations.baselines.baseline_changes import MAX_BASELINES
from patchwarden.store import baselines
from patchwarden.store.database import Scope

UNKNOWN = "pb-0000000000000ffff"
CANNOT_BE_OWN = [
    DEBIAN_ARN,
    own_arn(UNKNOWN, ELSEWHERE[0]),
    own_arn(UNKNOWN, ELSEWHERE[1]),
    f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/pb-0000000000000ffff",
    "pb-0000000000000FFFF",
    "mi-00000000000000000",
    "x" * 20,
]
WITHOUT_OPERATING_SYSTEM = {key: FULL[key] for key in FULL if key != "OperatingSystem"}
OTHER: dict[str, Any] = {
    "Name": "else",
    "GlobalFilters": {"PatchFilters": [{"Key": "SEVERITY", "Values": ["Low", "Moderate"]}]},
    "ApprovalRules": {
        "PatchRules": [{"PatchFilterGroup": {"PatchFilters": []}, "ApproveAfterDays": 360}]
    },
    "ApprovedPatches": [],
    "ApprovedPatchesComplianceLevel": "LOW",
    "ApprovedPatchesEnableNonSecurity": False,
    "RejectedPatches": ["emacs"],
    "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
    "Description": "otherwise",
    "Sources": [],
}
PASSWORD = "hunter2-of-the-mirror"
SOURCE: dict[str, Any] = {
    "Name": "mirror",
    "Products": ["*"],
    "Configuration": f"password={PASSWORD}",
}


def shown(api: Api, baseline_id: str) -> dict[str, Json]:
    """Give all members of a baseline but those that differ from one to the next."""
    answer = api.call("GetPatchBaseline", BaselineId=baseline_id)
    own = {"BaselineId", "CreatedDate", "ModifiedDate"}
    return {name: answer[name] for name in answer if name not in own}


def test_a_new_baseline_has_an_id_in_the_service_s_form(api: Api) -> None:
    assert re.fullmatch(r"pb-[0-9a-f]{17}", create(api))


def test_content_that_its_operating_system_does_not_take_is_refused(api: Api) -> None:
    filters = {"PatchFilters": [{"Key": "PRODUCT", "Values": ["Debian99"]}]}
    with pytest.raises(Refused, match="Invalid Filter Value: Debian99 for Key: PRODUCT") as refused:
        create(api, GlobalFilters=filters)
    assert refused.value.code == "ValidationException"
    assert listed(api, ("OWNER", ["Self"])) == []


def test_tags_of_a_baseline_are_kept(api: Api) -> None:
    baseline_id = create(api, Tags=[{"Key": "Stage", "Value": "prod"}])
    stored = baselines.find(api.db, SCOPE, baseline_id)
    assert stored is not None
    assert stored.tags == {"Stage": "prod"}


def test_the_same_request_again_makes_no_second_baseline(api: Api) -> None:
    first = create(api, ClientToken="once")
    api.clock.advance(3600)
    assert create(api, ClientToken="once") == first
    assert len(listed(api, ("OWNER", ["Self"]))) == 1


def test_a_client_token_stands_for_one_request(api: Api) -> None:
    create(api, ClientToken="once")
    with pytest.raises(Refused) as refused:
        create(api, ClientToken="once", Description="another")
    assert refused.value.code == "IdempotentParameterMismatch"


def test_a_client_token_belongs_to_an_account_and_region(api: Api) -> None:
    ids = {create(api, ClientToken="once", scope=scope) for scope in (SCOPE, *ELSEWHERE)}
    assert len(ids) == 3


def test_without_a_client_token_each_request_makes_a_baseline(api: Api) -> None:
    assert create(api) != create(api)


def test_a_refused_request_can_be_corrected_under_the_same_token(api: Api) -> None:
    filters = {"PatchFilters": [{"Key": "SEVERITY", "Values": ["Low"]}]}
    with pytest.raises(Refused):
        create(api, ClientToken="once", GlobalFilters=filters)
    create(api, ClientToken="once")


def test_an_account_can_have_a_limited_number_of_baselines(api: Api) -> None:
    for _ in range(MAX_BASELINES):
        create(api)
    with pytest.raises(Refused) as refused:
        create(api)
    assert refused.value.code == "ResourceLimitExceededException"
    create(api, scope=ELSEWHERE[0])


def test_an_update_replaces_what_it_has_and_leaves_the_rest(api: Api) -> None:
    baseline_id = create(api, **FULL)
    before = shown(api, baseline_id)
    changed = api.call("UpdatePatchBaseline", BaselineId=baseline_id, RejectedPatches=["emacs"])
    assert changed["RejectedPatches"] == ["emacs"]
    assert shown(api, baseline_id) == before | {"RejectedPatches": ["emacs"]}


def test_an_update_answers_with_all_members_but_the_groups(api: Api) -> None:
    baseline_id = create(api, **FULL)
    register_for_group(api, "web", baseline_id, "REDHAT_ENTERPRISE_LINUX")
    api.clock.advance(60)
    changed = api.call("UpdatePatchBaseline", BaselineId=baseline_id, Description="new")
    expected = api.call("GetPatchBaseline", BaselineId=baseline_id)
    assert expected.pop("PatchGroups") == ["web"]
    assert list(changed.items()) == list(expected.items())
    assert (changed["CreatedDate"], changed["ModifiedDate"]) == (NOW, NOW + 60)


def test_an_own_baseline_can_be_updated_by_its_arn(api: Api) -> None:
    baseline_id = create(api)
    changed = api.call("UpdatePatchBaseline", BaselineId=own_arn(baseline_id), Name="new")
    assert (changed["BaselineId"], changed["Name"]) == (baseline_id, "new")


def test_an_update_can_replace_everything_with_the_defaults(api: Api) -> None:
    baseline_id = create(api, **FULL)
    api.call("UpdatePatchBaseline", BaselineId=baseline_id, Name="bare", Replace=True)
    bare = create(api, Name="bare", OperatingSystem=FULL["OperatingSystem"])
    assert shown(api, baseline_id) == shown(api, bare)
    assert "Description" not in shown(api, baseline_id)


def test_replacing_everything_needs_a_name(api: Api) -> None:
    baseline_id = create(api)
    with pytest.raises(Refused, match="Name is needed") as refused:
        api.call("UpdatePatchBaseline", BaselineId=baseline_id, Replace=True)
    assert refused.value.code == "ValidationException"


def test_an_update_without_members_changes_the_date_only(api: Api) -> None:
    baseline_id = create(api, **FULL)
    before = shown(api, baseline_id)
    api.clock.advance(1)
    changed = api.call("UpdatePatchBaseline", BaselineId=baseline_id, Replace=False)
    assert changed["ModifiedDate"] == NOW + 1
    assert shown(api, baseline_id) == before


subsets = st.sets(st.sampled_from(sorted(OTHER))).map(lambda names: {n: OTHER[n] for n in names})


@pytest.fixture(scope="module")
def shared_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give one installation for many examples; each makes baselines and deletes them."""
    api = Api(tmp_path_factory.mktemp("shared") / "data")
    yield api
    api.close()


@settings(deadline=None, max_examples=50)
@given(subsets)
def test_an_update_makes_what_creating_the_merged_request_makes(
    shared_api: Api, given_members: Mapping[str, Json]
) -> None:
    updated = create(shared_api, **FULL)
    shared_api.call("UpdatePatchBaseline", BaselineId=updated, **given_members)
    created = create(shared_api, **{**FULL, **given_members})
    assert shown(shared_api, updated) == shown(shared_api, created)
    for baseline_id in (updated, created):
        shared_api.call("DeletePatchBaseline", BaselineId=baseline_id)


@settings(deadline=None, max_examples=50)
@given(subsets)
def test_a_replacing_update_makes_what_creating_the_request_makes(
    shared_api: Api, given_members: Mapping[str, Json]
) -> None:
    members = {"Name": "mine", **given_members}
    updated = create(shared_api, **FULL)
    shared_api.call("UpdatePatchBaseline", BaselineId=updated, Replace=True, **members)
    created = create(shared_api, OperatingSystem=FULL["OperatingSystem"], **members)
    assert shown(shared_api, updated) == shown(shared_api, created)
    for baseline_id in (updated, created):
        shared_api.call("DeletePatchBaseline", BaselineId=baseline_id)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (
            {"GlobalFilters": {"PatchFilters": [{"Key": "PRIORITY", "Values": ["Urgent"]}]}},
            "Invalid Filter Value: Urgent for Key: PRIORITY",
        ),
        (
            {"GlobalFilters": {"PatchFilters": [{"Key": "SEVERITY", "Values": ["Low"]}]}},
            "Invalid Filter Key: SEVERITY for OperatingSystem: DEBIAN",
        ),
        (
            {"AvailableSecurityUpdatesComplianceStatus": "COMPLIANT"},
            "AvailableSecurityUpdatesComplianceStatus is supported for WINDOWS only.",
        ),
    ],
)
@pytest.mark.parametrize("replaces", [True, False])
def test_an_update_is_checked_like_a_new_baseline(
    api: Api, members: Mapping[str, Json], words: str, replaces: bool
) -> None:
    baseline_id = create(api)
    before = api.call("GetPatchBaseline", BaselineId=baseline_id)
    api.clock.advance(1)
    with pytest.raises(Refused) as refused:
        api.call(
            "UpdatePatchBaseline", BaselineId=baseline_id, Name="new", Replace=replaces, **members
        )
    assert refused.value.code == "ValidationException"
    assert words in refused.value.message
    assert api.call("GetPatchBaseline", BaselineId=baseline_id) == before


@pytest.mark.parametrize(
    "baseline_id", [UNKNOWN, own_arn(UNKNOWN), DEBIAN_ARN.rpartition("/")[2], *CANNOT_BE_OWN]
)
def test_only_an_own_baseline_that_is_there_can_be_updated(api: Api, baseline_id: str) -> None:
    with pytest.raises(Refused) as refused:
        api.call("UpdatePatchBaseline", BaselineId=baseline_id, Name="new")
    assert refused.value.code == "DoesNotExistException"
    predefined = baseline_id == DEBIAN_ARN
    assert ("predefined" in refused.value.message) is predefined


def test_nodes_are_judged_by_an_updated_baseline_at_once(api: Api) -> None:
    instance_id = api.register_node(Tags=[{"Key": "Patch Group", "Value": "web"}])
    api.submit(instance_id, report([package("bash", update="2.0-1")]))
    baseline_id = create(api)
    register_for_group(api, "web", baseline_id)
    assert states(api, instance_id) == ["INSTALLED_OTHER"]
    rule = {"PatchFilterGroup": {"PatchFilters": []}, "EnableNonSecurity": True}
    api.call("UpdatePatchBaseline", BaselineId=baseline_id, ApprovalRules={"PatchRules": [rule]})
    assert states(api, instance_id) == ["MISSING"]
    api.call("UpdatePatchBaseline", BaselineId=baseline_id, Name="mine", Replace=True)
    assert states(api, instance_id) == ["INSTALLED_OTHER"]


def test_an_update_is_noted_with_who_made_it(api: Api) -> None:
    baseline_id = create(api)
    api.clock.advance(5)
    somebody = replace(ADMIN, description="ops")
    api.call("UpdatePatchBaseline", caller=somebody, BaselineId=baseline_id, Name="new")
    rows = api.db.all(
        "SELECT version, modified_at, modified_by FROM baseline_versions WHERE baseline_id = ?"
        " ORDER BY version",
        (baseline_id,),
    )
    assert rows == [
        (1, NOW, f"arn:aws:iam::{ACCOUNT}:user/test"),
        (2, NOW + 5, f"arn:aws:iam::{ACCOUNT}:user/ops"),
    ]


@pytest.mark.parametrize("by_arn", [False, True])
def test_a_deleted_baseline_is_gone(api: Api, by_arn: bool) -> None:
    baseline_id, other = create(api), create(api)
    named = own_arn(baseline_id) if by_arn else baseline_id
    assert api.call("DeletePatchBaseline", BaselineId=named) == {"BaselineId": named}
    assert [each["BaselineId"] for each in listed(api, ("OWNER", ["Self"]))] == [other]
    with pytest.raises(Refused) as refused:
        api.call("GetPatchBaseline", BaselineId=baseline_id)
    assert refused.value.code == "DoesNotExistException"


@pytest.mark.parametrize("baseline_id", [UNKNOWN, own_arn(UNKNOWN), DEBIAN_ARN.rpartition("/")[2]])
def test_what_is_not_there_counts_as_deleted(api: Api, baseline_id: str) -> None:
    answer = api.call("DeletePatchBaseline", BaselineId=baseline_id)
    assert answer == {"BaselineId": baseline_id}


@pytest.mark.parametrize("baseline_id", CANNOT_BE_OWN)
def test_what_cannot_be_an_own_baseline_cannot_be_deleted(api: Api, baseline_id: str) -> None:
    with pytest.raises(Refused, match="is not the id of a patch baseline of") as refused:
        api.call("DeletePatchBaseline", BaselineId=baseline_id)
    assert refused.value.code == "ValidationException"


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_deleting_in_one_account_and_region_leaves_the_others(api: Api, scope: Scope) -> None:
    baseline_id = create(api)
    api.call("DeletePatchBaseline", scope=scope, BaselineId=baseline_id)
    assert api.call("GetPatchBaseline", BaselineId=baseline_id)["Name"] == "mine"


def test_a_baseline_of_patch_groups_is_not_deleted(api: Api) -> None:
    baseline_id = create(api)
    for group in ("web", "db"):
        register_for_group(api, group, baseline_id)
    with pytest.raises(Refused) as refused:
        api.call("DeletePatchBaseline", BaselineId=own_arn(baseline_id))
    assert refused.value.code == "ResourceInUseException"
    assert refused.value.message == ("PatchBaseline to be deleted is used for Patch Group: db, web")
    assert api.call("GetPatchBaseline", BaselineId=baseline_id)["PatchGroups"] == ["db", "web"]


def test_a_default_baseline_is_not_deleted_until_another_is_the_default(api: Api) -> None:
    baseline_id = create(api)
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline_id)
    with pytest.raises(Refused, match="is the default patch baseline for DEBIAN") as refused:
        api.call("DeletePatchBaseline", BaselineId=baseline_id)
    assert refused.value.code == "ResourceInUseException"
    api.call("RegisterDefaultPatchBaseline", BaselineId=DEBIAN_ARN)
    api.call("DeletePatchBaseline", BaselineId=baseline_id)
    assert listed(api, ("OWNER", ["Self"])) == []


def test_a_deleted_baseline_makes_room_for_another(api: Api) -> None:
    first, *_ = [create(api) for _ in range(MAX_BASELINES)]
    api.call("DeletePatchBaseline", BaselineId=first)
    create(api)


def test_a_token_makes_a_new_baseline_once_the_first_is_deleted(api: Api) -> None:
    first = create(api, ClientToken="once")
    api.call("DeletePatchBaseline", BaselineId=first)
    second = create(api, ClientToken="once")
    assert second != first
    assert create(api, ClientToken="once") == second
    api.call("DeletePatchBaseline", BaselineId=second)
    create(api, ClientToken="once", Description="another")


def test_what_was_judged_by_a_deleted_baseline_can_be_explained(api: Api) -> None:
    baseline_id = create(api)
    stored = baselines.find(api.db, SCOPE, baseline_id)
    assert stored is not None
    api.call("DeletePatchBaseline", BaselineId=baseline_id)
    kept = api.db.one(
        "SELECT c.digest FROM baseline_versions v JOIN baseline_contents c ON c.digest = v.digest"
        " WHERE v.baseline_id = ?",
        (baseline_id,),
    )
    assert kept == (baselines.digest_of(stored.content),)


@pytest.mark.parametrize(
    "members",
    [
        {"Sources": [{**SOURCE, "Configuration": SOURCE["Configuration"] * 60}]},
        {"Sources": [SOURCE] * 21},
        {"Sources": [{**SOURCE, "Name": "no"}]},
        {"Sources": [{**SOURCE, "Products": []}]},
        {"Sources": [{**SOURCE, "Configuration": [SOURCE["Configuration"]]}]},
        {"Sources": [SOURCE], "OperatingSystem": "WINDOWS"},
        {"Sources": [SOURCE], "ClientToken": "once"},
        {"Sources": [SOURCE], "AvailableSecurityUpdatesComplianceStatus": "COMPLIANT"},
    ],
)
def test_no_error_repeats_the_configuration_of_a_source(
    api: Api, members: Mapping[str, Json]
) -> None:
    create(api, ClientToken="once")
    with pytest.raises(Refused) as refused:
        create(api, **members)
    assert PASSWORD not in str(refused.value)


def states(api: Api, instance_id: str) -> list[str]:
    """Give the states of a node's patches."""
    patches = api.call("DescribeInstancePatches", InstanceId=instance_id)["Patches"]
    return [patch["State"] for patch in patches]
