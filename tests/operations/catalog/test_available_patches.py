"""DescribeAvailablePatches."""

import re
from typing import Any

import pytest

from catalog_patches import LINUX_PATCH, WINDOWS_PATCH, fill, linux_patch, windows_patch
from driver import Api, Json, Refused
from fakes import NOW
from patchwarden.operations.catalog.filters import MAX_VALUES

AL2 = ("PRODUCT", ["AmazonLinux2"])


def filtered(*filters: tuple[str, list[str]]) -> list[dict[str, Json]]:
    return [{"Key": key, "Values": values} for key, values in filters]


def names(api: Api, *filters: tuple[str, list[str]]) -> list[str]:
    """Give the KB number or the name of each patch that filters match, over all pages."""
    pages = api.pages("DescribeAvailablePatches", Filters=filtered(*filters), MaxResults=2)
    return [each.get("KbNumber") or each["Name"] for page in pages for each in page["Patches"]]


def first(api: Api, **members: Json) -> Any:
    return api.call("DescribeAvailablePatches", **members)["Patches"][0]


@pytest.fixture
def catalog(api: Api) -> None:
    """Fill the catalog: KB1 to KB4 of Windows, KB5 of Office, packages a to c of Amazon Linux."""
    fill(
        api.db,
        [
            windows_patch(1),
            windows_patch(2, msrc_severity="Low", classification="Updates"),
            windows_patch(3, product="Windows10", msrc_number="MS12-072"),
            windows_patch(4, product="Windows10", msrc_severity="Low", patch_id="GUID-4"),
            windows_patch(5, product="Office 2016", product_family="Office"),
            linux_patch("a"),
            linux_patch("b", severity="low", advisory_ids=(), cve_ids=("CVE-2025-9",), epoch=0),
            linux_patch("c", operating_system="AMAZON_LINUX", product="AmazonLinux2018.03"),
        ],
    )


def test_a_windows_patch_has_the_members_of_windows(api: Api) -> None:
    fill(api.db, [WINDOWS_PATCH])
    assert first(api) == {
        "Id": "00000000-0000-4000-8000-000000000001",
        "ReleaseDate": NOW - 864_000,
        "Title": "2025-11 Update for Windows Server 2019 (KB5000001)",
        "Description": "Resolves issues.",
        "ContentUrl": "https://support.example.test/kb/5000001",
        "Vendor": "Microsoft",
        "ProductFamily": "Windows",
        "Product": "WindowsServer2019",
        "Classification": "SecurityUpdates",
        "MsrcSeverity": "Critical",
        "KbNumber": "KB5000001",
        "MsrcNumber": "",
        "Language": "All",
    }


def test_a_linux_patch_has_the_members_of_linux(api: Api) -> None:
    fill(api.db, [LINUX_PATCH])
    assert first(api, Filters=filtered(AL2)) == {
        "ReleaseDate": NOW - 864_000,
        "Product": "AmazonLinux2",
        "Classification": "SECURITY",
        "Name": "tool",
        "Epoch": 1,
        "Version": "2.1",
        "Release": "3.amzn2",
        "Arch": "x86_64",
        "Severity": "CRITICAL",
        "Repository": "Core",
        "AdvisoryIds": ["ALAS2-2025-1"],
        "BugzillaIds": ["1463241"],
        "CVEIds": ["CVE-2025-1", "CVE-2025-2"],
    }


def test_a_release_date_that_is_not_known_is_left_out(api: Api) -> None:
    fill(api.db, [windows_patch(1, released_at=None)])
    assert "ReleaseDate" not in first(api)


def test_an_empty_catalog_has_no_patches(api: Api) -> None:
    assert api.call("DescribeAvailablePatches") == {"Patches": [], "NextToken": ""}


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], ["KB1", "KB2", "KB3", "KB4"]),
        ([("PATCH_SET", ["OS"])], ["KB1", "KB2", "KB3", "KB4"]),
        ([("PATCH_SET", ["APPLICATION"])], ["KB5"]),
        ([("PATCH_SET", ["application", "OS"])], ["KB1", "KB2", "KB3", "KB4", "KB5"]),
        ([("PATCH_SET", ["Neither"])], []),
        ([("PRODUCT", ["Windows10"])], ["KB3", "KB4"]),
        ([("PRODUCT", ["windows10", "WindowsServer2019"])], ["KB1", "KB2", "KB3", "KB4"]),
        ([("PRODUCT", ["Office 2016"])], ["KB5"]),
        ([("PRODUCT_FAMILY", ["Office"])], ["KB5"]),
        ([("MSRC_SEVERITY", ["Low"])], ["KB2", "KB4"]),
        ([("CLASSIFICATION", ["SecurityUpdates"]), ("MSRC_SEVERITY", ["Low"])], ["KB4"]),
        ([("PATCH_ID", ["KB5", "kb1", "guid-4", "KB9"])], ["KB1", "KB4", "KB5"]),
        ([("PATCH_ID", ["MS12-072"])], []),
        ([("PATCH_ID", ["KB1", "KB2"]), ("MSRC_SEVERITY", ["Low"])], ["KB2"]),
        ([("PATCH_ID", ["KB1", "KB2"]), ("PATCH_ID", ["KB2", "KB3"])], ["KB2"]),
        ([("PATCH_ID", ["*"])], ["KB1", "KB2", "KB3", "KB4", "KB5"]),
        ([AL2], ["a", "b"]),
        ([("PRODUCT", ["AmazonLinux2018.03"])], ["c"]),
        # One operating system after the other.
        (
            [("PRODUCT", ["AmazonLinux2018.03", "Windows10", "AmazonLinux2"])],
            [*"cab", "KB3", "KB4"],
        ),
        ([AL2, ("SEVERITY", ["Critical"])], ["a"]),
        ([AL2, ("CLASSIFICATION", ["Security"])], ["a", "b"]),
        ([AL2, ("NAME", ["b", "c"])], ["b"]),
        ([AL2, ("EPOCH", ["0"])], ["b"]),
        ([AL2, ("EPOCH", ["*"]), ("NAME", ["*"])], ["a", "b"]),
        ([AL2, ("VERSION", ["2.1"]), ("RELEASE", ["3.AMZN2"])], ["a", "b"]),
        ([AL2, ("ARCH", ["i686"])], []),
        ([AL2, ("REPOSITORY", ["core"])], ["a", "b"]),
        ([AL2, ("CVE_ID", ["cve-2025-9", "CVE-2025-1", "CVE-2025-2"])], ["a", "b"]),
        ([AL2, ("CVE_ID", ["CVE-2025-1"]), ("NAME", ["b"])], []),
        ([AL2, ("ADVISORY_ID", ["ALAS2-2025-1"])], ["a"]),
        ([AL2, ("BUGZILLA_ID", ["1463241"]), ("VERSION", ["2.1"])], ["a", "b"]),
        ([AL2, ("MSRC_SEVERITY", ["Low"])], []),
        ([("PRODUCT", ["Windows10"]), ("EPOCH", ["0"])], []),
    ],
)
def test_filters_narrow_the_available_patches(
    api: Api, filters: list[tuple[str, list[str]]], expected: list[str]
) -> None:
    assert names(api, *filters) == expected


@pytest.mark.parametrize(
    ("filter_", "message"),
    [
        ({"Key": "CVE_ID", "Values": ["CVE-2018-3615"]}, "A filter on CVE_ID needs one on PRODUCT"),
        ({"Key": "SEVERITY", "Values": ["Critical"]}, "A filter on SEVERITY needs one on PRODUCT"),
        ({"Key": "EPOCH", "Values": ["0"]}, "A filter on EPOCH needs one on PRODUCT"),
        (
            {"Key": "KBId", "Values": ["KB1"]},
            "Invalid Filter Key: KBId, valid keys are: PATCH_SET,",
        ),
        ({"Key": "PRODUCT"}, "Each filter needs a Key and at least one value"),
        ({"Key": "PRODUCT", "Values": []}, "Each filter needs a Key and at least one value"),
        ({"Values": ["a"]}, "Each filter needs a Key and at least one value"),
        (
            {"Key": "PATCH_ID", "Values": [f"KB{number}" for number in range(MAX_VALUES + 1)]},
            f"The filters have more than {MAX_VALUES} values",
        ),
    ],
)
def test_filters_that_make_no_sense_are_refused(
    api: Api, filter_: dict[str, Json], message: str
) -> None:
    with pytest.raises(Refused, match=f"^ValidationException: {re.escape(message)}"):
        api.call("DescribeAvailablePatches", Filters=[filter_])


def test_the_message_names_every_valid_key(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeAvailablePatches", Filters=filtered(("Nothing", ["a"])))
    *_, listed = refused.value.message.partition("valid keys are: ")
    assert listed.split(", ") == [
        *("PATCH_SET", "PRODUCT", "PRODUCT_FAMILY", "MSRC_SEVERITY", "CLASSIFICATION", "PATCH_ID"),
        *("SEVERITY", "EPOCH", "VERSION", "RELEASE", "ARCH", "REPOSITORY", "NAME"),
        *("ADVISORY_ID", "CVE_ID", "BUGZILLA_ID"),
    ]


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 100])
def test_pages_of_several_operating_systems_lose_nothing(api: Api, size: int) -> None:
    filters = filtered(("PRODUCT", ["*"]))
    pages = list(api.pages("DescribeAvailablePatches", Filters=filters, MaxResults=size))
    patches = [each for page in pages for each in page["Patches"]]
    assert len(patches) == 8
    assert {len(page["Patches"]) for page in pages[:-1]} <= {size}


@pytest.mark.usefixtures("catalog")
def test_a_walk_goes_on_when_the_catalog_grows(api: Api) -> None:
    page = api.call("DescribeAvailablePatches", MaxResults=2)
    fill(api.db, [windows_patch(0), windows_patch(1, title="New"), windows_patch(9)])
    rest = api.call("DescribeAvailablePatches", MaxResults=9, NextToken=page["NextToken"])
    assert [each["KbNumber"] for each in rest["Patches"]] == ["KB3", "KB4", "KB9"]


@pytest.mark.usefixtures("catalog")
def test_a_token_is_for_one_request(api: Api) -> None:
    token = api.call("DescribeAvailablePatches", MaxResults=1)["NextToken"]
    with pytest.raises(Refused, match=r"^ValidationException: "):
        api.call("DescribeAvailablePatches", Filters=filtered(AL2), NextToken=token)


def test_a_page_has_a_hundred_patches_at_first(api: Api) -> None:
    fill(api.db, map(windows_patch, range(101)))
    sizes = [len(page["Patches"]) for page in api.pages("DescribeAvailablePatches")]
    assert sizes == [100, 1]
