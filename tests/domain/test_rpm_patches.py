import pytest

from patchwarden.data.load import operating_systems
from patchwarden.domain import rpm
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.facts import Advisory
from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.policy import Policy
from patchwarden.domain.rpm import PACKAGE_MANAGERS, Listing
from patchwarden.domain.rpm_notices import NoticeReader
from patchwarden.domain.selection import NameList


def reader(package_manager: str, operating_system: str) -> NoticeReader:
    rules = operating_systems()[operating_system]
    baseline = PatchBaseline(name="empty", operating_system=operating_system)
    policy = Policy.of(baseline, rules, 0.0, approved_bypass_global_filters=True)
    return NoticeReader.of(policy, rules, PACKAGE_MANAGERS[package_manager], ("Product1",))


def test_a_patch_can_be_named_in_twelve_forms() -> None:
    assert rpm.name_forms("bind", "x86_64", "32:9.8-0.1", shows_epoch=True) == (
        "bind",
        "bind.x86_64",
        "bind-9.8",
        "bind-9.8-0.1",
        "bind-9.8-0.1.x86_64",
        "32:bind-9.8-0.1.x86_64",
        "bind-32:9.8-0.1.x86_64",
        "bind-32:9.8-0.1",
        "9.8",
        "9.8-0.1",
        "32:9.8-0.1",
        "bind.x86_64:32:9.8-0.1",
    )


@pytest.mark.parametrize(
    ("version", "shows_epoch", "shown"),
    [
        ("32:9.8-0.1", True, "32:9.8-0.1"),
        ("9.8-0.1", True, "0:9.8-0.1"),
        ("32:9.8-0.1", False, "0:9.8-0.1"),
        ("9.8", True, "0:9.8"),
    ],
)
def test_the_title_has_an_epoch_always(version: str, shown: str, *, shows_epoch: bool) -> None:
    record = rpm.patch_record("bind", "x86_64", version, "Security", "Low", shows_epoch=shows_epoch)
    assert record == PatchRecord(
        title=f"bind.x86_64:{shown}",
        kb_id="bind.x86_64",
        classification="Security",
        severity="Low",
        cve_ids="",
    )


@pytest.mark.parametrize(
    ("pattern", "ignores_case", "listed"),
    [
        ("BIND", True, True),
        ("BIND", False, False),
        ("bind-[0-9]*", False, True),
        ("ind", True, False),
    ],
)
def test_lists_name_packages(pattern: str, *, ignores_case: bool, listed: bool) -> None:
    approved = NameList.of((pattern,), ignores_case=ignores_case)
    listing = rpm.listing(approved, NameList.of(()), "bind", "x86_64", "1-1", shows_epoch=True)
    assert listing == Listing(is_approved=listed, is_rejected=False)


@pytest.mark.parametrize(
    ("pattern", "listed_by_all", "listed_by_id"),
    [
        ("RHSA-2026:1", True, True),
        ("rhsa-2026:*", True, True),
        ("CVE-2026-1", True, False),
        ("12345", True, False),
        ("2345", False, False),
        ("CVE-2026-11", False, False),
    ],
)
def test_lists_name_advisories(pattern: str, *, listed_by_all: bool, listed_by_id: bool) -> None:
    advisory = Advisory(advisory_id="RHSA-2026:1", cve_ids=("CVE-2026-1",), bugzilla_ids=("12345",))
    lists = NameList.of(()), NameList.of((pattern,))
    listings = [
        rpm.advisory_listing(*lists, advisory, knows_fixes=knows_fixes)
        for knows_fixes in (True, False)
    ]
    assert listings == [
        Listing(is_approved=False, is_rejected=listed_by_all),
        Listing(is_approved=False, is_rejected=listed_by_id),
    ]


def test_fields_that_are_empty_are_absent() -> None:
    assert rpm.filter_fields(("CentOS7.9",), "Bugfix", "") == {
        ("PRODUCT", "centos7.9"),
        ("CLASSIFICATION", "bugfix"),
    }
    assert rpm.filter_fields((), "", "") == frozenset()


@pytest.mark.parametrize(
    ("package_manager", "operating_system", "classification", "severity"),
    [
        ("yum", "AMAZON_LINUX_2", "Bugfix", "None"),
        ("dnf", "AMAZON_LINUX_2023", "Bugfix", "None"),
        ("dnf", "ROCKY_LINUX", "Bugfix", ""),
        ("zypper", "SUSE", "bugfix", "unspecified"),
    ],
)
def test_an_advisory_without_a_severity_has_the_package_manager_s_word_for_it(
    package_manager: str, operating_system: str, classification: str, severity: str
) -> None:
    notice = reader(package_manager, operating_system).notice(
        Advisory(advisory_id="1", classification="bugfix")
    )
    assert (notice.classification, notice.severity) == (classification, severity)
    assert notice.is_advisory


def test_a_version_without_an_advisory_has_none_of_its_words() -> None:
    notice = reader("yum", "AMAZON_LINUX_2").none()
    assert (notice.classification, notice.severity) == ("", "")
    assert notice.fields == {("PRODUCT", "product1")}
    assert not notice.is_advisory


@pytest.mark.parametrize(
    ("operating_system", "issued_at", "updated_at", "released_at"),
    [
        ("ROCKY_LINUX", 1.0, 2.0, 2.0),
        ("ROCKY_LINUX", 1.0, None, 1.0),
        ("ROCKY_LINUX", None, None, None),
        ("SUSE", 1.0, 2.0, 1.0),
        ("SUSE", None, 2.0, 2.0),
    ],
)
def test_the_release_date_is_the_one_that_the_system_counts_from(
    operating_system: str,
    issued_at: float | None,
    updated_at: float | None,
    released_at: float | None,
) -> None:
    advisory = Advisory(advisory_id="1", issued_at=issued_at, updated_at=updated_at)
    assert reader("dnf", operating_system).notice(advisory).released_at == released_at


def test_security_ranks_above_everything_then_severity() -> None:
    described = reader("dnf", "ROCKY_LINUX").described
    words = [
        ("security", "critical"),
        ("security", "Important"),
        ("security", "Moderate"),
        ("security", "low"),
        ("security", ""),
        ("bugfix", "Critical"),
        ("enhancement", ""),
    ]
    ranks = [described(*each).rank for each in words]
    assert ranks == sorted(set(ranks), reverse=True)
    assert described("security", "Medium").rank == described("security", "Moderate").rank
