"""The JSON that aws ssm describe-available-patches prints."""

import json
from typing import Any

import pytest

from catalog_patches import LINUX_PATCH, WINDOWS_PATCH
from fakes import NOW
from feed_files import member
from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.feed import Entry
from patchwarden.catalog.formats import available_patches
from patchwarden.catalog.formats.available_patches import FORMAT
from patchwarden.domain.catalog_patch import CatalogPatch

WINDOWS_ITEM = {
    "Id": WINDOWS_PATCH.patch_id,
    "ReleaseDate": WINDOWS_PATCH.released_at,
    "Title": WINDOWS_PATCH.title,
    "Description": WINDOWS_PATCH.description,
    "ContentUrl": WINDOWS_PATCH.content_url,
    "Vendor": "Microsoft",
    "ProductFamily": "Windows",
    "Product": "WindowsServer2019",
    "Classification": "SecurityUpdates",
    "MsrcSeverity": "Critical",
    "KbNumber": "KB5000001",
    "MsrcNumber": "",
    "Language": "All",
}
LINUX_ITEM = {
    "AdvisoryIds": ["ALAS2-2025-1"],
    "BugzillaIds": ["1463241"],
    "CVEIds": ["CVE-2025-1", "CVE-2025-2"],
    "Name": "tool",
    "Epoch": 1,
    "Version": "2.1",
    "Release": "3.amzn2",
    "Arch": "x86_64",
    "Product": "AmazonLinux2",
    "ReleaseDate": LINUX_PATCH.released_at,
    "Severity": "CRITICAL",
    "Classification": "SECURITY",
    "Repository": "Core",
}


def read(*items: Any) -> list[Entry]:
    return read_file(json.dumps({"Patches": items, "NextToken": "more"}, indent=4).encode())


def read_one(item: Any) -> CatalogPatch:
    (patch,) = read(item)
    assert isinstance(patch, CatalogPatch)
    return patch


def read_file(content: bytes) -> list[Entry]:
    return list(FORMAT.read(member(content, "aws.json")))


def test_both_kinds_of_patches_are_read_with_all_members() -> None:
    assert read(WINDOWS_ITEM, LINUX_ITEM) == [WINDOWS_PATCH, LINUX_PATCH]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_may_have_been_redirected_in_powershell(encoding: str) -> None:
    content = json.dumps({"Patches": [LINUX_ITEM]}, indent=4).encode(encoding)
    assert FORMAT.recognizes(member(content, "aws.json"))
    assert read_file(content) == [LINUX_PATCH]


@pytest.mark.parametrize(
    "content", [b"", b"Patches: []", b"[]", b'{"InstancePatches": []}', b'{"a": {"Patches": []}}']
)
def test_another_file_is_not_recognized(content: bytes) -> None:
    assert not FORMAT.recognizes(member(content, "aws.json"))


@pytest.mark.parametrize(
    ("members", "field", "expected"),
    [
        ({"ReleaseDate": 1544047205}, "released_at", 1544047205.0),
        ({"ReleaseDate": "2025-11-24T16:00:00+00:00"}, "released_at", NOW),
        ({"ReleaseDate": "2025-11-24T08:00:00-08:00"}, "released_at", NOW),
        ({"ReleaseDate": "2025-11-24T16:00:00"}, "released_at", NOW),
        ({"ReleaseDate": None}, "released_at", None),
        # What MsrcSeverity was called before, as old samples have it.
        ({"MsrcSeverity": None, "MsrcClassification": "Low"}, "msrc_severity", "Low"),
        ({"MsrcSeverity": ""}, "msrc_severity", "Unspecified"),
        ({"Product": "Some Application 5"}, "operating_system", "WINDOWS"),
        ({"Product": "windowsserver2019"}, "operating_system", "WINDOWS"),
        ({"New": {"member": [1]}}, "title", WINDOWS_PATCH.title),
    ],
)
def test_members_may_differ(members: dict[str, object], field: str, expected: object) -> None:
    patch = read_one(WINDOWS_ITEM | members)
    assert getattr(patch, field) == expected


@pytest.mark.parametrize(("epoch", "expected"), [("0", 0), ("12", 12), (3, 3), (None, 0)])
def test_an_epoch_may_be_a_text(epoch: object, expected: int) -> None:
    patch = read_one(LINUX_ITEM | {"Epoch": epoch})
    assert patch.epoch == expected


@pytest.mark.parametrize(
    ("product", "operating_system"),
    [
        ("AmazonLinux2018.03", "AMAZON_LINUX"),
        ("AmazonLinux2.0", "AMAZON_LINUX_2"),
        ("Debian12", "DEBIAN"),
    ],
)
def test_the_product_tells_the_operating_system(product: str, operating_system: str) -> None:
    patch = read_one(LINUX_ITEM | {"Product": product})
    assert patch.operating_system == operating_system


@pytest.mark.parametrize(
    ("item", "where"),
    [
        (WINDOWS_ITEM | {"Id": ""}, r"Patches\[1\].Id: it is needed"),
        (WINDOWS_ITEM | {"Id": "a" * 101}, r"Patches\[1\].Id: Expected"),
        (WINDOWS_ITEM | {"Id": 5}, r"Patches\[1\].Id: Expected `str \| null`, got `int`"),
        (WINDOWS_ITEM | {"Product": None}, r"Patches\[1\].Product: it is needed"),
        (WINDOWS_ITEM | {"ReleaseDate": "soon"}, r"Patches\[1\].ReleaseDate: 'soon'"),
        (WINDOWS_ITEM | {"ReleaseDate": 1e12}, r"Patches\[1\].ReleaseDate: .* within the years"),
        (WINDOWS_ITEM | {"ReleaseDate": "0001-01-01T00:00+09:00"}, r"Patches\[1\].ReleaseDate"),
        (WINDOWS_ITEM | {"Title": {"\x1b": 1}}, r"Patches\[1\].Title"),
        (LINUX_ITEM | {"Product": "Amiga\x1b"}, r"Patches\[1\].Product: it is 'Amiga\\x1b'"),
        (LINUX_ITEM | {"Name": None, "Product": "AmazonLinux2"}, r"Patches\[1\].Name"),
        (LINUX_ITEM | {"Version": ""}, r"Patches\[1\].Version"),
        (LINUX_ITEM | {"Epoch": "20180914-2"}, r"Patches\[1\].Epoch: '20180914-2' is no number"),
        (LINUX_ITEM | {"Epoch": -1}, r"Patches\[1\].Epoch"),
        (LINUX_ITEM | {"Epoch": "٣"}, r"Patches\[1\].Epoch"),
        (LINUX_ITEM | {"Epoch": 2**31}, r"Patches\[1\].Epoch: it is more than 2147483647"),
        (LINUX_ITEM | {"Epoch": "9" * 5_000}, r"Patches\[1\].Epoch: it is more than"),
        (WINDOWS_ITEM | {"Title": "a" * 20_001}, r"Patches\[1\].Title: Expected"),
        (WINDOWS_ITEM | {"Product": "a" * 20_001}, r"Patches\[1\].Product: Expected"),
        (LINUX_ITEM | {"Product": "b" * 20_000}, r"Patches\[1\].Product: it is 'b{193}\.{4}$"),
        (LINUX_ITEM | {"CVEIds": ["C" * 201]}, r"Patches\[1\].CVEIds\[0\]: Expected"),
        (LINUX_ITEM | {"CVEIds": ["C"] * 5_001}, r"Patches\[1\].CVEIds: Expected"),
        (LINUX_ITEM | {"CVEIds": ["CVE-1", 2]}, r"Patches\[1\].CVEIds\[1\]"),
        ("KB1", r"Patches\[1\]: Expected `object`"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(item: object, where: str) -> None:
    with pytest.raises(InvalidCatalogFileError, match=f"^aws.json is wrong at {where}"):
        read(WINDOWS_ITEM, item)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not valid JSON"),
        (b"Patches:\n- Id: a\n", "is not valid JSON"),
        (b'{"Patches": [{"Id": "a"},]}', r"is not valid JSON \(.*\(byte 25\)\)"),
        (b'{"Patches": [' + b"[" * 100_000, "is not valid JSON"),
        (b'{"Patches": {}}', "is wrong at Patches: Expected `array`, got `object`"),
    ],
)
def test_a_damaged_file_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InvalidCatalogFileError, match=f"^aws.json .*{said}"):
        read_file(content)


def test_a_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(InvalidCatalogFileError, match=r"Patches\[0\]: it is not UTF-8"):
        read_file(b'{"Patches": [{"Product": "\xff"}]}')


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(available_patches, "MAX_FILE_BYTES", 20)
    with pytest.raises(InvalidCatalogFileError, match="larger than 20 bytes"):
        read_file(b'{"Patches": []       }')


def test_a_file_with_too_many_patches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(available_patches, "MAX_PATCHES", 1)
    assert len(read(WINDOWS_ITEM)) == 1
    with pytest.raises(InvalidCatalogFileError, match="has 2 patches, and a file may have 1"):
        read(WINDOWS_ITEM, LINUX_ITEM)
