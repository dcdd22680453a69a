"""Takes what a feed tells into the catalog.

The file has been read whole before. Its entries are made durable part by part, so that a running
server never waits long with its writes; an import that was cut off is noted as unfinished, and
doing it again completes it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

from patchwarden.catalog.feed import Entry
from patchwarden.catalog.projection import projected
from patchwarden.data.products import operating_system_of_product
from patchwarden.domain.advisories import CatalogAdvisory, ExploitPrediction, KnownExploitation
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.store import advisories, baselines, catalog, cve_notes
from patchwarden.store.advisories import AdvisoryWriter
from patchwarden.store.catalog import CatalogWriter, Import, Outcome
from patchwarden.store.database import Database

_PART_WEIGHT = 10_000
"""Rows that one transaction writes, about: half a second."""


def import_entries(
    db: Database,
    entries: Iterable[Entry],
    *,
    file_name: str,
    format_name: str,
    now: float,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Import:
    """Put `entries` into the catalog and note what file they came from.

    Doing it again changes nothing but that note. `on_progress` gets the entries that are done.
    Nodes whose product something else is known about are judged again when they are next looked at.
    """
    with db.transaction(alone=True):
        import_id = catalog.begin_import(
            db, imported_at=now, format_name=format_name, file_name=file_name
        )
    counts = _Counts()
    for part in _parts(entries):
        with db.transaction(alone=True):
            _put(db, part, counts)
        on_progress(counts.entries)
    with db.transaction(alone=True):
        catalog.finish_import(db, import_id, counts.of_import())
    return catalog.find_import(db, import_id)


class _Counts:
    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.kinds: Counter[type[Entry]] = Counter()

    @property
    def entries(self) -> int:
        return self.kinds.total()

    def add(self, entry: Entry, outcome: Outcome) -> None:
        self.kinds[type(entry)] += 1
        self.outcomes[outcome] += 1

    def of_import(self) -> catalog.ImportCounts:
        return catalog.ImportCounts(
            patches_count=self.kinds[CatalogPatch],
            advisories_count=self.kinds[CatalogAdvisory],
            cves_count=self.kinds[KnownExploitation] + self.kinds[ExploitPrediction],
            added_count=self.outcomes["added"],
            changed_count=self.outcomes["changed"],
        )


def _parts(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    weight = 0
    for entry in entries:
        part.append(entry)
        weight += 1 + len(entry.fixes) if isinstance(entry, CatalogAdvisory) else 1
        if weight >= _PART_WEIGHT:
            yield part
            part, weight = [], 0
    if part:
        yield part


def _put(db: Database, entries: Iterable[Entry], counts: _Counts) -> None:
    patches, advised = CatalogWriter(db), AdvisoryWriter(db)
    for entry in entries:
        counts.add(entry, _put_one(db, entry, patches, advised))
    advised_products = {
        product: operating_system_of_product(product) or "" for product in advised.changed_products
    }
    # A patch tells whose it is also where its product is in no list.
    changed = {**advised_products, **patches.changed_products}
    known = [advisories.count_change(db, *each) for each in sorted(changed.items())]
    if any(known):
        baselines.count_policy_change_everywhere(db)


def _put_one(
    db: Database, entry: Entry, patches: CatalogWriter, advised: AdvisoryWriter
) -> Outcome:
    match entry:
        case CatalogPatch():
            return patches.put(entry)
        case CatalogAdvisory():
            outcome = advised.put(entry)
            if outcome != "unchanged":
                for patch in projected(entry):
                    patches.put(patch)
            return outcome
        case KnownExploitation():
            return cve_notes.put_exploitation(db, entry)
        case ExploitPrediction():
            return cve_notes.put_prediction(db, entry)
        case _:
            assert_never(entry)
