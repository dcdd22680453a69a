"""What the catalog adds to the updates of a Windows node; tests/cases/states has more."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_patches import windows_patch
from fakes import NOW
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.facts import Advisory, Node, Packages, Report, Scan, WindowsUpdate
from patchwarden.domain.windows import key_of
from patchwarden.domain.windows_enrichment import WindowsCatalog
from windows_strategies import NODE_PRODUCT, advisories, catalog_patches, windows_reports

few = settings(max_examples=60, deadline=None)
OFFERED = WindowsUpdate(presence="available", kb_id="KB1")
INSTALLED = WindowsUpdate(presence="installed", kb_id="KB1")


def catalog_of(
    patches: Sequence[CatalogPatch] = (), about: Sequence[CatalogAdvisory] = ()
) -> WindowsCatalog:
    return WindowsCatalog.of(
        patches,
        about,
        products=(NODE_PRODUCT,),
        product_named={"Windows Server 2019": NODE_PRODUCT}.get,
    )


def report_of(*updates: WindowsUpdate, knows_available: bool = True) -> Report:
    return Report(
        schema=1,
        scan=Scan(started_at=NOW - 2, ended_at=NOW, collector="a-test/1", evidence="none"),
        node=Node(
            operating_system="WINDOWS",
            platform_type="Windows",
            platform_name="Microsoft Windows Server 2019 Datacenter",
            platform_version="10.0.17763",
            architecture="AMD64",
        ),
        packages=Packages(
            package_manager="windows-update", knows_available=knows_available, updates=updates
        ),
    )


def enriched(
    *updates: WindowsUpdate,
    patches: Sequence[CatalogPatch] = (),
    about: Sequence[CatalogAdvisory] = (),
    knows_available: bool = True,
) -> tuple[WindowsUpdate, ...]:
    report = report_of(*updates, knows_available=knows_available)
    return catalog_of(patches, about).enrich(report).packages.updates


def advisory(
    *kb_ids: str,
    cve_ids: tuple[str, ...] = (),
    supersedes: tuple[str, ...] = (),
    product: str = NODE_PRODUCT,
    withdrawn: bool = False,
) -> CatalogAdvisory:
    return CatalogAdvisory(
        source="microsoft",
        advisory=Advisory(advisory_id="an-advisory", cve_ids=cve_ids),
        fixes=tuple(Fix(product=product, name=kb_id) for kb_id in kb_ids),
        supersedes=supersedes,
        withdrawn=withdrawn,
    )


def test_the_catalog_fills_in_what_the_node_does_not_say() -> None:
    patch = windows_patch(1, msrc_number="MS12-072", cve_ids=("CVE-2026-2",))
    [update] = enriched(
        OFFERED, patches=[patch], about=[advisory("kb1", cve_ids=("CVE-2026-1", "CVE-2026-2"))]
    )
    assert update == WindowsUpdate(
        presence="available",
        kb_id="KB1",
        update_id=patch.patch_id,
        title=patch.title,
        classification="SecurityUpdates",
        products=(NODE_PRODUCT,),
        product_family="Windows",
        msrc_severity="Critical",
        msrc_number="MS12-072",
        released_at=patch.released_at,
        cve_ids=("CVE-2026-1", "CVE-2026-2"),
    )


def test_the_catalog_wins_but_for_the_title_and_the_id() -> None:
    own = replace(
        OFFERED,
        update_id="its-own",
        title="In the words of the node",
        classification="Updates",
        products=("Windows 10",),
        msrc_severity="Low",
        released_at=NOW,
    )
    patch = windows_patch(1)
    [update] = enriched(own, patches=[patch])
    assert (update.update_id, update.title) == ("its-own", "In the words of the node")
    assert (update.classification, update.msrc_severity) == ("SecurityUpdates", "Critical")
    assert (update.products, update.released_at) == ((NODE_PRODUCT,), patch.released_at)


@pytest.mark.parametrize("unrated", ["", "Unspecified"])
def test_that_the_catalog_has_no_severity_takes_none_away(unrated: str) -> None:
    patch = windows_patch(1, msrc_severity=unrated)
    [update] = enriched(replace(OFFERED, msrc_severity="Critical"), patches=[patch])
    assert update.msrc_severity == "Critical"


def test_an_update_that_has_only_its_id_gets_its_kb_number() -> None:
    patch = windows_patch(1)
    [update] = enriched(
        WindowsUpdate(presence="available", update_id=patch.patch_id.upper()), patches=[patch]
    )
    assert update.kb_id == "KB1"


def test_products_get_the_names_that_baselines_have() -> None:
    products = ("Windows Server 2019", NODE_PRODUCT, "Of nobody")
    [update] = enriched(replace(OFFERED, products=products))
    assert update.products == (NODE_PRODUCT, "Of nobody")


def test_what_is_said_of_the_nodes_product_counts_before_what_is_said_of_others() -> None:
    patches = [
        windows_patch(1, product="Windows10", title="Of another", released_at=NOW),
        windows_patch(1, title="Its own"),
    ]
    about = [
        advisory("KB1", product="Windows10", cve_ids=("CVE-2026-1",)),
        advisory("KB1", cve_ids=("CVE-2026-2",)),
    ]
    [update] = enriched(OFFERED, patches=patches, about=about)
    assert (update.title, update.products) == ("Its own", (NODE_PRODUCT,))
    assert update.cve_ids == ("CVE-2026-2",)


def test_what_is_said_of_other_products_tells_of_listed_updates_and_adds_none() -> None:
    patches = [
        windows_patch(number, product=f"Office {year}", product_family="Office")
        for number in (1, 2)
        for year in (2016, 2019)
    ]
    [update] = enriched(OFFERED, patches=patches)
    assert update.products == ("Office 2016", "Office 2019")
    assert update.product_family == "Office"


def test_what_is_said_of_an_application_tells_of_its_updates() -> None:
    about = [advisory("KB1", product="Office 2016", cve_ids=("CVE-2026-1",))]
    [update] = enriched(OFFERED, about=about)
    assert update.cve_ids == ("CVE-2026-1",)


def test_an_advisory_without_a_fix_says_nothing_of_the_update_it_names() -> None:
    unfixed = Fix(product=NODE_PRODUCT, name="KB1", status="unfixed")
    about = replace(advisory("KB2", cve_ids=("CVE-2026-1",)), fixes=(unfixed,))
    [update] = enriched(OFFERED, about=[about])
    assert update.cve_ids == ()


def test_what_the_node_says_of_supersedence_counts_beside_the_catalog() -> None:
    own = replace(INSTALLED, kb_id="KB9", supersedes=("KB1",))
    offered = [replace(OFFERED, kb_id=kb_id) for kb_id in ("KB1", "KB2")]
    updates = enriched(own, *offered, about=[advisory("KB9", supersedes=("KB2",))])
    assert [update.presence for update in updates[1:]] == ["not-applicable", "not-applicable"]


def test_a_monthly_update_of_one_kb_number_does_not_supersede_its_next() -> None:
    installed = replace(INSTALLED, update_id="of-february", supersedes=("of-january",))
    next_one = replace(OFFERED, update_id="of-march")
    earlier = replace(OFFERED, update_id="of-january", presence="not-applicable")
    updates = enriched(installed, next_one, earlier)
    assert updates[1].presence == "available"


def test_a_withdrawn_advisory_says_nothing() -> None:
    about = [advisory("KB2", cve_ids=("CVE-2026-1",), supersedes=("KB1",), withdrawn=True)]
    updates = enriched(OFFERED, replace(INSTALLED, kb_id="KB2"), about=about)
    assert [(update.presence, update.cve_ids) for update in updates] == [
        ("available", ()),
        ("installed", ()),
    ]


def test_supersedence_in_a_ring_comes_to_an_end() -> None:
    about = [
        advisory("KB1", supersedes=("KB1", "KB2")),
        advisory("KB2", supersedes=("KB3",)),
        advisory("KB3", supersedes=("KB1",)),
    ]
    offered = [replace(OFFERED, kb_id=kb_id) for kb_id in ("KB2", "KB3")]
    updates = enriched(INSTALLED, *offered, about=about)
    assert [update.presence for update in updates] == [
        "installed",
        "not-applicable",
        "not-applicable",
    ]


def test_cves_of_an_update_on_offer_stay_with_it() -> None:
    about = [
        advisory("KB3", cve_ids=("CVE-2026-3",), supersedes=("KB2",)),
        advisory("KB2", cve_ids=("CVE-2026-2",), supersedes=("KB1",)),
        advisory("KB1", cve_ids=("CVE-2026-1",)),
    ]
    newest, older = (replace(OFFERED, kb_id=kb_id) for kb_id in ("KB3", "KB2"))
    [alone] = enriched(newest, about=about)
    assert alone.cve_ids == ("CVE-2026-1", "CVE-2026-2", "CVE-2026-3")
    both = enriched(newest, older, about=about)
    assert [update.cve_ids for update in both] == [("CVE-2026-3",), ("CVE-2026-1", "CVE-2026-2")]
    with_installed = enriched(newest, INSTALLED, about=about)
    assert with_installed[0].cve_ids == ("CVE-2026-2", "CVE-2026-3")


@few
@given(windows_reports(), st.lists(catalog_patches(), max_size=8), st.lists(advisories, max_size=6))
def test_enrichment_keeps_what_is_listed_and_adds_each_kb_number_once(
    report: Report, patches: list[CatalogPatch], about: list[CatalogAdvisory]
) -> None:
    listed = report.packages.updates
    updates = catalog_of(patches, about).enrich(report).packages.updates
    for before, after in zip(listed, updates, strict=False):
        assert key_of(after) == key_of(before) or not before.kb_id
        settled = "not-applicable" if before.presence in {"available", "failed"} else ""
        assert after.presence in {before.presence, settled}
        assert set(before.cve_ids) <= set(after.cve_ids)
    known = {key_of(update) for update in updates[: len(listed)]}
    added = [key_of(update) for update in updates[len(listed) :]]
    of_node = {each.kb_number.lower() for each in patches if each.product == NODE_PRODUCT}
    assert added == sorted(of_node - known)


@few
@given(windows_reports(), st.lists(catalog_patches(), max_size=8), st.lists(advisories, max_size=6))
def test_nothing_is_on_offer_that_an_installed_update_supersedes(
    report: Report, patches: list[CatalogPatch], about: list[CatalogAdvisory]
) -> None:
    updates = catalog_of(patches, about).enrich(report).packages.updates
    installed = {key_of(update) for update in updates if update.presence == "installed"}
    directly = {
        kb_id.lower()
        for each in about
        if each.fixes[0].product == NODE_PRODUCT and each.fixes[0].name.lower() in installed
        for kb_id in each.supersedes
    }
    on_offer = {key_of(update) for update in updates if update.presence in {"available", "failed"}}
    assert on_offer.isdisjoint(directly - installed)
    if report.packages.knows_available:
        listed = {key_of(update) for update in updates[: len(report.packages.updates)]}
        assert on_offer <= listed


@few
@given(windows_reports(), st.lists(catalog_patches(), max_size=8), st.lists(advisories, max_size=6))
def test_enriching_twice_changes_nothing_where_it_is_known_what_is_on_offer(
    report: Report, patches: list[CatalogPatch], about: list[CatalogAdvisory]
) -> None:
    knowing = replace(report, packages=replace(report.packages, knows_available=True))
    catalog = catalog_of(patches, about)
    once = catalog.enrich(knowing)
    assert catalog.enrich(once) == once
