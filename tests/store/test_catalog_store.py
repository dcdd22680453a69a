from dataclasses import replace

import pytest

from catalog_patches import LINUX_PATCH, WINDOWS_PATCH, fill
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.store import catalog
from patchwarden.store.catalog import CatalogWriter
from patchwarden.store.catalog_search import START, Search, find
from patchwarden.store.database import Database

BOTH = (WINDOWS_PATCH, LINUX_PATCH)


def everything(db: Database) -> list[CatalogPatch]:
    return [
        patch
        for system in ("AMAZON_LINUX_2", "WINDOWS")
        for patch in find(
            db,
            Search(
                operating_system=system,
                terms_ids=frozenset(each.terms_id for each in catalog.every_terms(db)),
            ),
            START,
            100,
        ).patches
    ]


def rows(db: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = ("terms", "patches", "contents", "references")
    return {table: db.all(f"SELECT * FROM catalog_{table} ORDER BY 1, 2") for table in tables}


def test_patches_come_back_as_they_were(db: Database) -> None:
    fill(db, BOTH)
    assert everything(db) == [LINUX_PATCH, WINDOWS_PATCH]


def test_taking_in_again_changes_nothing(db: Database) -> None:
    fill(db, BOTH)
    before = rows(db)
    again = fill(db, BOTH)
    assert rows(db) == before
    assert again.counts == (2, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("later_s", "is_changed"), [(1.0, True), (0.0, True), (-1.0, False), (None, False)]
)
def test_the_newer_release_wins_and_else_the_last(
    db: Database, later_s: float | None, *, is_changed: bool
) -> None:
    fill(db, [WINDOWS_PATCH])
    known_at = WINDOWS_PATCH.released_at
    assert known_at is not None
    released_at = None if later_s is None else known_at + later_s
    other = replace(WINDOWS_PATCH, title="Other", released_at=released_at)
    assert fill(db, [other]).counts.changed_count == is_changed
    assert everything(db) == [other if is_changed else WINDOWS_PATCH]


def test_a_changed_patch_is_found_by_what_it_is_now(db: Database) -> None:
    fill(db, [WINDOWS_PATCH])
    changed = replace(WINDOWS_PATCH, kb_number="KB2", msrc_number="MS1", msrc_severity="Low")
    fill(db, [changed])
    assert db.all("SELECT kind, value FROM catalog_references ORDER BY kind, value") == [
        ("MSRC_NUMBER", "ms1"),
        ("PATCH_ID", WINDOWS_PATCH.patch_id),
        ("PATCH_ID", "kb2"),
    ]
    used = db.one("SELECT fields FROM catalog_terms NATURAL JOIN catalog_patches")
    assert used is not None
    assert "low" in used[0]


def test_terms_are_kept_once(db: Database) -> None:
    fill(db, [WINDOWS_PATCH])
    fill(db, [replace(WINDOWS_PATCH, patch_id=f"{number}") for number in range(5)])
    assert [each.operating_system for each in catalog.every_terms(db)] == ["WINDOWS"]


def test_holdings_are_counted_by_operating_system(db: Database) -> None:
    fill(db, [*BOTH, replace(WINDOWS_PATCH, patch_id="b", released_at=None)])
    assert catalog.holdings(db) == [
        ("AMAZON_LINUX_2", 1, LINUX_PATCH.released_at),
        ("WINDOWS", 2, WINDOWS_PATCH.released_at),
    ]


def test_imports_are_remembered_the_last_first(db: Database) -> None:
    fill(db, [WINDOWS_PATCH], now=1.0)
    fill(db, BOTH, now=2.0)
    assert [(each.imported_at, each.counts) for each in catalog.imports(db, 10)] == [
        (2.0, (2, 0, 0, 1, 0)),
        (1.0, (1, 0, 0, 1, 0)),
    ]
    assert len(catalog.imports(db, 1)) == 1


def test_writing_needs_a_transaction(db: Database) -> None:
    with pytest.raises(AssertionError):
        CatalogWriter(db)


def test_an_update_without_an_id_of_its_own_gives_way_to_one_that_has_it(db: Database) -> None:
    made_up = replace(WINDOWS_PATCH, patch_id="00000000-0000-5000-8000-000000000009")
    elsewhere = replace(made_up, product="WindowsServer2016")
    for order in ([made_up, elsewhere, WINDOWS_PATCH], [WINDOWS_PATCH, made_up]):
        fill(db, order)
        kept = catalog.of_products(db, "WINDOWS", ["WindowsServer2019", "WindowsServer2016"])
        assert set(kept) == {elsewhere, WINDOWS_PATCH}
