"""Hypothesis strategies for reports and baselines of a small world: Debian, and what all share.

Names, versions and days are few, so that filters, lists, results and delays often meet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st

from fakes import MAIN, NOW, SECURITY
from patchwarden.data.load import operating_systems
from patchwarden.domain.approval import DAY_S
from patchwarden.domain.baselines import ANY, ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.facts import (
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
from patchwarden.domain.states import ComplianceLevel

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


def results_of(
    keys: st.SearchStrategy[tuple[str, str]], versions: st.SearchStrategy[str]
) -> st.SearchStrategy[OperationResult]:
    """Give what an operation did with packages of these names and architectures."""
    return st.builds(
        lambda key, version, outcome, at: OperationResult(
            name=key[0], architecture=key[1], version=version, outcome=outcome, at=at
        ),
        keys,
        versions,
        st.sampled_from(("installed", "failed")),
        st.sampled_from(TIMES),
    )


@st.composite
def scans(
    draw: st.DrawFn, results: st.SearchStrategy[OperationResult], *, reboots: bool = True
) -> Scan:
    """Give operations with up to three `results`; without `reboots`, nothing waits for one."""
    return Scan(
        started_at=NOW - 2,
        ended_at=NOW,
        collector="a-test/1",
        evidence="a-test",
        operation=draw(st.sampled_from(("Scan", "Install"))),
        reboot_option="NoReboot" if reboots and draw(st.booleans()) else "RebootIfNeeded",
        results=tuple(draw(st.lists(results, max_size=3))),
    )


reboot_evidence = st.sampled_from(
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
        scan=draw(scans(results_of(_keys, _versions), reboots=reboots)),
        node=Node(
            operating_system="DEBIAN",
            platform_type="Linux",
            platform_name="Debian GNU/Linux",
            platform_version=draw(st.sampled_from(("12", "12.5", "sid"))),
            architecture="amd64",
            booted_at=draw(st.sampled_from((None, *TIMES))),
            reboot=draw(reboot_evidence) if reboots else None,
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


def filter_sets_of(
    values: Mapping[str, Sequence[str]],
) -> st.SearchStrategy[tuple[PatchFilter, ...]]:
    """Give up to two filters, each of one or two of the values of its key."""
    filters = [
        PatchFilter(key=key, values=chosen)
        for key, known in values.items()
        for count in (1, 2)
        for chosen in combinations(known, count)
    ]
    return st.lists(st.sampled_from(filters), max_size=2).map(tuple)


_filter_sets = filter_sets_of(_VALUES)
_levels = st.sampled_from(ComplianceLevel)
delays = st.sampled_from([{"approve_after_days": days} for days in range(8)])
_timings = delays | st.sampled_from(
    [{}, *({"approve_until_date": f"2025-11-{day}"} for day in range(19, 27))]
)


@st.composite
def approval_rules(
    draw: st.DrawFn,
    timings: st.SearchStrategy[Mapping[str, Any]] = _timings,
    filter_sets: st.SearchStrategy[tuple[PatchFilter, ...]] = _filter_sets,
) -> ApprovalRule:
    """Give rules with a delay, a cut-off date or neither."""
    return ApprovalRule(
        filters=draw(filter_sets),
        compliance_level=draw(_levels),
        enable_non_security=draw(st.booleans()),
        **draw(timings),
    )


patterns = st.sampled_from(
    [*NAMES, *VERSIONS, "*", "a*", "LIB-?", "[ab]", "a.amd64", "b-1*", "*.i386:*", "nothing"]
)
_pattern_lists = st.lists(patterns, max_size=2).map(tuple)
_rule_lists = st.lists(approval_rules(), max_size=3).map(tuple)


@st.composite
def baselines(
    draw: st.DrawFn,
    approval_rules: st.SearchStrategy[tuple[ApprovalRule, ...]] = _rule_lists,
    *,
    operating_system: str = "DEBIAN",
    global_filters: st.SearchStrategy[tuple[PatchFilter, ...]] = _filter_sets,
    pattern_lists: st.SearchStrategy[tuple[str, ...]] = _pattern_lists,
) -> PatchBaseline:
    """Give baselines, for Debian unless told otherwise."""
    return PatchBaseline(
        name="under-test",
        operating_system=operating_system,
        global_filters=draw(global_filters),
        approval_rules=draw(approval_rules),
        approved_patches=draw(pattern_lists),
        approved_patches_compliance_level=draw(_levels),
        approved_patches_enable_non_security=draw(st.booleans()),
        rejected_patches=draw(pattern_lists | st.just(())),
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
