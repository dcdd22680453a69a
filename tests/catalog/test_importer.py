from collections.abc import Iterator

import pytest

from catalog_patches import fill, windows_patch
from fakes import NOW
from node_store import NodeStore
from patchwarden.catalog.importer import import_patches
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.store import catalog


def test_an_import_says_what_it_did(store: NodeStore) -> None:
    fill(store.db, [windows_patch(1), windows_patch(2)])
    made = import_patches(
        store.db,
        [windows_patch(1), windows_patch(2, title="Other"), windows_patch(3)],
        file_name="windows.json",
        format_name="some",
        now=NOW,
    )
    assert made == (NOW, "some", "windows.json", 3, 1, 1)
    assert catalog.imports(store.db, 1) == [made]


def test_a_file_that_is_wrong_at_its_end_leaves_nothing(store: NodeStore) -> None:
    def patches() -> Iterator[CatalogPatch]:
        yield windows_patch(1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fill(store.db, patches())
    for table in ("patches", "contents", "references", "terms", "imports"):
        assert store.count(f"catalog_{table}") == 0
