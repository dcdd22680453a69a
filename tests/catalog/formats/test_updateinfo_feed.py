"""Advisories out of updateinfo.xml, in the forms that each vendor writes."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feed_files import FEEDS, advisories, entries, feed, member, short
from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.formats.updateinfo import FORMAT
from patchwarden.catalog.reading import read_feed
from patchwarden.domain.advisories import CatalogAdvisory
from patchwarden.domain.facts import Advisory

JANUARY_2 = 1735787045.0
"""2025-01-02 03:04:05 UTC"""


def one(update: str, product: str | None = None) -> CatalogAdvisory:
    given = replace(member(f"<updates>{update}</updates>".encode(), "u.xml"), product=product)
    (advisory,) = FORMAT.read(given)
    assert isinstance(advisory, CatalogAdvisory)
    return advisory


def with_package(**attributes: str) -> str:
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return (
        '<update><id>RHSA-1</id><pkglist><collection short="c">'
        f"<package {written}/></collection></pkglist></update>"
    )


def test_all_of_an_advisory_is_read() -> None:
    assert advisories(FORMAT, "updateinfo-rhel.xml")[0] == CatalogAdvisory(
        source="redhat",
        advisory=Advisory(
            advisory_id="RHSA-2025:0001",
            classification="security",
            severity="Important",
            title="Important: kernel security update",
            issued_at=JANUARY_2,
            updated_at=1738540800.0,
            cve_ids=("CVE-2025-0002", "CVE-2025-0001"),
            bugzilla_ids=("1000001",),
            reboot_suggested=True,
        ),
        fixes=advisories(FORMAT, "updateinfo-rhel.xml")[0].fixes,
        description="Two flaws were fixed, beside CVE-2025-9999.",
        references=("https://errata.example.org/RHSA-2025:0001",),
    )


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "updateinfo-rhel.xml",
            {
                "RHSA-2025:0001": [
                    "RedhatEnterpriseLinux9 kernel.x86_64 5.14.0-503.1.el9",
                    "RedhatEnterpriseLinux9 kernel.src 5.14.0-503.1.el9",
                    "RedhatEnterpriseLinux9 bpftool.x86_64 7.4.0-503.1.el9",
                ],
                "RHBA-2025:0002": [
                    "RedhatEnterpriseLinux9 nodejs.x86_64 of nodejs:20 1:20.18.1-1.module+el9"
                ],
            },
        ),
        (
            "updateinfo-mixed.xml",
            {
                "ALAS2-2025-1": [
                    "AmazonLinux2 tool.x86_64 2.1-3.amzn2",
                    "AmazonLinux2 tool-data.noarch 10:2.1",
                ],
                # The extras have lines of versions of their own.
                "ALAS2LIVEPATCH-2025-1": [
                    "Amazon Linux 2 - Livepatch kernel-livepatch.x86_64 1.0-2.amzn2"
                ],
                "FEDORA-2025-0123456789": ["Fedora 43 tool.noarch 2.1-3.fc43"],
                "SUSE-SLE-Module-Basesystem-15-SP5-2025-17": [
                    "Suse15.5 tool.x86_64 2.1-150500.3.1"
                ],
                "1": ["unknown tool 1"],
                "FEDORA-EPEL-2025-1": [],
            },
        ),
    ],
)
def test_fixes_are_of_products(file: str, expected: Mapping[str, list[str]]) -> None:
    found = {
        each.advisory.advisory_id: [short(fix) for fix in each.fixes]
        for each in advisories(FORMAT, file)
    }
    assert found == expected


def test_each_vendor_has_its_ways() -> None:
    assert [
        (
            each.source,
            each.advisory.classification,
            each.advisory.severity,
            each.advisory.issued_at,
            each.advisory.cve_ids,
            each.withdrawn,
        )
        for each in advisories(FORMAT, "updateinfo-mixed.xml")
    ] == [
        ("amazon", "security", "Medium", 1735787040.0, ("CVE-2025-0003", "CVE-2025-0004"), False),
        ("amazon", "security", "", None, (), False),
        ("fedora", "security", "Unspecified", JANUARY_2, ("CVE-2025-0005",), False),
        ("suse", "recommended", "Important", JANUARY_2, (), True),
        ("localhost.example.net", "newpackage", "", None, (), False),
        ("epel", "enhancement", "", None, (), False),
    ]


def test_what_is_given_twice_or_is_none_is_left_out() -> None:
    bugfix = advisories(FORMAT, "updateinfo-rhel.xml")[1].advisory
    assert bugfix == Advisory(
        advisory_id="RHBA-2025:0002",
        classification="bugfix",
        title="nodejs:20 bug fix update",
        issued_at=JANUARY_2,
    )


def test_the_product_may_be_said_by_the_user() -> None:
    assert one(with_package(name="a", version="1"), "OracleLinux9").fixes[0].product == (
        "OracleLinux9"
    )


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2025-01-02", 1735776000.0),
        ("2025-01-02 03:04", 1735787040.0),
        ("2025-01-02 03:04:05", JANUARY_2),
        ("2025-01-02 03:04:05 UTC", JANUARY_2),
        ("2025-01-02T03:04:05Z", JANUARY_2),
        ("2025-01-02T04:04:05+01:00", JANUARY_2),
        (" 1735787045 ", JANUARY_2),
        ("", None),
    ],
)
def test_dates_are_read_in_each_form(date: str, expected: float | None) -> None:
    assert one(f'<update><id>1</id><issued date="{date}"/></update>').advisory.issued_at == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<reboot_suggested>True</reboot_suggested>", True),
        ("<reboot_suggested>1</reboot_suggested>", True),
        ("<reboot_suggested/>", True),
        ("<reboot_suggested>False</reboot_suggested>", False),
        ("<restart_suggested>True</restart_suggested>", False),
        ("", False),
    ],
)
def test_a_reboot_may_be_suggested(given: str, *, expected: bool) -> None:
    assert one(f"<update><id>1</id>{given}</update>").advisory.reboot_suggested is expected


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ("<update/>", "at update 1, id: it is needed, and not there or empty"),
        (f"<update><id>{'i' * 301}</id></update>", "id: it has 301 characters, and may have 300"),
        (
            '<update><id>A-1</id><issued date="soon"/></update>',
            "at update 1 (A-1), issued: 'soon' is no date",
        ),
        ('<update><id>1</id><updated date="2025-13-01"/></update>', "updated: '2025-13-01' is no"),
        ('<update><id>1</id><updated date="99999999999"/></update>', "updated: 99999999999"),
        (with_package(version="1"), "(RHSA-1), package: it is needed"),
        (with_package(name="a"), "(RHSA-1), version of a: it is needed"),
        (with_package(name="a", version="1", epoch="-1"), "epoch of a: '-1' is none"),
        (with_package(name="a", version="1", epoch="٣"), "epoch of a:"),
        (with_package(name="a", version="1", epoch="2147483648"), "'2147483648' is none"),
        (with_package(name="a", version="1", epoch="9" * 5000), "epoch of a:"),
        (with_package(name="a", version="1", release="r" * 300), "it has 302 characters"),
        (with_package(name="n" * 301, version="1"), "package: it has 301 characters"),
        (
            "<update><id>&#x9B;2J</id><pkglist><collection><package/></collection></pkglist></update>",
            "x9b",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(update: str, said: str) -> None:
    with pytest.raises(InvalidCatalogFileError) as refused:
        one(update)
    assert said in str(refused.value)
    assert str(refused.value).isprintable()


def test_long_texts_are_cut() -> None:
    advisory = one(
        f"<update><id>1</id><title>{'t' * 2000}</title><description>{'d' * 30_000}</description>"
        '<references><reference type="self" href="https://e.org/%s"/></references></update>'
        % ("u" * 3000)
    )
    assert len(advisory.advisory.title) == 1_000
    assert len(advisory.description) == 20_000
    assert advisory.references == ()


def test_a_file_of_a_repository_that_was_made_for_real_is_read(tmp_path: Path) -> None:
    """The tools read the file, write it anew and compress it."""
    for tool in ("createrepo_c", "modifyrepo_c"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    given = tmp_path / "updateinfo.xml"
    given.write_bytes((FEEDS / "updateinfo-rhel.xml").read_bytes())
    repository = tmp_path / "repository"
    repository.mkdir()
    run("createrepo_c", "-q", str(repository))
    run("modifyrepo_c", "--mdtype=updateinfo", str(given), str(repository / "repodata"))
    (made,) = (repository / "repodata").glob("*updateinfo.xml.*")
    with made.open("rb") as file, read_feed(file, made.name) as spool:
        assert list(spool) == entries(FORMAT, "updateinfo-rhel.xml")
        assert spool.formats == {"updateinfo": 2}


def run(*command: Any) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_a_file_that_is_cut_off_gives_no_less_without_saying_so() -> None:
    whole = feed("updateinfo-mixed.xml").stream.read().rstrip()
    for length in range(len(whole) - 200, len(whole)):
        with pytest.raises(InvalidCatalogFileError, match=r"no element found|unclosed token"):
            list(FORMAT.read(member(whole[:length])))
