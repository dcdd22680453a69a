"""Advisories out of SUSE's CVRF documents."""

import pytest

from feed_files import advisories, feed, member, short
from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.formats import suse_cvrf
from patchwarden.catalog.formats.suse_cvrf import FORMAT
from patchwarden.domain.advisories import CatalogAdvisory
from patchwarden.domain.facts import Advisory


def edited(name: str, old: str, new: str) -> CatalogAdvisory:
    content = feed(name).stream.read().decode()
    assert old in content
    (advisory,) = FORMAT.read(member(content.replace(old, new).encode(), "s.xml"))
    assert isinstance(advisory, CatalogAdvisory)
    return advisory


def test_a_document_of_an_advisory_is_read() -> None:
    (advisory,) = advisories(FORMAT, "suse-cvrf-advisory.xml")
    assert advisory == CatalogAdvisory(
        source="suse",
        advisory=Advisory(
            advisory_id="SUSE-SU-2025:0001-1",
            classification="security",
            severity="Important",
            title="Security update for tool",
            issued_at=1735787045.0,
            updated_at=1735873445.0,
            cve_ids=("CVE-2025-0001", "CVE-2025-0002"),
            bugzilla_ids=("1200001",),
        ),
        fixes=advisory.fixes,
        description="This update for tool fixes two flaws.",
        references=("https://www.example.org/suse-su-2025-0001-1/",),
    )
    assert [(short(fix), fix.status) for fix in advisory.fixes] == [
        ("Suse15.5 tool 2.1-150500.3.1", "fixed"),
        ("openSUSE Leap 15.5 lib-tool 2.1-150500.3.1", "fixed"),
        ("openSUSE Leap 15.5 tool-extra unfixed", "unfixed"),
        ("openSUSE Leap 15.5 tool-old not-affected", "not-affected"),
    ]


def test_a_document_of_a_cve_has_the_id_of_the_cve() -> None:
    assert advisories(FORMAT, "suse-cvrf-cve.xml") == [
        CatalogAdvisory(
            source="suse",
            advisory=Advisory(
                advisory_id="CVE-2025-0009",
                classification="security",
                severity="Critical",
                title="CVE-2025-0009",
                issued_at=1735787045.0,
                cve_ids=("CVE-2025-0009",),
            ),
            description="The tool lets anyone in.",
        )
    ]


@pytest.mark.parametrize(
    ("document_id", "classification"),
    [
        ("SUSE-RU-2025:0001-1", "recommended"),
        ("SUSE-FU-2025:0001-1", "feature"),
        ("openSUSE-SU-2025:0001-1", "security"),
        ("another", "security"),
    ],
)
def test_the_id_tells_the_classification(document_id: str, classification: str) -> None:
    found = edited("suse-cvrf-advisory.xml", "SUSE-SU-2025:0001-1", document_id).advisory
    assert (found.advisory_id, found.classification) == (document_id, classification)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<ID>SUSE-SU-2025:0001-1</ID>", "<ID/>", "at DocumentTracking/ID: '' is no id"),
        ("2025-01-02T03", "2025-01-42T03", "at DocumentTracking/InitialReleaseDate: '2025-01-42"),
        ("DocumentTracking", "Document", "at DocumentTracking: it is needed, and not there"),
        ("</Vulnerability>\n</cvrfdoc>", "</cvrfdoc>", "mismatched tag"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(old: str, new: str, said: str) -> None:
    with pytest.raises(InvalidCatalogFileError, match=f"^s.xml is wrong .*{said}"):
        edited("suse-cvrf-advisory.xml", old, new)


def test_a_document_with_absurdly_many_entries_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suse_cvrf, "_MAX_ENTRIES", 3)
    with pytest.raises(InvalidCatalogFileError, match="at ProductTree: it has more than 3 entries"):
        advisories(FORMAT, "suse-cvrf-advisory.xml")
