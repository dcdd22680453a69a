import json

import pytest

from feed_files import feed, member, only_advisory, refusal, short
from patchwarden.catalog.formats.csaf import FORMAT
from patchwarden.domain.advisories import CatalogAdvisory

FIXES = {
    # A module and a container image are no packages.
    "csaf-redhat.json": [
        "RedhatEnterpriseLinux8 brook.x86_64 of brook:2 1:2.4-5.module+el8",
        "RedhatEnterpriseLinux8 brook.src of brook:2 1:2.4-5.module+el8",
        "RedhatEnterpriseLinux8 brook-tools.x86_64 of brook:2 1.0-2.el8",
    ],
    "csaf-suse.json": [
        "Suse15.5 libbrook2.x86_64 2.4-150500.3.1",
        "Suse15.5 libbrook-1_0-devel unfixed",
    ],
    "csaf-vex.json": [
        "RedhatEnterpriseLinux9 brook.src unfixed",
        "RedhatEnterpriseLinux9 pond.src not-affected",
    ],
    # Without a KB number the product stands for its update.
    "csaf-microsoft.json": [
        "WindowsServer2019 KB9000001 10.0.17763.9001",
        "Brook Viewer Brook Viewer 4.1",
    ],
}


@pytest.mark.parametrize("name", FIXES)
def test_fixes_are_of_products_and_packages(name: str) -> None:
    assert [short(fix) for fix in only_advisory(FORMAT, name).fixes] == FIXES[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("csaf-redhat.json", ("redhat", "RHSA-2025:9001", "Moderate", "Brook serves files.")),
        (
            "csaf-suse.json",
            ("suse", "SUSE-SU-2025:9001-1", "Important", "This update for brook fixes one issue."),
        ),
        # The worst of its ratings, and the text of its only CVE.
        (
            "csaf-vex.json",
            ("redhat", "CVE-2025-90001", "Important", "A request could be read as two."),
        ),
        ("csaf-microsoft.json", ("microsoft", "CVE-2025-90004", "Critical", "")),
    ],
)
def test_a_publisher_and_an_id_name_it(name: str, expected: tuple[str, ...]) -> None:
    of = only_advisory(FORMAT, name)
    assert expected == (
        of.source,
        of.advisory.advisory_id,
        of.advisory.severity,
        of.description,
    )


def test_an_advisory_has_its_dates_cves_and_bugs() -> None:
    advisory = only_advisory(FORMAT, "csaf-redhat.json").advisory
    assert (advisory.issued_at, advisory.updated_at) == (1741305600.0, 1741586888.0)
    assert advisory.cve_ids == ("CVE-2025-90001", "CVE-2025-90002")
    assert advisory.bugzilla_ids == ("9000123", "9000125")
    assert only_advisory(FORMAT, "csaf-suse.json").advisory.bugzilla_ids == ("9000124",)


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("csaf-redhat.json", True), ("csaf-microsoft.json", True), ("csaf-suse.json", False)],
)
def test_a_restart_of_the_machine_is_a_reboot(name: str, suggested: bool) -> None:
    assert only_advisory(FORMAT, name).advisory.reboot_suggested is suggested


def _changed(name: str, **document: object) -> bytes:
    given = json.loads(feed(name).stream.read())
    given["document"].update(document)
    return json.dumps(given).encode()


def test_an_advisory_may_be_withdrawn() -> None:
    content = _changed("csaf-suse.json", category="csaf_withdrawn")
    (withdrawn,) = FORMAT.read(member(content))
    assert isinstance(withdrawn, CatalogAdvisory)
    assert withdrawn.withdrawn


@pytest.mark.parametrize(
    ("publisher", "source"),
    [
        ({"name": "x", "namespace": "https://access.redhat.com/"}, "redhat"),
        ({"name": "x", "namespace": "https://psirt.example.org"}, "psirt.example.org"),
        ({"name": "Example PSIRT", "namespace": "https://[broken"}, "Example PSIRT"),
        ({}, "csaf"),
    ],
)
def test_another_publisher_is_named_by_its_host(publisher: object, source: str) -> None:
    (advisory,) = FORMAT.read(member(_changed("csaf-vex.json", publisher=publisher)))
    assert isinstance(advisory, CatalogAdvisory)
    assert advisory.source == source


def test_relationships_in_a_ring_end() -> None:
    given = json.loads(feed("csaf-suse.json").stream.read())
    (only_relationship,) = given["product_tree"]["relationships"]
    ring = only_relationship["full_product_name"]["product_id"]
    only_relationship["relates_to_product_reference"] = ring
    (advisory,) = FORMAT.read(member(json.dumps(given).encode()))
    assert isinstance(advisory, CatalogAdvisory)
    assert "libbrook2" in {fix.name for fix in advisory.fixes}


def test_branches_may_be_deep() -> None:
    branch: dict[str, object] = {"name": "leaf"}
    for _ in range(300):
        branch = {"name": "x", "branches": [branch]}
    given = {"document": {"tracking": {"id": "x"}}, "product_tree": {"branches": [branch]}}
    assert len(list(FORMAT.read(member(json.dumps(given).encode())))) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            b'{"document": {"tracking": {"id": ""}}}',
            "feed is wrong at document.tracking.id: Expected `str` of length >= 1.",
        ),
        (
            b'{"document": {"tracking": {"id": "x", "initial_release_date": "2025"}}}',
            (
                "feed is wrong at document.tracking.initial_release_date: '2025' is no date in ISO"
                " 8601."
            ),
        ),
        (
            b'{"document": {"tracking": {"id": "x"}}, "vulnerabilities": [{"cve": 1}]}',
            "feed is wrong at vulnerabilities[0].cve: Expected `str | null`, got `int`.",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(content: bytes, problem: str) -> None:
    assert refusal(FORMAT, content) == problem


def test_nesting_without_end_is_refused() -> None:
    depth = 100_000
    branches = b'{"branches": [' * depth + b"]}" * depth
    content = b'{"document": {"tracking": {"id": "x"}}, "product_tree": ' + branches + b"}"
    assert "it is not valid JSON" in refusal(FORMAT, content)
