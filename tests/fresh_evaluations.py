"""The verdicts on a node made anew: by an engine that remembers nothing, from the whole report."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from advisories import catalog_advisory, fix
from fakes import NOW
from patchwarden.data.products import operating_system_of_product
from patchwarden.domain.advisories import CatalogAdvisory
from patchwarden.domain.facts import Package, Packages, Report
from patchwarden.domain.summary import summarize
from patchwarden.evaluation.assignment import assigned_baseline
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.judgement import made_here
from patchwarden.evaluation.kept_reports import join
from patchwarden.evaluation.shared_verdicts import Judged
from patchwarden.store import advisories, baselines, nodes, packed_rows, scans
from patchwarden.store.advisories import AdvisoryWriter
from patchwarden.store.database import Database, Scope
from patchwarden.store.nodes import ManagedNode
from rpm_strategies import rpm_reports
from strategies import NAMES, reports

PRODUCTS: Mapping[str, Sequence[str]] = {
    "DEBIAN": ("Debian12",),
    "ROCKY_LINUX": ("RockyLinux9.4", "RockyLinux9"),
    "AMAZON_LINUX_2": ("AmazonLinux2",),
    "SUSE": ("Suse15.5",),
}
ADVISORIES: Sequence[CatalogAdvisory] = [
    catalog_advisory(
        f"{system}-{number}",
        *(
            fix(name, version, product, is_source=is_source)
            for name in NAMES[number % 2 :: 2]
            for product in products
        ),
        cve_ids=(f"CVE-2025-{number}",),
        issued_at=issued_at,
    )
    for system, products in PRODUCTS.items()
    for number, (version, is_source, issued_at) in enumerate(
        [
            ("1.10", True, NOW - 4 * 86_400),
            ("1.10-1", False, NOW - 2 * 86_400),
            ("2", True, None),
            ("2-1", False, None),
        ]
    )
]
"""For the names and versions of the strategies."""
_UNKNOWN: Mapping[str, object] = {"told_by_a_newer_agent": {"installed_at": 0, "x": [1, "\\"]}}
_own_times = st.sampled_from(
    [None, 0, 0.0, 0.5, NOW - 1.0, NOW, NOW + 0.25, 3_999_999_999.0, 4_294_967_295.0]
)
_own_people = st.sampled_from([None, "", "ann", "root", 'the "ops" team', "Zoë"])


class OwnTexts(NamedTuple):
    """How a node puts its report in words."""

    leaves_out: bool
    """Whether members that are null or empty are left out."""
    order: int
    """The seed of the order of packages; 0 keeps it."""
    has_unknown: bool
    """Whether packages have a member that is unknown."""
    times: Sequence[float | None]
    """For each package, in turn; empty keeps them."""
    people: Sequence[str | None]

    def encode(self, report: Report) -> bytes:
        """Give the report as the node sends it."""
        told = msgspec.to_builtins(report)
        listed: list[dict[str, Any]] = list(told["packages"]["installed"])
        for position, package in enumerate(listed):
            if self.times:
                package["installed_at"] = self.times[position % len(self.times)]
            if self.people:
                package["installed_by"] = self.people[position % len(self.people)]
            if self.leaves_out:
                left = {name: value for name, value in package.items() if value not in (None, ())}
                package.clear()
                package.update(left)
            if self.has_unknown and position % 2:
                package.update(_UNKNOWN)
        if self.order:
            random.Random(self.order).shuffle(listed)
        told["packages"]["installed"] = listed
        return msgspec.json.encode(told)


own_texts = st.builds(
    OwnTexts,
    leaves_out=st.booleans(),
    order=st.integers(0, 3),
    has_unknown=st.sampled_from([False, False, True]),
    times=st.lists(_own_times, max_size=3),
    people=st.lists(_own_people, max_size=2),
)


def without_advisories(report: Report) -> Report:
    """Give a report whose node tells of no advisories, as one without metadata of updates."""
    installed = tuple(map(_bare, report.packages.installed))
    return replace(report, packages=replace(report.packages, installed=installed, advisories=()))


def _bare(package: Package) -> Package:
    offers = tuple(replace(offer, advisories=()) for offer in package.available)
    return replace(package, available=offers)


def told_nothing_of_offers(report: Report) -> Report:
    """Give a report of a node that tells nothing but what is installed."""
    installed = tuple(replace(package, available=()) for package in report.packages.installed)
    packages: Packages = replace(report.packages, installed=installed, knows_available=False)
    return replace(report, packages=packages)


any_reports = (
    reports()
    | reports().map(told_nothing_of_offers)
    | rpm_reports().map(without_advisories)
    | rpm_reports().map(without_advisories).map(told_nothing_of_offers)
    | rpm_reports()
)
"""Reports of all package managers whose packages are judged each by itself."""


def put_advisory(db: Database, advisory: CatalogAdvisory) -> None:
    """Take an advisory into the catalog, inside a transaction."""
    writer = AdvisoryWriter(db)
    writer.put(advisory)
    for product in sorted(writer.changed_products):
        advisories.count_change(db, product, operating_system_of_product(product) or "")
    baselines.count_policy_change_everywhere(db)


def found_node(db: Database, scope: Scope, instance_id: str) -> ManagedNode:
    """Give a node that is there."""
    node = nodes.find(db, scope, instance_id)
    assert node is not None
    return node


def by_what_is_known(
    db: Database, engine: Engine, scope: Scope, instance_id: str, now: float
) -> Judged:
    """Judge a node as the server does; must run inside a transaction."""
    node = found_node(db, scope, instance_id)
    return made_here(db, engine, scope, node, now).make()


def anew(db: Database, engine: Engine, scope: Scope, instance_id: str, now: float) -> Judged:
    """Judge a node by its whole report alone, by the choices of `engine`.

    Must run inside a transaction.
    """
    fresh = Engine(engine.choices)
    node = found_node(db, scope, instance_id)
    assert node.scan_id is not None
    report = join(scans.load(db, node.node_key, node.scan_id))
    wanted = fresh.wanted(report.node.operating_system)
    enriched = fresh.library.enriched(db, scope.account_id, report, wanted)
    baseline = assigned_baseline(db, scope, node.operating_system, node.patch_group).content
    evaluation = fresh.evaluate(enriched, baseline, now)
    verdicts = evaluation.verdicts
    record_ids = fresh.record_ids.intern(db, [verdict.record for verdict in verdicts])
    setting = baseline.available_security_updates_compliance_status
    summary = summarize(
        verdicts,
        not_applicable_count=evaluation.not_applicable_count,
        available_security_updates_are_compliant=setting != "NON_COMPLIANT",
    )
    return Judged(packed_rows.pack(verdicts, record_ids), summary, evaluation.valid_until)
