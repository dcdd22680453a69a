"""Hypothesis strategies for reports of dnf, yum and zypper, and for baselines of such nodes."""

from itertools import combinations, product

from hypothesis import strategies as st

from patchwarden.data.load import operating_systems
from patchwarden.domain.baselines import ANY
from patchwarden.domain.facts import (
    Advisory,
    AvailableVersion,
    Node,
    NotInstalled,
    Package,
    Packages,
    Report,
)
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.versions import rpm
from strategies import (
    NAMES,
    TIMES,
    approval_rules,
    baselines,
    filter_sets_of,
    reboot_evidence,
    results_of,
    scans,
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
_keys = st.sampled_from(list(product(NAMES, ("x86_64", "i686", "noarch"))))
_versions = st.sampled_from(RPM_VERSIONS)
_offers = st.sampled_from(
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
_groups = st.sampled_from(
    [
        NotInstalled(classification=classification, severity=severity, count=count)
        for classification, severity in (("", ""), ("security", "Low"), ("bugfix", ""))
        for count in (1, 7)
    ]
)


@st.composite
def _packages(draw: st.DrawFn) -> Package:
    name, architecture = draw(_keys)
    offers = draw(st.lists(_offers, max_size=4, unique_by=lambda offer: offer.version))
    return Package(
        name=name,
        architecture=architecture,
        version=draw(_versions),
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
        scan=draw(scans(results_of(_keys, _versions), reboots=reboots)),
        node=Node(
            operating_system=RPM_SYSTEMS[package_manager],
            platform_type="Linux",
            platform_name="Linux",
            platform_version=draw(st.sampled_from(("2", "9.4", "15.5", ""))),
            architecture="x86_64",
            booted_at=draw(st.sampled_from((None, *TIMES))),
            reboot=draw(reboot_evidence) if reboots else None,
        ),
        packages=Packages(
            package_manager=package_manager,
            installed=tuple(
                draw(st.lists(_packages(), min_size=1, max_size=3, unique_by=rpm_kb_id))
            ),
            advisories=ADVISORIES,
            not_installed=tuple(draw(st.lists(_groups, max_size=2))),
        ),
    )


def rpm_rules(report: Report) -> OperatingSystemRules:
    """Give the rules of the operating system of a report."""
    return operating_systems()[report.node.operating_system]


_filter_sets = filter_sets_of(
    {
        "PRODUCT": ("AmazonLinux2.0", "RockyLinux9.4", "Suse15.5", ANY),
        "CLASSIFICATION": ("Security", "Bugfix", ANY),
        "SEVERITY": ("Important", "Low", "None", ANY),
    }
)
rpm_patterns = st.sampled_from(
    [
        *(*NAMES, *RPM_VERSIONS, "*", "a*", "LIB-?", "a.x86_64", "b-1*", "*.i686:*", "nothing"),
        *("ADV-1", "adv-2*", "CVE-2025-1", "1003"),
    ]
)
rpm_approval_rules = approval_rules(filter_sets=_filter_sets)
rpm_baselines = baselines(
    st.lists(rpm_approval_rules, max_size=3).map(tuple),
    operating_system="ROCKY_LINUX",
    global_filters=_filter_sets | st.just(()),
    pattern_lists=st.lists(rpm_patterns, max_size=2).map(tuple) | st.just(()),
)
