"""What the catalog has, for people who look at it."""

from dataclasses import dataclass

from patchwarden.domain.advisories import CatalogAdvisory, ExploitPrediction, KnownExploitation
from patchwarden.store import advisories, catalog, cve_notes
from patchwarden.store.advisories import ProductHolding
from patchwarden.store.catalog import Holding, Import
from patchwarden.store.cve_notes import CveNotesHolding
from patchwarden.store.database import Database

_SHOWN_IMPORTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """How much there is of everything, and the last imports."""

    patches: list[Holding]
    products: list[ProductHolding]
    cve_notes: CveNotesHolding
    imports: list[Import]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """All that the catalog says about one advisory or CVE."""

    name: str
    advisories: list[CatalogAdvisory]
    exploitation: KnownExploitation | None
    prediction: ExploitPrediction | None

    @property
    def is_empty(self) -> bool:
        """Whether the catalog says nothing."""
        return not (self.advisories or self.exploitation or self.prediction)


def holdings(db: Database) -> Holdings:
    """Count what the catalog has."""
    return Holdings(
        patches=catalog.holdings(db),
        products=advisories.holdings(db),
        cve_notes=cve_notes.holding(db),
        imports=catalog.imports(db, _SHOWN_IMPORTS),
    )


def find_entry(db: Database, name: str) -> CatalogEntry:
    """Find what the catalog says about an advisory or CVE, whatever the case of its id."""
    return CatalogEntry(
        name=name,
        advisories=advisories.named(db, name),
        exploitation=cve_notes.exploitation(db, name),
        prediction=cve_notes.prediction(db, name),
    )
