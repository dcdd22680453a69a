"""Hypothesis strategies for reports and baselines of a small world.

Names, versions and days are few, so that filters, lists, results and delays often meet.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st

from fakes import MAIN, NOW, SECURITY
from patchwarden.data.load import operating_systems
from patchwarden.domain.approval import DAY_S
from patchwarden.domain.baselines import ANY, ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.facts import (
    Advisory,
    AvailableVersion,
    Node,
    NotInstalled,
    OperationResult,
    Package,
    Packages,
    Reboot,
    Report,
    Scan,
)
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.states import ComplianceLevel
from patchwarden.domain.versions import rpm

NAMES = ("a", "a-b", "b", "lib-c", "lib-d")
VERSIONS = ("0:1", "1", "1.0~rc1", "1.0-1", "1.10", "1.9", "1:0.1", "2")
PRIORITIES = ("required", "optional", "Extra")
TIMES = tuple(NOW + days * DAY_S + offset for days in (-4, -2, 0, 1) for offset in (-1, 0, 1))

# Drawn as a whole from prepared values: one choice each, which keeps many examples fast.
_keys = st.sampled_from(list(product(NAMES, ("amd64", "i386", "all"))))
_versions = st.sampled_from(VERSIONS)
_offers = st.sampled_from(
    [()]
    + [
        (
            AvailableVersion(
                version=version,
                origins=origins,
                priority=priority,
                section=section,
                released_at=released_at,
            ),
        )
        for version in VERSIONS
        for origins in ((), (0,), (1,), (0, 1))
        for priority, section in ((None, None), ("optional", None), ("Extra", "net"))
        for released_at in (None, *TIMES)
    ]
)
_properties = st.sampled_from(
    [
        {
            "priority": priority,
            "section": section,
            "installed_at": installed_at,
            "installed_by": installed_by,
        }
        for priority in (None, *PRIORITIES)
        for section in (None, "libs", "net")
        for installed_at, installed_by in ((None, None), *((at, "root") for at in TIMES))
    ]
)
_results = st.builds(
    lambda key, version, outcome, at: OperationResult(
        name=key[0], architecture=key[1], version=version, outcome=outcome, at=at
    ),
    _keys,
    _versions,
    st.sampled_from(("installed", "failed")),
    st.sampled_from(TIMES),
)
_reboots = st.sampled_from(
    [
        None,
        *(
            Reboot(required=required, packages=names)
            for required in (True, False)
            for names in combinations(NAMES, 2)
        ),
    ]
)
_groups = st.sampled_from(
    [
        NotInstalled(priority=priority, section=section, origins=origins, count=count)
        for priority in PRIORITIES
        for section in ("libs", "net")
        for origins in ((0,), (1,), (0, 1))
        for count in (1, 7)
    ]
)


def _package(
    key: tuple[str, str],
    version: str,
    available: tuple[AvailableVersion, ...],
    properties: Mapping[str, Any],
) -> Package:
    name, architecture = key
    return Package(
        name=name, architecture=architecture, version=version, available=available, **properties
    )


packages = st.builds(_package, _keys, _versions, _offers, _properties)


def kb_id(package: Package) -> str:
    """Give the KB id of a package of these nodes, which are amd64."""
    architecture = "amd64" if package.architecture == "all" else package.architecture
    return f"{package.name}.{architecture}"


@st.composite
def reports(draw: st.DrawFn, *, reboots: bool = True) -> Report:
    """Give reports of Debian nodes, each KB id once; without `reboots`, nothing waits for one."""
    return Report(
        schema=1,
        scan=Scan(
            started_at=NOW - 2,
            ended_at=NOW,
            collector="a-test/1",
            evidence="python-apt",
            operation=draw(st.sampled_from(("Scan", "Install"))),
            reboot_option="NoReboot" if reboots and draw(st.booleans()) else "RebootIfNeeded",
            results=tuple(draw(st.lists(_results, max_size=3))),
        ),
        node=Node(
            operating_system="DEBIAN",
            platform_type="Linux",
            platform_name="Debian GNU/Linux",
            platform_version=draw(st.sampled_from(("12", "12.5", "sid"))),
            architecture="amd64",
            booted_at=draw(st.sampled_from((None, *TIMES))),
            reboot=draw(_reboots) if reboots else None,
        ),
        packages=Packages(
            package_manager="apt",
            installed=tuple(draw(st.lists(packages, min_size=1, max_size=4, unique_by=kb_id))),
            origins=(MAIN, SECURITY),
            not_installed=tuple(draw(st.lists(_groups, max_size=2))),
        ),
    )


_VALUES = {
    "PRODUCT": ("Debian12", "Debian11", ANY),
    "PRIORITY": ("Required", "Optional", "Extra", ANY),
    "SECTION": ("libs", "NET", ANY),
}
filters = st.sampled_from(
    [
        PatchFilter(key=key, values=values)
        for key, known in _VALUES.items()
        for count in (1, 2)
        for values in combinations(known, count)
    ]
)
_filter_sets = st.lists(filters, max_size=2).map(tuple)
_levels = st.sampled_from(ComplianceLevel)
delays = st.sampled_from([{"approve_after_days": days} for days in range(8)])
_timings = delays | st.sampled_from(
    [{}, *({"approve_until_date": f"2025-11-{day}"} for day in range(19, 27))]
)


@st.composite
def approval_rules(
    draw: st.DrawFn, timings: st.SearchStrategy[Mapping[str, Any]] = _timings
) -> ApprovalRule:
    """Give rules with a delay, a cut-off date or neither."""
    return ApprovalRule(
        filters=draw(_filter_sets),
        compliance_level=draw(_levels),
        enable_non_security=draw(st.booleans()),
        **draw(timings),
    )


patterns = st.sampled_from(
    [*NAMES, *VERSIONS, "*", "a*", "LIB-?", "[ab]", "a.amd64", "b-1*", "*.i386:*", "nothing"]
)
_pattern_lists = st.lists(patterns, max_size=2).map(tuple)
_rejections = _pattern_lists | st.just(())
_rule_lists = st.lists(approval_rules(), max_size=3).map(tuple)


@st.composite
def baselines(
    draw: st.DrawFn,
    approval_rules: st.SearchStrategy[tuple[ApprovalRule, ...]] = _rule_lists,
) -> PatchBaseline:
    """Give baselines for Debian."""
    return PatchBaseline(
        name="under-test",
        operating_system="DEBIAN",
        global_filters=draw(_filter_sets),
        approval_rules=draw(approval_rules),
        approved_patches=draw(_pattern_lists),
        approved_patches_compliance_level=draw(_levels),
        approved_patches_enable_non_security=draw(st.booleans()),
        rejected_patches=draw(_rejections),
        rejected_patches_action=draw(st.sampled_from(("ALLOW_AS_DEPENDENCY", "BLOCK"))),
    )


IGNORED, HONOURED = (
    replace(operating_systems()["DEBIAN"], approval_delay=delay)
    for delay in ("ignored", "honoured")
)
rules = st.sampled_from((IGNORED, HONOURED))
instants = st.sampled_from(
    [
        NOW + days * DAY_S + offset
        for days in range(-5, 10)
        for offset in (-1.5, -1.0, 0.0, 0.5, 1.0)
    ]
)


RPM_SYSTEMS = {"dnf": "ROCKY_LINUX", "yum": "AMAZON_LINUX_2", "zypper": "SUSE"}
"""An operating system for each package manager."""
RPM_VERSIONS = ("1-1", "1:0.1-1", "1.0-1", "1.0-2", "1.0~rc1-1", "1.0^git1-1", "1.10-1", "2-1")
ADVISORIES = tuple(
    Advisory(
        advisory_id=f"ADV-{number}",
        classification=classification,
        severity=severity,
        issued_at=issued_at,
        updated_at=updated_at,
        cve_ids=(f"CVE-2025-{number % 5}", f"CVE-2025-{number % 3}"),
        bugzilla_ids=(str(1000 + number),),
    )
    for number, (classification, severity, (issued_at, updated_at)) in enumerate(
        product(
            ("security", "bugfix"),
            ("Important", "Low", ""),
            ((None, None), (TIMES[0], None), (TIMES[3], TIMES[6]), (None, TIMES[9])),
        )
    )
)
_rpm_keys = st.sampled_from(list(product(NAMES, ("x86_64", "i686", "noarch"))))
_rpm_versions = st.sampled_from(RPM_VERSIONS)
_rpm_offers = st.sampled_from(
    [
        AvailableVersion(
            version=version, advisories=advisories, built_at=built_at, released_at=released_at
        )
        for version in RPM_VERSIONS
        for count in (0, 1, 2)
        for advisories in combinations(range(len(ADVISORIES)), count)
        for built_at, released_at in ((None, None), (TIMES[5], TIMES[0]), (None, TIMES[8]))
    ]
)
_rpm_results = st.builds(
    lambda key, version, outcome, at: OperationResult(
        name=key[0], architecture=key[1], version=version, outcome=outcome, at=at
    ),
    _rpm_keys,
    _rpm_versions,
    st.sampled_from(("installed", "failed")),
    st.sampled_from(TIMES),
)
_rpm_groups = st.sampled_from(
    [
        NotInstalled(classification=classification, severity=severity, count=count)
        for classification, severity in (("", ""), ("security", "Low"), ("bugfix", ""))
        for count in (1, 7)
    ]
)


@st.composite
def _rpm_packages(draw: st.DrawFn) -> Package:
    name, architecture = draw(_rpm_keys)
    offers = draw(st.lists(_rpm_offers, max_size=4, unique_by=lambda offer: offer.version))
    return Package(
        name=name,
        architecture=architecture,
        version=draw(_rpm_versions),
        installed_at=draw(st.sampled_from((None, *TIMES))),
        available=tuple(sorted(offers, key=lambda o: rpm.sort_key(o.version), reverse=True)),
    )


def rpm_kb_id(package: Package) -> str:
    """Give the KB id of a package of dnf, yum or zypper."""
    return f"{package.name}.{package.architecture}"


@st.composite
def rpm_reports(draw: st.DrawFn, *, reboots: bool = True) -> Report:
    """Give reports of nodes with dnf, yum or zypper; without `reboots`, nothing waits for one."""
    package_manager = draw(st.sampled_from(list(RPM_SYSTEMS)))
    return Report(
        schema=1,
        scan=Scan(
            started_at=NOW - 2,
            ended_at=NOW,
            collector="a-test/1",
            evidence=package_manager,
            operation=draw(st.sampled_from(("Scan", "Install"))),
            reboot_option="NoReboot" if reboots and draw(st.booleans()) else "RebootIfNeeded",
            results=tuple(draw(st.lists(_rpm_results, max_size=3))),
        ),
        node=Node(
            operating_system=RPM_SYSTEMS[package_manager],
            platform_type="Linux",
            platform_name="Linux",
            platform_version=draw(st.sampled_from(("2", "9.4", "15.5", ""))),
            architecture="x86_64",
            booted_at=draw(st.sampled_from((None, *TIMES))),
            reboot=draw(_reboots) if reboots else None,
        ),
        packages=Packages(
            package_manager=package_manager,
            installed=tuple(
                draw(st.lists(_rpm_packages(), min_size=1, max_size=3, unique_by=rpm_kb_id))
            ),
            advisories=ADVISORIES,
            not_installed=tuple(draw(st.lists(_rpm_groups, max_size=2))),
        ),
    )


def rpm_rules(report: Report) -> OperatingSystemRules:
    """Give the rules of the operating system of a report."""
    return operating_systems()[report.node.operating_system]


_RPM_VALUES = {
    "PRODUCT": ("AmazonLinux2.0", "RockyLinux9.4", "Suse15.5", ANY),
    "CLASSIFICATION": ("Security", "Bugfix", ANY),
    "SEVERITY": ("Important", "Low", "None", ANY),
}
rpm_filters = st.sampled_from(
    [
        PatchFilter(key=key, values=values)
        for key, known in _RPM_VALUES.items()
        for count in (1, 2)
        for values in combinations(known, count)
    ]
)
rpm_patterns = st.sampled_from(
    [
        *(*NAMES, *RPM_VERSIONS, "*", "a*", "LIB-?", "a.x86_64", "b-1*", "*.i686:*", "nothing"),
        *("ADV-1", "adv-2*", "CVE-2025-1", "1003"),
    ]
)
_rpm_filter_sets = st.lists(rpm_filters, max_size=2).map(tuple)


@st.composite
def rpm_approval_rules(draw: st.DrawFn) -> ApprovalRule:
    """Give rules with a delay, a cut-off date or neither, for dnf, yum and zypper."""
    return ApprovalRule(
        filters=draw(_rpm_filter_sets),
        compliance_level=draw(_levels),
        enable_non_security=draw(st.booleans()),
        **draw(_timings),
    )


@st.composite
def rpm_baselines(draw: st.DrawFn) -> PatchBaseline:
    """Give baselines for dnf, yum and zypper."""
    pattern_lists = st.lists(rpm_patterns, max_size=2).map(tuple)
    return PatchBaseline(
        name="under-test",
        operating_system="ROCKY_LINUX",
        global_filters=draw(_rpm_filter_sets | st.just(())),
        approval_rules=tuple(draw(st.lists(rpm_approval_rules(), max_size=3))),
        approved_patches=draw(pattern_lists | st.just(())),
        approved_patches_compliance_level=draw(_levels),
        approved_patches_enable_non_security=draw(st.booleans()),
        rejected_patches=draw(pattern_lists | st.just(())),
        rejected_patches_action=draw(st.sampled_from(("ALLOW_AS_DEPENDENCY", "BLOCK"))),
    )
