"""Takes one file into the catalog: all of it, or nothing."""

from collections import Counter
from collections.abc import Iterable

from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.store.catalog import CatalogWriter, Import, Outcome, keep_import
from patchwarden.store.database import Database


def import_patches(
    db: Database, patches: Iterable[CatalogPatch], *, file_name: str, format_name: str, now: float
) -> Import:
    """Put `patches` into the catalog and note what file they came from.

    Doing it again changes nothing but that note. What `patches` raises undoes all of it. Other
    processes cannot write to the store meanwhile.
    """
    outcomes: Counter[Outcome] = Counter()
    with db.transaction():
        writer = CatalogWriter(db)
        outcomes.update(map(writer.put, patches))
        made = Import(
            imported_at=now,
            format=format_name,
            file_name=file_name,
            patches_count=outcomes.total(),
            added_count=outcomes["added"],
            changed_count=outcomes["changed"],
        )
        keep_import(db, made)
    return made
