"""Advisories in the store: the newest revision wins, and importing again changes nothing."""

from dataclasses import replace

from advisories import catalog_advisory, fix, learn
from fakes import NOW
from node_store import NodeStore
from patchwarden.domain.advisories import CatalogAdvisory
from patchwarden.store import advisories


def only(store: NodeStore, name: str) -> CatalogAdvisory:
    (found,) = advisories.named(store.db, name)
    return found


def test_an_advisory_comes_back_as_it_was(store: NodeStore) -> None:
    given = catalog_advisory(
        "DSA-1",
        fix("tool", "1.2"),
        fix("tool", "1.2", architecture="amd64", is_source=False, module="tool:1"),
        fix("tool", "", product="Debian11", status="unfixed"),
        cve_ids=["CVE-2026-1"],
        description="A hole.",
        references=("https://example.test/DSA-1",),
    )
    made = learn(store.db, given)
    assert (made.counts.advisories_count, made.counts.added_count) == (1, 1)
    for name in ("DSA-1", "dsa-1", "CVE-2026-1", "cve-2026-1"):
        found = only(store, name)
        assert set(found.fixes) == set(given.fixes)
        assert (found.advisory, found.description) == (given.advisory, given.description)
    assert advisories.named(store.db, "DSA-2") == []


def test_the_newest_revision_wins_whatever_comes_first(store: NodeStore) -> None:
    old = catalog_advisory("DSA-1", fix("tool", "1.2"), fix("other", "2"), issued_at=NOW)
    new = catalog_advisory("DSA-1", fix("tool", "1.3"), issued_at=NOW + 1)
    for order in ((old, new), (new, old), (new, new)):
        learn(store.db, *order)
        assert only(store, "DSA-1").fixes == new.fixes


def test_parts_of_one_revision_add_up(store: NodeStore) -> None:
    first = catalog_advisory("RHSA-1", fix("kernel", "5"))
    second = catalog_advisory("RHSA-1", fix("kernel-devel", "5"))
    learn(store.db, first)
    assert learn(store.db, second).counts.changed_count == 1
    assert {each.name for each in only(store, "RHSA-1").fixes} == {"kernel", "kernel-devel"}
    for again in (first, second):
        counts = learn(store.db, again).counts
        assert (counts.added_count, counts.changed_count) == (0, 0)


def test_an_advisory_that_was_taken_back_fixes_nothing(store: NodeStore) -> None:
    learn(store.db, catalog_advisory("DSA-1", fix("tool", "1.2")))
    learn(store.db, catalog_advisory("DSA-1", fix("tool", "1.2"), withdrawn=True))
    assert only(store, "DSA-1").fixes == ()
    assert advisories.fixes_for(store.db, "Debian12", ["tool"]) == []


def test_the_revision_of_a_product_grows_with_what_is_known_of_it(store: NodeStore) -> None:
    assert advisories.revision(store.db, ["Debian12"]) == 0
    learn(store.db, catalog_advisory("DSA-1", fix("tool", "1.2")))
    first = advisories.revision(store.db, ["Debian12"])
    learn(store.db, catalog_advisory("DSA-1", fix("tool", "1.2")))
    learn(store.db, catalog_advisory("DSA-2", fix("tool", "1.2", product="Debian11")))
    assert advisories.revision(store.db, ["Debian12"]) == first > 0
    assert advisories.revision(store.db, ["Debian12", "Debian11"]) > first
    learn(store.db, catalog_advisory("DSA-3", fix("tool", "1.3")))
    assert advisories.revision(store.db, ["Debian12"]) > first


def test_products_that_no_node_has_are_kept_and_listed_last(store: NodeStore) -> None:
    learn(
        store.db,
        catalog_advisory("A", fix("tool", "1", product="A system of tomorrow")),
        catalog_advisory("B", fix("tool", "1")),
    )
    held = [(each.product, each.operating_system) for each in advisories.holdings(store.db)]
    assert held == [("Debian12", "DEBIAN"), ("A system of tomorrow", "")]


def test_only_what_is_fixed_is_given_to_judge_by(store: NodeStore) -> None:
    learn(
        store.db,
        catalog_advisory(
            "A", fix("tool", "1.2"), fix("other", "", status="unfixed"), fix("third", "3")
        ),
    )
    found = advisories.fixes_for(store.db, "Debian12", ["tool", "other"])
    assert [(each.name, each.version) for each in found] == [("tool", "1.2")]
    contents = advisories.contents(store.db, [found[0].advisory_key])
    assert contents[found[0].advisory_key].advisory_id == "A"


def test_what_microsoft_says_of_an_update_adds_up_over_the_months(store: NodeStore) -> None:
    def month(at: float, cve_id: str, product: str, superseded: str) -> CatalogAdvisory:
        given = catalog_advisory(
            "KB5000001",
            fix("KB5000001", "10.0", product=product, is_source=False),
            cve_ids=[cve_id],
            issued_at=at,
            supersedes=(superseded,),
        )
        return replace(given, source="microsoft")

    months = [
        month(1.0, "CVE-2026-1", "WindowsServer2019", "KB1"),
        month(2.0, "CVE-2026-2", "WindowsServer2016", "KB2"),
    ]
    for order in (months, months[::-1]):
        learn(store.db, *order)
        found = only(store, "KB5000001")
        assert found.advisory.cve_ids == ("CVE-2026-1", "CVE-2026-2")
        assert found.supersedes == ("KB1", "KB2")
        assert {each.product for each in found.fixes} == {"WindowsServer2019", "WindowsServer2016"}
        assert found.revised_at == 2.0
