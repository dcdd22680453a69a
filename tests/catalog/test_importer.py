"""Taking entries of feeds into the catalog."""

from collections.abc import Iterator

import pytest

from advisories import catalog_advisory, fix, learn
from catalog_patches import fill, windows_patch
from fakes import NOW
from node_store import NodeStore
from patchwarden.catalog.feed import Entry
from patchwarden.catalog.importer import import_entries
from patchwarden.domain.advisories import ExploitPrediction, Fix, KnownExploitation
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.store import catalog, cve_notes
from patchwarden.store.catalog import ImportCounts


def test_an_import_says_what_it_did(store: NodeStore) -> None:
    fill(store.db, [windows_patch(1), windows_patch(2)])
    made = import_entries(
        store.db,
        [
            windows_patch(1),
            windows_patch(2, title="Other"),
            windows_patch(3),
            catalog_advisory("DSA-1"),
            KnownExploitation(cve_id="CVE-2026-1", added_at=NOW),
            ExploitPrediction(cve_id="CVE-2026-1", score=0.5, percentile=0.9),
        ],
        file_name="windows.json",
        format_name="some",
        now=NOW,
    )
    counts = ImportCounts(
        patches_count=3, advisories_count=1, cves_count=2, added_count=4, changed_count=1
    )
    assert made == (NOW, "some", "windows.json", counts, True)
    assert catalog.imports(store.db, 1) == [made]


def test_an_import_that_was_cut_off_is_noted_and_can_be_done_again(store: NodeStore) -> None:
    def patches() -> Iterator[CatalogPatch]:
        yield windows_patch(1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fill(store.db, patches())
    (begun,) = catalog.imports(store.db, 9)
    assert not begun.is_finished
    assert catalog.last_import_id(store.db) == 0
    assert fill(store.db, [windows_patch(1)]).is_finished


def test_notes_on_cves_are_kept_and_the_newest_score_counts(store: NodeStore) -> None:
    def score(value: float, at: float) -> ExploitPrediction:
        return ExploitPrediction(cve_id="CVE-2026-1", score=value, percentile=value, scored_at=at)

    note = KnownExploitation(cve_id="CVE-2026-1", added_at=NOW, used_by_ransomware=True)
    for scored in (score(0.2, 2.0), score(0.1, 1.0)):
        entries: list[Entry] = [scored, note]
        import_entries(store.db, entries, file_name="x", format_name="x", now=NOW)
        assert cve_notes.prediction(store.db, "cve-2026-1") == score(0.2, 2.0)
        assert cve_notes.exploitation(store.db, "cve-2026-1") == note
    assert cve_notes.holding(store.db) == (1, 1)
    assert catalog.imports(store.db, 1)[0].counts.changed_count == 0


def test_advisories_of_amazon_linux_become_available_patches(store: NodeStore) -> None:
    packages = [
        Fix(product="AmazonLinux2", name="tool", version="1:2-3.amzn2", architecture="x86_64"),
        Fix(product="AmazonLinux2", name="tool", version="1:2-3.amzn2", is_source=True),
        fix("tool", "2"),
    ]
    learn(store.db, catalog_advisory("ALAS2-2026-1", *packages, cve_ids=["CVE-2026-1"]))
    (patch,) = catalog.of_products(store.db, "AMAZON_LINUX_2", ["AmazonLinux2"])
    assert (patch.name, patch.epoch, patch.version, patch.release, patch.arch) == (
        *("tool", 1, "2", "3.amzn2", "x86_64"),
    )
    assert (patch.classification, patch.advisory_ids, patch.cve_ids) == (
        *("Security", ("ALAS2-2026-1",), ("CVE-2026-1",)),
    )
