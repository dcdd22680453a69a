import json

import pytest

from feed_files import advisories, feed, only_advisory, refusal, short
from patchwarden.catalog.formats.osv import FORMAT

FIXES = {
    # GIT ranges are of commits; what has no fix yet is kept.
    "osv-debian-dsa.json": ["Debian12 brook.src 1:2.4-3+deb12u1", "Debian:3.0 brook.src unfixed"],
    # Pro has a fix of its own for the same package: the one that all get counts.
    "osv-ubuntu-usn.json": [
        "Ubuntu22.04 brook.src 2.4-1ubuntu0.1",
        "Ubuntu22.04 brook-server 2.4-1ubuntu0.1",
        "Ubuntu22.04 libbrook2 2.4-1ubuntu0.1",
        "Ubuntu:Pro:FIPS:20.04:LTS brook.src 2.2-1ubuntu2.fips.3",
    ],
    "osv-redhat.json": [
        "RedhatEnterpriseLinux8 brook of brook:2 2.4-5.module+el8.10.0+9000+aaaaaaaa",
        "RedhatEnterpriseLinux8.8 brook-tools 1:1.0-2.el8",
        "Red Hat:brook_tools:4.15::el9 brook 2.4-5.el9",
    ],
    "osv-suse.json": [
        "Suse15.5 brook.src 2.4-150500.3.1",
        "Suse15.5 brook 2.4-150500.3.1",
        "Suse15.5 libbrook2 2.4-150500.3.1",
        "openSUSE:Leap 15.5 brook.src 2.4-150500.3.1",
        "openSUSE:Leap 15.5 brook 2.4-150500.3.1",
        "openSUSE:Leap 15.5 libbrook2 2.4-150500.3.1",
    ],
    # The epoch stands in the package URL alone.
    "osv-rocky.json": ["RockyLinux9 brook.src 3:2.4-5.el9"],
}


@pytest.mark.parametrize("name", FIXES)
def test_fixes_are_of_products_and_packages(name: str) -> None:
    assert [short(fix) for fix in only_advisory(FORMAT, name).fixes] == FIXES[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("osv-debian-dsa.json", ("debian", "DSA-9001-1", "security", "")),
        ("osv-ubuntu-usn.json", ("ubuntu", "USN-9001-1", "security", "")),
        # Its rating is in a link.
        ("osv-redhat.json", ("redhat", "RHSA-2025:9001", "security", "Moderate")),
        ("osv-suse.json", ("suse", "SUSE-RU-2025:9001-1", "recommended", "")),
        ("osv-rocky.json", ("rockylinux", "RLSA-2025:9001", "security", "Important")),
    ],
)
def test_an_id_tells_whose_it_is_and_what_kind(name: str, expected: tuple[str, ...]) -> None:
    of = only_advisory(FORMAT, name)
    advisory = of.advisory
    assert expected == (
        of.source,
        advisory.advisory_id,
        advisory.classification,
        advisory.severity,
    )


def test_an_advisory_has_its_texts_and_dates() -> None:
    dsa = only_advisory(FORMAT, "osv-debian-dsa.json")
    assert dsa.advisory.title == "brook - security update"
    assert dsa.description.startswith("A request with two lengths")
    assert dsa.references == ("https://example.org/dsa-9001",)
    assert dsa.advisory.issued_at == 1741046400.0
    assert dsa.advisory.updated_at == 1741163400.123456


def test_the_same_moment_written_otherwise_is_no_revision() -> None:
    assert only_advisory(FORMAT, "osv-ubuntu-usn.json").advisory.updated_at is None


def test_related_cves_are_fixed_where_there_is_no_upstream() -> None:
    assert only_advisory(FORMAT, "osv-debian-dsa.json").advisory.cve_ids == (
        "CVE-2025-90001",
        "CVE-2025-90002",
    )
    assert only_advisory(FORMAT, "osv-ubuntu-usn.json").advisory.cve_ids == ("CVE-2025-90001",)
    assert only_advisory(FORMAT, "osv-rocky.json").advisory.cve_ids == ("CVE-2025-90001",)


def test_bugs_are_those_of_bugzilla() -> None:
    assert only_advisory(FORMAT, "osv-redhat.json").advisory.bugzilla_ids == ("9000123",)
    assert only_advisory(FORMAT, "osv-suse.json").advisory.bugzilla_ids == ("9000124",)


def test_a_record_of_a_cve_has_its_id_and_no_binaries() -> None:
    ubuntu, debian = advisories(FORMAT, "osv-ubuntu-cve.jsonl")
    assert (ubuntu.source, ubuntu.advisory.advisory_id) == ("ubuntu", "CVE-2025-90001")
    assert ubuntu.advisory.severity == "medium"
    assert [short(fix) for fix in ubuntu.fixes] == ["Ubuntu20.04 brook.src 2.2-1ubuntu0.1~esm1"]
    assert (debian.source, debian.advisory.advisory_id) == ("debian", "CVE-2025-90003")
    assert debian.advisory.severity == ""
    assert [short(fix) for fix in debian.fixes] == ["Debian13 pond.src not-affected"]
    assert (ubuntu.withdrawn, debian.withdrawn) == (False, True)


def test_an_entry_of_an_index_is_no_advisory() -> None:
    assert len(advisories(FORMAT, "osv-rocky.json")) == 1


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"id": 7}, "feed is wrong at id: Expected `str`, got `int`."),
        ({}, "feed is wrong: Object missing required field `id`."),
        (
            {"id": "DSA-1", "affected": [{"ranges": [{"events": [{"fixed": 2.4}]}]}]},
            (
                "feed is wrong at affected[0].ranges[0].events[0].fixed:"
                " Expected `str | null`, got `float`."
            ),
        ),
        (
            {"id": "DSA-1", "summary": "a", "modified": "2025-13-01"},
            "feed is wrong at modified: '2025-13-01' is no date in ISO 8601.",
        ),
        (
            {"id": "DSA-1", "summary": "a", "published": "1066-10-14T00:00:00Z"},
            (
                "feed is wrong at published: '1066-10-14T00:00:00Z' is not within the years 1970"
                " to 2105."
            ),
        ),
        (
            {"id": "DSA-1", "summary": "a" * 5000},
            "feed is wrong at summary: Expected `str` of length <= 4000.",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(record: object, problem: str) -> None:
    assert refusal(FORMAT, json.dumps(record).encode()) == problem


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'[{"id": "DSA-1"}, {"id": null}]', "[1].id"),
        (b'{"id": "DSA-1"}\n\n{"id": null}\n', "line 3.id"),
        (b'[{"id": "DSA-1", "details": "\xff"}]', "[0]"),
    ],
)
def test_a_place_says_which_of_several_records(content: bytes, where: str) -> None:
    assert refusal(FORMAT, content).startswith(f"feed is wrong at {where}: ")


def test_a_truncated_file_is_refused() -> None:
    content = feed("osv-debian-dsa.json").stream.read()
    assert "it is not valid JSON" in refusal(FORMAT, content[:-20])
