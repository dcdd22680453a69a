"""RegisterPatchBaselineForPatchGroup and what follows from it."""

from typing import Any

import pytest

from driver import ACCOUNT, SCOPE, Api, Json, Refused
from fakes import package, report
from patchwarden.operations.baselines.patch_groups import MAX_GROUPS
from patchwarden.store import nodes, patch_groups
from patchwarden.store.database import Scope
from patchwarden.store.patch_groups import PatchGroupBaseline

OWNED_BY_AWS = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/"
DEBIAN_ARN = OWNED_BY_AWS + "pb-09a5f8eb62bde80b1"
WINDOWS_ARN = OWNED_BY_AWS + "pb-09ca3fb51f0412ec3"
UNKNOWN = "pb-fffffffffffffffff"
NOT_AN_ID = "bl-00000000000000001"
ELSEWHERE = [Scope("999999999999", "us-east-1"), Scope(ACCOUNT, "eu-west-1")]


def create(api: Api, **members: Json) -> str:
    """Make a Debian baseline that approves nothing, unless told otherwise; give its id."""
    given = {"Name": "mine", "OperatingSystem": "DEBIAN", **members}
    return str(api.call("CreatePatchBaseline", **given)["BaselineId"])


def own_arn(baseline_id: str) -> str:
    """Give the ARN of a baseline of the account."""
    return f"arn:aws:ssm:{SCOPE.region}:{SCOPE.account_id}:patchbaseline/{baseline_id}"


def register(api: Api, baseline_id: str, patch_group: str = "web", **options: Json) -> Json:
    """Have a group judged by a baseline."""
    return api.call(
        "RegisterPatchBaselineForPatchGroup",
        BaselineId=baseline_id,
        PatchGroup=patch_group,
        **options,
    )


def deregister(api: Api, baseline_id: str, patch_group: str = "web", **options: Json) -> Json:
    """Have a group judged by a baseline no longer."""
    return api.call(
        "DeregisterPatchBaselineForPatchGroup",
        BaselineId=baseline_id,
        PatchGroup=patch_group,
        **options,
    )


def baseline_of(api: Api, patch_group: str = "web", **members: Json) -> str:
    """Give the baseline that GetPatchBaselineForPatchGroup names."""
    given = {"PatchGroup": patch_group, "OperatingSystem": "DEBIAN", **members}
    return str(api.call("GetPatchBaselineForPatchGroup", **given)["BaselineId"])


def listed(api: Api, *filters: tuple[str, list[str]], **options: Json) -> list[Any]:
    """Give the mappings that filters match."""
    given = [{"Key": key, "Values": values} for key, values in filters]
    mappings: list[Any] = api.call("DescribePatchGroups", Filters=given, **options)["Mappings"]
    return mappings


def test_a_registered_baseline_is_that_of_the_group(api: Api) -> None:
    baseline_id = create(api)
    answer = register(api, baseline_id)
    assert answer == {"BaselineId": baseline_id, "PatchGroup": "web"}
    assert baseline_of(api) == baseline_id
    assert api.call(
        "GetPatchBaselineForPatchGroup", PatchGroup="web", OperatingSystem="DEBIAN"
    ) == {"BaselineId": baseline_id, "PatchGroup": "web", "OperatingSystem": "DEBIAN"}


def test_a_group_without_a_baseline_has_the_default(api: Api) -> None:
    register(api, create(api), "db")
    assert baseline_of(api) == DEBIAN_ARN
    own = create(api)
    api.call("RegisterDefaultPatchBaseline", BaselineId=own)
    assert baseline_of(api) == own


def test_the_operating_system_is_windows_unless_said_otherwise(api: Api) -> None:
    register(api, create(api))
    answer = api.call("GetPatchBaselineForPatchGroup", PatchGroup="web")
    assert answer == {
        "BaselineId": WINDOWS_ARN,
        "PatchGroup": "web",
        "OperatingSystem": "WINDOWS",
    }


def test_a_predefined_baseline_is_registered_by_its_arn(api: Api) -> None:
    assert register(api, DEBIAN_ARN)["BaselineId"] == DEBIAN_ARN
    (mapping,) = listed(api)
    assert mapping["BaselineIdentity"]["BaselineId"] == DEBIAN_ARN


def test_the_arn_of_an_own_baseline_is_echoed_and_means_its_id(api: Api) -> None:
    baseline_id = create(api)
    arn = own_arn(baseline_id)
    assert register(api, arn)["BaselineId"] == arn
    assert register(api, baseline_id)["BaselineId"] == baseline_id
    assert baseline_of(api) == baseline_id
    assert deregister(api, arn)["BaselineId"] == arn
    assert baseline_of(api) == DEBIAN_ARN


def test_registering_the_same_again_changes_nothing(api: Api) -> None:
    baseline_id = create(api)
    first = register(api, baseline_id)
    assert register(api, baseline_id) == first
    assert len(listed(api)) == 1


def test_a_group_has_one_baseline_for_an_operating_system(api: Api) -> None:
    register(api, create(api))
    text = "Patch Group baseline already has a baseline registered for OperatingSystem DEBIAN."
    with pytest.raises(Refused) as refused:
        register(api, create(api, Name="other"))
    assert (refused.value.code, refused.value.message) == ("AlreadyExistsException", text)
    register(api, create(api, OperatingSystem="UBUNTU"))
    assert len(listed(api)) == 2


def test_after_deregistering_another_baseline_can_be_registered(api: Api) -> None:
    first, second = create(api), create(api, Name="other")
    register(api, first)
    assert deregister(api, first) == {"BaselineId": first, "PatchGroup": "web"}
    register(api, second)
    assert baseline_of(api) == second


@pytest.mark.parametrize("operation", [register, deregister])
def test_what_is_not_the_id_of_a_baseline_is_refused(api: Api, operation: Any) -> None:
    with pytest.raises(Refused) as refused:
        operation(api, NOT_AN_ID)
    assert refused.value.code == "InvalidResourceId"


@pytest.mark.parametrize("unknown", [UNKNOWN, own_arn(UNKNOWN), OWNED_BY_AWS + UNKNOWN])
def test_an_unknown_baseline_cannot_be_registered(api: Api, unknown: str) -> None:
    with pytest.raises(Refused) as refused:
        register(api, unknown)
    assert refused.value.code == "DoesNotExistException"
    assert refused.value.message == "Patch Baseline to be retrieved does not exist."


def test_deregistering_what_is_not_registered_succeeds(api: Api) -> None:
    registered, other = create(api), create(api, Name="other")
    register(api, registered)
    assert deregister(api, UNKNOWN) == {"BaselineId": UNKNOWN, "PatchGroup": "web"}
    assert deregister(api, other) == {"BaselineId": other, "PatchGroup": "web"}
    deregister(api, registered, "db")
    assert baseline_of(api) == registered


def test_a_baseline_has_a_limited_number_of_groups(api: Api) -> None:
    baseline_id = create(api)
    for number in range(MAX_GROUPS):
        register(api, baseline_id, f"group{number}")
    register(api, own_arn(baseline_id), "group0")
    with pytest.raises(Refused) as refused:
        register(api, own_arn(baseline_id), "one-more")
    assert refused.value.code == "ResourceLimitExceededException"
    register(api, create(api, Name="other"), "one-more")


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_accounts_and_regions_share_no_patch_groups(api: Api, scope: Scope) -> None:
    baseline_id = create(api)
    register(api, baseline_id)
    assert listed(api, scope=scope) == []
    assert baseline_of(api, scope=scope) != baseline_id
    with pytest.raises(Refused) as refused:
        register(api, baseline_id, scope=scope)
    assert refused.value.code == "DoesNotExistException"
    deregister(api, baseline_id, scope=scope)
    assert baseline_of(api) == baseline_id


def test_a_mapping_shows_the_baseline_as_lists_of_baselines_do(api: Api) -> None:
    plain, described = create(api), create(api, Name="other", Description="for us")
    register(api, plain)
    register(api, described, "db")
    register(api, DEBIAN_ARN, "app")
    identities = {
        each["BaselineId"]: each
        for each in api.call("DescribePatchBaselines")["BaselineIdentities"]
    }
    assert listed(api) == [
        {"PatchGroup": "app", "BaselineIdentity": identities[DEBIAN_ARN]},
        {"PatchGroup": "db", "BaselineIdentity": identities[described]},
        {"PatchGroup": "web", "BaselineIdentity": identities[plain]},
    ]


def test_mappings_are_listed_by_group_and_operating_system(api: Api) -> None:
    debian, ubuntu = create(api), create(api, OperatingSystem="UBUNTU")
    for group in ("web é", "web", "Web", "web 2"):
        register(api, ubuntu, group)
        register(api, debian, group)
    shown = [
        (each["PatchGroup"], each["BaselineIdentity"]["OperatingSystem"]) for each in listed(api)
    ]
    assert shown == [
        (group, system)
        for group in ("Web", "web", "web 2", "web é")
        for system in ("DEBIAN", "UBUNTU")
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("NAME_PREFIX", ["web"])], ["web-1/DEBIAN", "web-1/UBUNTU", "web-2/UBUNTU"]),
        ([("NAME_PREFIX", ["web-2", "d"])], ["db/DEBIAN", "web-2/UBUNTU"]),
        ([("NAME_PREFIX", ["Web"])], []),
        ([("OPERATING_SYSTEM", ["DEBIAN"])], ["db/DEBIAN", "web-1/DEBIAN"]),
        ([("OPERATING_SYSTEM", ["PLAN9"])], []),
        ([("NAME_PREFIX", ["web"]), ("OPERATING_SYSTEM", ["DEBIAN"])], ["web-1/DEBIAN"]),
        ([("NAME_PREFIX", ["web"]), ("NAME_PREFIX", ["web-2"])], ["web-2/UBUNTU"]),
    ],
)
def test_filters_choose_mappings(
    api: Api, filters: list[tuple[str, list[str]]], expected: list[str]
) -> None:
    debian, ubuntu = create(api), create(api, OperatingSystem="UBUNTU")
    for baseline_id, group in ((debian, "web-1"), (debian, "db"), (ubuntu, "web-1")):
        register(api, baseline_id, group)
    register(api, ubuntu, "web-2")
    shown = [
        f"{each['PatchGroup']}/{each['BaselineIdentity']['OperatingSystem']}"
        for each in listed(api, *filters)
    ]
    assert shown == expected


@pytest.mark.parametrize(
    "filter_",
    [{"Key": "OWNER", "Values": ["Self"]}, {"Key": "NAME_PREFIX"}, {"Values": ["web"]}, {}],
)
def test_a_filter_that_cannot_be_is_refused(api: Api, filter_: Json) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribePatchGroups", Filters=[filter_])
    assert refused.value.code == "ValidationException"


def test_pages_of_mappings_miss_none(api: Api) -> None:
    debian, ubuntu = create(api), create(api, OperatingSystem="UBUNTU")
    for number in range(4):
        register(api, debian, f"group{number}")
        register(api, ubuntu, f"group{number}")
    pages = [page["Mappings"] for page in api.pages("DescribePatchGroups", MaxResults=3)]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [each for page in pages for each in page] == listed(api)


def test_a_walk_goes_on_behind_what_was_removed_in_between(api: Api) -> None:
    baseline_id = create(api)
    for group in ("a", "b", "c"):
        register(api, baseline_id, group)
    pages = api.pages("DescribePatchGroups", MaxResults=1)
    shown = [next(pages)["Mappings"][0]["PatchGroup"]]
    deregister(api, baseline_id, "a")
    shown += [each["PatchGroup"] for page in pages for each in page["Mappings"]]
    assert shown == ["a", "b", "c"]


def test_a_foreign_token_is_refused_by_patch_groups(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribePatchGroups", NextToken="AAAA")
    assert refused.value.code == "ValidationException"


def test_a_registration_of_a_baseline_that_is_gone_is_not_listed(api: Api) -> None:
    register(api, create(api))
    with api.db.transaction():
        patch_groups.register(api.db, SCOPE, PatchGroupBaseline("app", "DEBIAN", UNKNOWN))
    assert [each["PatchGroup"] for each in listed(api)] == ["web"]


class TestJudging:
    """A node is judged by the baseline of its patch group from the next read on."""

    @pytest.fixture
    def rejecting(self, api: Api) -> str:
        """Make a baseline by which bash is rejected."""
        return create(api, RejectedPatches=["bash"], RejectedPatchesAction="BLOCK")

    @staticmethod
    def node(api: Api, patch_group: str | None = "web", system: str = "DEBIAN") -> str:
        """Give a node that has reported bash."""
        tags = [{"Key": "Patch Group", "Value": patch_group}] if patch_group else []
        instance_id = api.register_node(Tags=tags)
        api.submit(instance_id, report([package("bash")], node={"operating_system": system}))
        return instance_id

    @staticmethod
    def shown(api: Api, instance_id: str) -> tuple[str, str, str]:
        """Give the state of bash, the baseline and the group of a node."""
        (patch,) = api.call("DescribeInstancePatches", InstanceId=instance_id)["Patches"]
        (state,) = api.call("DescribeInstancePatchStates", InstanceIds=[instance_id])[
            "InstancePatchStates"
        ]
        return patch["State"], state["BaselineId"], state["PatchGroup"]

    def test_a_registration_is_seen_without_a_rescan(self, api: Api, rejecting: str) -> None:
        instance_id = self.node(api)
        before = self.shown(api, instance_id)
        register(api, rejecting)
        assert self.shown(api, instance_id) == ("INSTALLED_REJECTED", rejecting, "web")
        deregister(api, rejecting)
        assert self.shown(api, instance_id) == before

    def test_it_is_in_force_when_the_first_report_comes(self, api: Api, rejecting: str) -> None:
        register(api, rejecting)
        assert self.shown(api, self.node(api)) == ("INSTALLED_REJECTED", rejecting, "web")

    def test_it_does_not_concern_other_nodes(self, api: Api, rejecting: str) -> None:
        others = [self.node(api, "db"), self.node(api, None), self.node(api, system="UBUNTU")]
        before = [self.shown(api, each) for each in others]
        register(api, rejecting)
        assert [self.shown(api, each) for each in others] == before

    def test_each_operating_system_of_a_group_has_its_own(self, api: Api, rejecting: str) -> None:
        accepting = create(
            api,
            OperatingSystem="UBUNTU",
            ApprovedPatches=["bash"],
            ApprovedPatchesEnableNonSecurity=True,
        )
        register(api, rejecting)
        register(api, accepting)
        debian, ubuntu = self.node(api), self.node(api, system="UBUNTU")
        assert self.shown(api, debian) == ("INSTALLED_REJECTED", rejecting, "web")
        assert self.shown(api, ubuntu) == ("INSTALLED", accepting, "web")

    @pytest.mark.parametrize("key", ["Patch Group", "PatchGroup"])
    def test_tags_that_come_later_put_a_node_into_the_group(
        self, api: Api, rejecting: str, key: str
    ) -> None:
        register(api, rejecting)
        instance_id = self.node(api, None)
        before = self.shown(api, instance_id)
        node = nodes.find(api.db, SCOPE, instance_id)
        assert node is not None
        with api.db.transaction():
            nodes.set_tags(api.db, node.node_key, {key: "web"})
        assert self.shown(api, instance_id) == ("INSTALLED_REJECTED", rejecting, "web")
        with api.db.transaction():
            nodes.set_tags(api.db, node.node_key, {})
        assert self.shown(api, instance_id) == before
