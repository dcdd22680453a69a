"""It makes no difference whether a node tells of advisories or the catalog does (contract 2, 3)."""

from dataclasses import replace
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import NOW
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.enrichment import Knowledge, enrich
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.facts import Advisory, AvailableVersion, Package, Packages, Report
from patchwarden.domain.fix_order import KnownFix
from patchwarden.domain.policy import Policy
from patchwarden.domain.versions import rpm
from rpm_strategies import ADVISORIES, RPM_VERSIONS, rpm_baselines, rpm_reports, rpm_rules
from strategies import NAMES

_STREAM = "tool:1"


class Told(NamedTuple):
    """One package, and which version each advisory names."""

    package: Package
    named: tuple[tuple[int, str], ...]
    """Positions of advisories, and versions."""


@st.composite
def told_packages(draw: st.DrawFn, name: str) -> Told:
    installed = draw(st.sampled_from(RPM_VERSIONS))
    module = draw(st.sampled_from(("", _STREAM)))
    newer = [each for each in RPM_VERSIONS if rpm.compare(each, installed) > 0]
    offered = draw(st.lists(st.sampled_from(newer), unique=True)) if newer else []
    package = Package(
        name=name,
        architecture=draw(st.sampled_from(("x86_64", "noarch"))),
        version=installed,
        available=tuple(
            AvailableVersion(version=each, module=module)
            for each in sorted(offered, key=rpm.sort_key, reverse=True)
        ),
    )
    named = st.tuples(st.integers(0, len(ADVISORIES) - 1), st.sampled_from(RPM_VERSIONS))
    every = draw(st.lists(named, max_size=4, unique_by=lambda each: each[0]))
    return Told(package, tuple(every))


def as_the_node_tells(told: Told) -> Package:
    """Attach advisories as the agent does: to the oldest version on offer that has the fix."""
    package = told.package
    versions = [package.version, *(offer.version for offer in reversed(package.available))]
    found: dict[str, set[int]] = {}
    for position, version in told.named:
        for each in versions:
            is_there = rpm.compare(each, version) == 0
            if is_there or (each != package.version and rpm.compare(each, version) > 0):
                if rpm.compare(version, package.version) >= 0:
                    found.setdefault(each, set()).add(position)
                break
    offers = [
        *package.available,
        *([AvailableVersion(version=package.version)] if package.version in found else []),
    ]
    advised = (
        replace(offer, advisories=tuple(sorted(found.get(offer.version, ())))) for offer in offers
    )
    return replace(package, available=tuple(advised))


def known_fixes(told: Told, advisories: tuple[Advisory, ...]) -> list[KnownFix]:
    package = told.package
    module = package.available[0].module if package.available else _STREAM
    return [
        KnownFix(version, package.architecture, False, module, advisories[position])
        for position, version in told.named
    ]


def with_packages(
    report: Report, installed: list[Package], advisories: tuple[Advisory, ...]
) -> Report:
    packages: Packages = replace(report.packages, installed=tuple(installed), advisories=advisories)
    return replace(report, packages=packages)


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(*(told_packages(name) for name in NAMES[:2])),
    rpm_reports(reboots=False),
    rpm_baselines,
)
def test_advisories_of_the_catalog_count_as_those_of_the_node(
    told: tuple[Told, ...], report: Report, baseline: PatchBaseline
) -> None:
    reported = with_packages(report, list(map(as_the_node_tells, told)), ADVISORIES)
    silent = with_packages(report, [each.package for each in told], ())
    knowledge = Knowledge(fixes={each.package.name: known_fixes(each, ADVISORIES) for each in told})
    rules = rpm_rules(report)
    policy = Policy.of(baseline, rules, NOW, approved_bypass_global_filters=True)
    expected = evaluate(reported, policy, rules)
    assert evaluate(enrich(silent, knowledge), policy, rules) == expected
    # To know it twice changes nothing.
    assert evaluate(enrich(reported, knowledge), policy, rules) == expected
