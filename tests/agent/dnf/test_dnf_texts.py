"""What the commands print: dnf's own words stand in `test_dnf_scan`, those of yum 3 here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden_agent.dnf.texts import (
    read_advisories,
    read_listed_packages,
    read_named_versions,
    read_queried_packages,
    read_repository_ids,
)
from patchwarden_agent.dnf.view import NamedVersion, Offer
from patchwarden_agent.findings import Advisory, Slot

_YUM_LIST = """\
Available Packages
alpha.x86_64                        32:9.8.2-0.68.el7                      updates
a-package-whose-name-is-so-long-that-yum-breaks-its-line.noarch
                                    0:1.0-1.el7                            extras
"""
_YUM_REPOLIST = """\
Loaded plugins: versionlock
repo id               repo name          status
!base/7/x86_64        Base               10,072
*updates/7/x86_64     Updates            5,000
repolist: 15,072
"""
_YUM_UPDATEINFO_LIST = """\
i EX-2026-001 important/Sec. alpha-9.8.2-0.67.el7.x86_64
  EX-2026-002 bugfix         32:alpha-9.8.2-0.68.el7.x86_64
  EX-2026-003 Moderate/Sec.  beta-1:2.0-1.noarch
updateinfo list done
"""
_YUM_UPDATEINFO_INFO = """\
===============================================================================
  An example advisory
===============================================================================
  Update ID : EX-2026-001
    Release : Example 7
       Type : security
     Status : final
     Issued : 2026-01-10 08:30
    Updated : 2026-01-12 10:00       Bugs : 2000001 - alpha: a bug
            : 2000002 - alpha: another
       CVEs : CVE-2026-0001
            : CVE-2026-0002
Description : The first line: with a colon
            : Severity : not this one
   Severity : important
  Installed : true

===============================================================================
  Another
  one
===============================================================================
  Update ID : EX-2026-002
       Type : unknown
     Issued : some day
updateinfo info done
"""


def test_the_packages_of_yum_are_read_across_broken_lines() -> None:
    name = "a-package-whose-name-is-so-long-that-yum-breaks-its-line"
    assert read_listed_packages(_YUM_LIST) == [
        Offer(Slot("alpha", "x86_64"), "32:9.8.2-0.68.el7", "updates"),
        Offer(Slot(name, "noarch"), "1.0-1.el7", "extras"),
    ]


def test_the_versions_that_advisories_name_are_read_with_the_epoch_on_either_side() -> None:
    assert read_named_versions(_YUM_UPDATEINFO_LIST) == (
        NamedVersion("EX-2026-001", Slot("alpha", "x86_64"), "9.8.2-0.67.el7"),
        NamedVersion("EX-2026-002", Slot("alpha", "x86_64"), "32:9.8.2-0.68.el7"),
        NamedVersion("EX-2026-003", Slot("beta", "noarch"), "1:2.0-1"),
    )


def test_the_advisories_of_yum_are_read() -> None:
    printed = _YUM_UPDATEINFO_INFO.replace("10:00       Bugs", "10:00\n       Bugs")
    assert read_advisories(printed) == {
        "EX-2026-001": Advisory(
            advisory_id="EX-2026-001",
            classification="security",
            severity="important",
            title="An example advisory",
            issued_at=1_768_033_800.0,
            updated_at=1_768_212_000.0,
            cve_ids=("CVE-2026-0001", "CVE-2026-0002"),
            bugzilla_ids=("2000001", "2000002"),
        ),
        "EX-2026-002": Advisory(advisory_id="EX-2026-002", title="Another one"),
    }


@pytest.mark.parametrize(
    ("printed", "ids"),
    [
        (
            "repo id       repo name\nbaseos        Base OS\nappstream     AppStream\n",
            ["baseos", "appstream"],
        ),
        (_YUM_REPOLIST, ["base", "updates"]),
        ("", []),
        ("No repositories available\n", []),
    ],
)
def test_the_ids_of_repositories_are_read(printed: str, ids: list[str]) -> None:
    assert read_repository_ids(printed) == ids


def test_a_queried_package_has_its_epoch_unless_that_is_0() -> None:
    lines = [
        "\t".join(
            ("alpha", "0", "1.0", "2", "noarch", "ex", "2026-01-05 12:00", "a-1.0-2.src.rpm")
        ),
        "\t".join(("beta", "1", "2.0", "1", "noarch", "ex", "1767614400", "")),
        "a warning",
    ]
    assert read_queried_packages("\n".join(lines)) == [
        Offer(Slot("alpha", "noarch"), "1.0-2", "ex", 1_767_614_400.0, "a-1.0-2.src.rpm"),
        Offer(Slot("beta", "noarch"), "1:2.0-1", "ex", 1_767_614_400.0, ""),
    ]


@given(st.text(alphabet="=:-. \n\tiaA09/()", max_size=200))
def test_no_text_makes_a_reader_fail(printed: str) -> None:
    for read in (
        read_advisories,
        read_listed_packages,
        read_named_versions,
        read_queried_packages,
        read_repository_ids,
    ):
        assert read(printed) is not None
