"""How cases tell of Windows: the updates of a node, and what the catalog knows of them."""

from datetime import UTC, datetime

import msgspec

from patchwarden.data.feed_products import product_named
from patchwarden.data.load import operating_systems
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.facts import Advisory, Presence, Report, WindowsUpdate
from patchwarden.domain.os_rules import products_of
from patchwarden.domain.windows_enrichment import WindowsCatalog


class CaseUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `WindowsUpdate`; of one month ago unless it says otherwise."""

    kb_id: str = ""
    presence: Presence = "available"
    update_id: str = ""
    title: str = ""
    classification: str = "SecurityUpdates"
    products: tuple[str, ...] = ()
    msrc_severity: str = "Critical"
    msrc_number: str = ""
    released_at: datetime | None = datetime(2026, 2, 1, tzinfo=UTC)
    unreleased: bool = False
    """Whether nobody knows when it was released."""
    installed_at: datetime | None = None
    installed_by: str | None = None
    cve_ids: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    reboot_required: bool = False
    hidden: bool = False


class CasePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `CatalogPatch`, and what the advisory about it says beside."""

    kb_number: str
    title: str = ""
    patch_id: str = ""
    """Empty: one made of the KB number."""
    product: str = "WindowsServer2019"
    product_family: str = "Windows"
    classification: str = "SecurityUpdates"
    msrc_severity: str = "Critical"
    msrc_number: str = ""
    released_at: datetime | None = datetime(2026, 2, 1, tzinfo=UTC)
    cve_ids: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()


def update_of(update: CaseUpdate) -> WindowsUpdate:
    """Give the update of a case."""
    members = msgspec.structs.asdict(update)
    released_at = None if members.pop("unreleased") else update.released_at
    return WindowsUpdate(
        **members
        | {
            "released_at": None if released_at is None else released_at.timestamp(),
            "installed_at": None
            if update.installed_at is None
            else update.installed_at.timestamp(),
        }
    )


def enriched(report: Report, patches: tuple[CasePatch, ...]) -> Report:
    """Give a report with what a catalog of `patches` knows, as the server does."""
    rules = operating_systems()[report.node.operating_system]
    catalog = WindowsCatalog.of(
        map(patch_of, patches),
        map(advisory_of, patches),
        products=products_of(rules, report.node.platform_version),
        product_named=product_named,
    )
    return catalog.enrich(report)


def patch_of(patch: CasePatch) -> CatalogPatch:
    """Give the patch of a case as the catalog has it."""
    return CatalogPatch(
        operating_system="WINDOWS",
        product=patch.product,
        product_family=patch.product_family,
        patch_id=patch.patch_id or f"00000000-0000-4000-8000-{patch.kb_number[2:]:0>12}",
        title=patch.title or f"Update ({patch.kb_number})",
        kb_number=patch.kb_number,
        classification=patch.classification,
        msrc_severity=patch.msrc_severity,
        msrc_number=patch.msrc_number,
        released_at=None if patch.released_at is None else patch.released_at.timestamp(),
    )


def advisory_of(patch: CasePatch) -> CatalogAdvisory:
    """Give what the vendor says about the patch of a case."""
    return CatalogAdvisory(
        source="microsoft",
        advisory=Advisory(advisory_id=patch.kb_number, cve_ids=patch.cve_ids),
        fixes=(Fix(product=patch.product, name=patch.kb_number),),
        supersedes=patch.supersedes,
    )
