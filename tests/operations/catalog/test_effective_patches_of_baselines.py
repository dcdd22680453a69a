"""DescribeEffectivePatchesForPatchBaseline."""

import pytest

from catalog_patches import DAY_S, fill, windows_patch
from driver import Api, Json, Refused
from fakes import NOW

OPERATION = "DescribeEffectivePatchesForPatchBaseline"
ARN = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/"
PREDEFINED = ARN + "pb-09ca3fb51f0412ec3"
ALL_APPLICATIONS = ARN + "pb-0fafa8379afee7c83"


def create(api: Api, **members: Json) -> str:
    """Make a Windows baseline; give its id."""
    made = api.call("CreatePatchBaseline", Name="Ours", OperatingSystem="WINDOWS", **members)
    return str(made["BaselineId"])


def statuses(api: Api, baseline_id: str, size: int = 100) -> dict[str, Json]:
    pages = api.pages(OPERATION, BaselineId=baseline_id, MaxResults=size)
    return {
        each["Patch"]["KbNumber"]: each["PatchStatus"]
        for page in pages
        for each in page["EffectivePatches"]
    }


@pytest.fixture(autouse=True)
def _filled(api: Api) -> None:
    fill(
        api.db,
        [
            windows_patch(1, released_at=NOW - 30 * DAY_S),
            windows_patch(2, released_at=NOW - 3 * DAY_S),
            windows_patch(3, msrc_severity="Low"),
            windows_patch(4, product="Office 2016", product_family="Office", msrc_severity="Low"),
        ],
    )


def test_a_predefined_baseline_approves_after_seven_days(api: Api) -> None:
    assert statuses(api, PREDEFINED) == {
        "KB1": {
            "DeploymentStatus": "APPROVED",
            "ComplianceLevel": "UNSPECIFIED",
            "ApprovalDate": NOW - 23 * DAY_S,
        },
        "KB2": {
            "DeploymentStatus": "PENDING_APPROVAL",
            "ComplianceLevel": "UNSPECIFIED",
            "ApprovalDate": NOW + 4 * DAY_S,
        },
    }
    assert statuses(api, ALL_APPLICATIONS).keys() == {"KB1", "KB2", "KB4"}


def test_the_patch_is_as_among_the_available(api: Api) -> None:
    filters = [{"Key": "PATCH_ID", "Values": ["KB1"]}]
    available = api.call("DescribeAvailablePatches", Filters=filters)["Patches"]
    effective = api.call(OPERATION, BaselineId=PREDEFINED)["EffectivePatches"]
    assert [each["Patch"] for each in effective if each["Patch"]["KbNumber"] == "KB1"] == available


def test_lists_of_names_decide_explicitly(api: Api) -> None:
    baseline_id = create(
        api,
        ApprovedPatches=["KB4", "KB9"],
        ApprovedPatchesComplianceLevel="HIGH",
        RejectedPatches=["KB3"],
    )
    assert statuses(api, baseline_id) == {
        "KB4": {"DeploymentStatus": "EXPLICIT_APPROVED", "ComplianceLevel": "HIGH"},
        "KB3": {"DeploymentStatus": "EXPLICIT_REJECTED", "ComplianceLevel": "UNSPECIFIED"},
    }


def test_a_pending_patch_is_approved_as_time_passes(api: Api) -> None:
    api.clock.advance(4 * DAY_S)
    assert statuses(api, PREDEFINED)["KB2"]["DeploymentStatus"] == "PENDING_APPROVAL"
    api.clock.advance(1)
    assert statuses(api, PREDEFINED)["KB2"]["DeploymentStatus"] == "APPROVED"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_of_effective_patches_lose_nothing(api: Api, size: int) -> None:
    assert list(statuses(api, ALL_APPLICATIONS, size)) == ["KB4", "KB1", "KB2"]


@pytest.mark.parametrize(
    ("baseline_id", "code"),
    [
        ("pb-0123456789abcdef0", "DoesNotExistException"),
        ("arn:aws:ssm:us-east-1:123456789012:document/x", "InvalidResourceId"),
        (ARN + "pb-09a5f8eb62bde80b1", "UnsupportedOperatingSystem"),
    ],
)
def test_other_baselines_have_no_effective_patches(api: Api, baseline_id: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        api.call(OPERATION, BaselineId=baseline_id)
    assert refused.value.code == code


def test_an_own_baseline_of_linux_is_refused_with_a_sentence(api: Api) -> None:
    made = api.call("CreatePatchBaseline", Name="Ours", OperatingSystem="DEBIAN")
    with pytest.raises(Refused, match="The baseline is for DEBIAN; name one for WINDOWS"):
        api.call(OPERATION, BaselineId=made["BaselineId"])
