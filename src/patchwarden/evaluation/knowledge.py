"""Finds what the catalog, the nodes' changelogs and first sights say about a report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from patchwarden.data.feed_products import product_named
from patchwarden.data.load import operating_systems
from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion
from patchwarden.domain.enrichment import Knowledge, Offer, enrich, offered_source
from patchwarden.domain.facts import AvailableVersion, Node, Package, Report
from patchwarden.domain.fix_order import KnownFix
from patchwarden.domain.os_rules import WINDOWS, catalog_products_of
from patchwarden.domain.windows_enrichment import WindowsCatalog
from patchwarden.store import advisories, catalog, changelogs
from patchwarden.store.database import Database
from patchwarden.store.first_seen import FirstSights
from patchwarden.store.nodes import ManagedNode

_MAX_NAMES = 50_000
"""Of one product."""
_MAX_WINDOWS_PRODUCTS = 8
_MAX_NOTED = 10_000
"""Of one report."""
_MAX_NOTED_TEXT = 255


class Wanted(NamedTuple):
    """What bears on a verdict besides advisories, as the baseline and the choices have it."""

    first_seen: bool
    """Whether delays count from a release date."""
    changelogs: bool
    """Whether CVEs are shown that changelogs alone tell."""


class _ProductFixes(NamedTuple):
    """What has been asked for of one revision of a product."""

    revision: int
    by_name: dict[str, tuple[KnownFix, ...]]


@dataclass(frozen=True, slots=True)
class Library:
    """Remembers what nodes of the same product ask for again and again.

    What it remembers belongs to one revision of a product, so that it is never out of date.
    """

    _fixes: dict[str, _ProductFixes] = field(default_factory=dict)
    """By product."""
    _windows: dict[tuple[tuple[str, ...], int], WindowsCatalog] = field(default_factory=dict)
    _first_sights: FirstSights = field(default_factory=FirstSights)

    def note_first_seen(self, db: Database, account_id: str, report: Report, now: float) -> None:
        """Note when the versions that a node could install were first offered to any node.

        Absurdly many or long ones are left out: these notes stay for ever.
        """
        offers = [each for each in undated_offers(report) if max(map(len, each)) <= _MAX_NOTED_TEXT]
        offers = offers[:_MAX_NOTED]
        self._first_sights.note(db, account_id, report.node.operating_system, offers, now)

    def enriched(self, db: Database, account_id: str, report: Report, wanted: Wanted) -> Report:
        """Give `report` with all that is known and bears on a verdict added to it."""
        node = report.node
        if node.operating_system == WINDOWS:
            products = catalog_products(node.operating_system, node.platform_version)
            known = self._windows_catalog(db, products)
            return _with_listed(db, known, report).enrich(report)
        return enrich(report, self.knowledge(db, account_id, report, wanted))

    def knowledge(self, db: Database, account_id: str, report: Report, wanted: Wanted) -> Knowledge:
        """Give what is known and bears on the verdicts on the packages of `report`."""
        node = report.node
        products = catalog_products(node.operating_system, node.platform_version)
        return Knowledge(
            fixes=self._known_fixes(db, products, report.packages.installed),
            first_seen=self._first_seen(db, account_id, report) if wanted.first_seen else {},
            changelogs=_changelogs(db, account_id, report) if wanted.changelogs else {},
        )

    def _first_seen(self, db: Database, account_id: str, report: Report) -> dict[Offer, float]:
        offers = undated_offers(report)
        return self._first_sights.find(db, account_id, report.node.operating_system, offers)

    def _known_fixes(
        self, db: Database, products: Sequence[str], installed: Sequence[Package]
    ) -> dict[str, tuple[KnownFix, ...]]:
        revisions = {
            product: revision
            for product in products
            if (revision := advisories.revision(db, [product]))
        }
        if not revisions:
            return {}
        names = {package.name for package in installed}
        names.update(package.source for package in installed if package.source)
        found: dict[str, tuple[KnownFix, ...]] = {}
        for product, revision in revisions.items():
            by_name = self._learned(db, product, revision, names)
            for name in names:
                fixes = by_name[name]
                if fixes:
                    found[name] = found.get(name, ()) + fixes
        return found

    def _learned(
        self, db: Database, product: str, revision: int, names: set[str]
    ) -> Mapping[str, tuple[KnownFix, ...]]:
        """Give what fixes packages of `names`, and perhaps of others."""
        known = self._fixes.get(product)
        if known is None or known.revision != revision or len(known.by_name) > _MAX_NAMES:
            known = self._fixes[product] = _ProductFixes(revision, {})
        new = [name for name in names if name not in known.by_name]
        if new:
            known.by_name.update(_fixes_of(db, product, new))
            if db.in_transaction and not db.read_only:
                # If an import is undone, the next one counts as the same revision.
                db.if_undone(lambda: self._fixes.pop(product, None))
        return known.by_name

    def _windows_catalog(self, db: Database, products: tuple[str, ...]) -> WindowsCatalog:
        revision = advisories.revision(db, products)
        known = self._windows.get((products, revision))
        if known is None:
            if len(self._windows) >= _MAX_WINDOWS_PRODUCTS:
                self._windows.clear()
            known = self._windows[products, revision] = WindowsCatalog.of(
                catalog.of_products(db, WINDOWS, products),
                [each for product in products for each in advisories.of_product(db, product)],
                products=products,
                product_named=product_named,
            )
            if db.in_transaction and not db.read_only:
                db.if_undone(lambda: self._windows.pop((products, revision), None))
        return known


def knowledge_revision(db: Database, account_id: str, node: ManagedNode, wanted: Wanted) -> int:
    """Give a number that grows with what is known and bears on the verdict on a node."""
    if node.operating_system == WINDOWS:
        # A node may list updates of any application.
        return advisories.revision_of_system(db, WINDOWS)
    products = catalog_products(node.operating_system, node.platform_version)
    revision = advisories.revision(db, products)
    if wanted.changelogs:
        revision += changelogs.count(db, account_id, node.operating_system)
    return revision


def catalog_products(operating_system: str, platform_version: str) -> tuple[str, ...]:
    """Give the products whose advisories are about a node; empty if its version tells none."""
    rules = operating_systems().get(operating_system)
    return () if rules is None else catalog_products_of(rules, platform_version)


def has_advisories(db: Database, node: Node) -> bool:
    """Say whether the catalog has anything by which the updates that a node lacks can be told."""
    return (
        advisories.revision(db, catalog_products(node.operating_system, node.platform_version)) > 0
    )


def pending_offers(report: Report) -> Iterator[tuple[Package, AvailableVersion]]:
    """Give what is on offer and not installed."""
    for package in report.packages.installed:
        for offer in package.available:
            if offer.version != package.version:
                yield package, offer


def undated_offers(report: Report) -> list[Offer]:
    """Give what is on offer and whose release date the report does not tell."""
    dated = [each.issued_at is not None for each in report.packages.advisories]
    return [
        Offer(package.name, package.architecture, offer.version)
        for package, offer in pending_offers(report)
        if offer.released_at is None
        and offer.built_at is None
        and not (offer.advisories and any(dated[position] for position in offer.advisories))
    ]


def pending_sources(report: Report) -> dict[SourceVersion, tuple[Package, str]]:
    """Give the source versions on offer, each with a package and its version made from it."""
    return {
        offered_source(package, offer): (package, offer.version)
        for package, offer in pending_offers(report)
    }


def _fixes_of(db: Database, product: str, names: Sequence[str]) -> dict[str, tuple[KnownFix, ...]]:
    stored = advisories.fixes_for(db, product, names)
    contents = advisories.contents(db, sorted({fix.advisory_key for fix in stored}))
    by_name: dict[str, list[KnownFix]] = {name: [] for name in names}
    for fix in stored:
        by_name[fix.name].append(
            KnownFix(
                version=fix.version,
                architecture=fix.architecture,
                is_source=bool(fix.is_source),
                module=fix.module,
                advisory=contents[fix.advisory_key],
            )
        )
    return {name: tuple(fixes) for name, fixes in by_name.items()}


def _with_listed(db: Database, known: WindowsCatalog, report: Report) -> WindowsCatalog:
    """Add what the catalog has of updates that a node lists for other products than its own."""
    patches = catalog.named(db, WINDOWS, known.unknown_keys(report))
    if not patches:
        return known
    names: dict[str, set[str]] = {}
    for patch in patches:
        names.setdefault(patch.product, set()).add(patch.kb_number)
    return known.with_others(
        patches,
        (
            advisory
            for product, of_product in names.items()
            for advisory in advisories.of_names(db, product, sorted(of_product))
        ),
    )


def _changelogs(
    db: Database, account_id: str, report: Report
) -> dict[SourceVersion, tuple[ChangelogEntry, ...]]:
    if not changelogs.are_there(db, account_id, report.node.operating_system):
        return {}
    sources = pending_sources(report)
    return changelogs.find(db, account_id, report.node.operating_system, sources)
