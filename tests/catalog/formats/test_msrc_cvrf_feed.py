"""Advisories and patches out of Microsoft's monthly documents, which go by CVE."""

import pytest

from feed_files import entries, feed, member, short
from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.feed import Entry
from patchwarden.catalog.formats import msrc_cvrf
from patchwarden.catalog.formats.msrc_cvrf import FORMAT
from patchwarden.domain.advisories import CatalogAdvisory
from patchwarden.domain.catalog_patch import CatalogPatch, terms
from patchwarden.domain.facts import Advisory

RELEASE = 1736841600.0
"""2025-01-14 08:00 UTC, a second Tuesday."""
REVISION = 1739260800.0


def read() -> list[Entry]:
    return entries(FORMAT, "msrc-cvrf.xml")


def by_id() -> dict[str, CatalogAdvisory]:
    found = (entry for entry in read() if isinstance(entry, CatalogAdvisory))
    return {each.advisory.advisory_id: each for each in found}


def patches() -> list[CatalogPatch]:
    return [entry for entry in read() if isinstance(entry, CatalogPatch)]


def edited(old: str, new: str) -> list[Entry]:
    content = feed("msrc-cvrf.xml").stream.read().decode()
    assert old in content
    return list(FORMAT.read(member(content.replace(old, new).encode(), "m.xml")))


def test_what_is_said_of_a_kb_number_is_one_advisory() -> None:
    found = by_id()["KB5050001"]
    assert found == CatalogAdvisory(
        source="microsoft",
        advisory=Advisory(
            advisory_id="KB5050001",
            classification="SecurityUpdates",
            severity="Critical",
            title="2025-01 Security Update (KB5050001)",
            issued_at=RELEASE,
            updated_at=REVISION,
            cve_ids=("CVE-2025-0001", "CVE-2025-0002"),
            reboot_suggested=True,
        ),
        fixes=found.fixes,
        references=("https://catalog.example.org/?q=KB5050001",),
        supersedes=("KB5049001", "KB5049002"),
    )


def test_fixes_are_of_products() -> None:
    assert {name: [short(fix) for fix in each.fixes] for name, each in by_id().items()} == {
        "KB5050001": [
            "WindowsServer2019 KB5050001 10.0.17763.6775",
            "Windows10 KB5050001 10.0.17763.6775",
        ],
        "KB5050002": [
            "WindowsServer2008R2 KB5050002 fixed",
            "unlisted KB5050002 fixed",
        ],
        "KB5002001": ["Office 2016 KB5002001 fixed"],
        "CVE-2025-0003": [
            "Microsoft Tool 2025 version 17.9 Microsoft Tool 2025 version 17.9 17.9.3"
        ],
    }


def test_a_fix_without_a_kb_number_goes_by_the_cve() -> None:
    assert by_id()["CVE-2025-0003"].advisory == Advisory(
        advisory_id="CVE-2025-0003",
        classification="SecurityUpdates",
        severity="Low",
        title="Office and Tool Spoofing Vulnerability",
        issued_at=RELEASE,
        updated_at=REVISION,
        cve_ids=("CVE-2025-0003",),
    )


def test_patches_are_for_each_product_with_its_own_severity() -> None:
    assert [
        (each.product, each.product_family, each.msrc_severity, each.classification, each.title)
        for each in patches()
    ] == [
        (
            "WindowsServer2019",
            "Windows",
            "Critical",
            "SecurityUpdates",
            "2025-01 Security Update for Windows Server 2019 (KB5050001)",
        ),
        (
            "Windows10",
            "Windows",
            "Moderate",
            "SecurityUpdates",
            "2025-01 Security Update for Windows 10 Version 1809 (KB5050001)",
        ),
        # Support for it is sold apart, under a family of its own.
        (
            "WindowsServer2008R2",
            "Windows",
            "Critical",
            "UpdateRollups",
            "2025-01 Update Rollup for Windows Server 2008 R2 (KB5050002)",
        ),
        (
            "unlisted",
            "",
            "Critical",
            "UpdateRollups",
            "2025-01 Update Rollup for unlisted (KB5050002)",
        ),
        (
            "Office 2016",
            "Office",
            "Unspecified",
            "SecurityUpdates",
            "2025-01 Security Update for Microsoft Word 2016 (64-bit edition) (KB5002001)",
        ),
    ]


def test_a_patch_has_what_the_original_says_of_one() -> None:
    patch = patches()[0]
    assert patch == CatalogPatch(
        operating_system="WINDOWS",
        product="WindowsServer2019",
        product_family="Windows",
        patch_id=patch.patch_id,
        released_at=RELEASE,
        title=patch.title,
        content_url="https://support.microsoft.com/help/5050001",
        vendor="Microsoft",
        classification="SecurityUpdates",
        kb_number="KB5050001",
        msrc_severity="Critical",
    )
    assert ("PATCH_SET", "os") in terms(patch)
    assert ("PATCH_SET", "application") in terms(patches()[-1])


def test_ids_of_patches_differ_and_never_change() -> None:
    ids = [each.patch_id for each in patches()]
    assert len(set(ids)) == len(ids)
    # Kept in stores: another value would be another patch.
    assert ids[0] == "8424c2cf-38ae-5691-b848-085a36d1bc78"


def test_a_severity_may_be_given_for_all_products() -> None:
    assert by_id()["KB5050002"].advisory.severity == "Critical"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<cvrf:ID>2025-Jan</cvrf:ID>", "", "at DocumentTracking/ID: '' is no id"),
        ("2025-01-14T08:00:00", "January", "at DocumentTracking/InitialReleaseDate: 'January'"),
        ("<vuln:CVE>CVE-2025-0003</vuln:CVE>", "", "at Vulnerability/CVE: it is needed"),
        ("cvrf:DocumentTracking>", "cvrf:Tracking>", "at DocumentTracking: it is needed"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(old: str, new: str, said: str) -> None:
    with pytest.raises(InvalidCatalogFileError, match=f"^m.xml is wrong {said}"):
        edited(old, new)


def test_a_document_that_says_absurdly_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(msrc_cvrf, "_MAX_STATEMENTS", 8)
    with pytest.raises(InvalidCatalogFileError, match="is wrong: it says more than 8 things"):
        read()
