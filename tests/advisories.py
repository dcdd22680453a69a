"""Advisories of feeds for tests, and a way to put them into a store."""

from collections.abc import Iterable

from fakes import NOW
from patchwarden.catalog.importer import import_entries
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.domain.facts import Advisory
from patchwarden.store.catalog import Import
from patchwarden.store.database import Database

DAY_S = 86_400.0


def fix(name: str, version: str, product: str = "Debian12", **members: object) -> Fix:
    """Make a fix of the source package `name`, as Debian's advisories have it."""
    return Fix(product=product, name=name, version=version, **{"is_source": True, **members})  # type: ignore[arg-type]


def catalog_advisory(
    advisory_id: str,
    *fixes: Fix,
    cve_ids: Iterable[str] = (),
    issued_at: float | None = NOW - 30 * DAY_S,
    **members: object,
) -> CatalogAdvisory:
    """Make a security advisory."""
    return CatalogAdvisory(
        source="debian",
        advisory=Advisory(
            advisory_id=advisory_id,
            classification="security",
            severity="Important",
            issued_at=issued_at,
            cve_ids=tuple(cve_ids),
        ),
        fixes=fixes,
        **members,  # type: ignore[arg-type]  # a test's own mistake shows
    )


def learn(db: Database, *advisories: CatalogAdvisory, now: float = NOW) -> Import:
    """Take advisories into the catalog of a store."""
    return import_entries(db, advisories, file_name="feed.json", format_name="test", now=now)
