"""Requests about patch baselines that tests of several modules make."""

from typing import Any

from driver import ACCOUNT, SCOPE, Api, Json
from patchwarden.store import patch_groups
from patchwarden.store.database import Scope
from patchwarden.store.patch_groups import PatchGroupBaseline

DEBIAN_ARN = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-09a5f8eb62bde80b1"
WINDOWS_ARN = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-09ca3fb51f0412ec3"
WINDOWS_OS_ARN = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-096d816473f2bdb03"
ELSEWHERE = [Scope("999999999999", "us-east-1"), Scope(ACCOUNT, "eu-west-1")]
FULL: dict[str, Any] = {
    "Name": "everything",
    "OperatingSystem": "REDHAT_ENTERPRISE_LINUX",
    "GlobalFilters": {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}]},
    "ApprovalRules": {
        "PatchRules": [
            {
                "PatchFilterGroup": {
                    "PatchFilters": [
                        {"Key": "CLASSIFICATION", "Values": ["Security", "Bugfix"]},
                        {"Key": "SEVERITY", "Values": ["Critical"]},
                    ]
                },
                "ComplianceLevel": "CRITICAL",
                "ApproveAfterDays": 0,
                "EnableNonSecurity": True,
            },
            {
                "PatchFilterGroup": {"PatchFilters": []},
                "ComplianceLevel": "LOW",
                "ApproveUntilDate": "2025-12-31",
                "EnableNonSecurity": False,
            },
        ]
    },
    "ApprovedPatches": ["kernel*"],
    "ApprovedPatchesComplianceLevel": "HIGH",
    "ApprovedPatchesEnableNonSecurity": True,
    "RejectedPatches": ["nano", "vim"],
    "RejectedPatchesAction": "BLOCK",
    "Description": "all of it",
    "Sources": [{"Name": "mirror", "Products": ["*"], "Configuration": "[m]\nbaseurl=https://m"}],
}


def create(api: Api, **members: Json) -> str:
    """Make a Debian baseline, unless `members` say otherwise; give its id."""
    given: dict[str, Any] = {"Name": "mine", "OperatingSystem": "DEBIAN", **members}
    return str(api.call("CreatePatchBaseline", **given)["BaselineId"])


def listed(api: Api, *filters: tuple[str, list[str]], **members: Json) -> list[Any]:
    """Give the baselines that filters match."""
    given = [{"Key": key, "Values": values} for key, values in filters]
    answer: list[Any] = api.call("DescribePatchBaselines", Filters=given, **members)[
        "BaselineIdentities"
    ]
    return answer


def own_arn(baseline_id: str, scope: Scope = SCOPE) -> str:
    """Give the ARN of a baseline of `scope`."""
    return f"arn:aws:ssm:{scope.region}:{scope.account_id}:patchbaseline/{baseline_id}"


def register_for_group(
    api: Api, patch_group: str, baseline_id: str, operating_system: str = "DEBIAN"
) -> None:
    """Register a baseline, bare or by the ARN of a predefined one, for a patch group."""
    with api.db.transaction():
        patch_groups.register(
            api.db, SCOPE, PatchGroupBaseline(patch_group, operating_system, baseline_id)
        )
