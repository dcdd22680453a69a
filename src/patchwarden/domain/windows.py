"""What is particular to Windows: how its updates are named, filtered and shown (contract 2.7, 4.7).

An update goes by its KB number. One that has none, such as a driver, goes by its update id, which
is a GUID; what has not even that goes by its title.
"""

from collections.abc import Iterator, Sequence

from patchwarden.domain.catalog_patch import MSRC_NUMBER, PATCH_ID, CatalogPatch, terms
from patchwarden.domain.facts import WindowsUpdate
from patchwarden.domain.os_rules import WINDOWS, OperatingSystemRules, ProductFamily
from patchwarden.domain.patches import PatchRecord, joined_cve_ids
from patchwarden.domain.selection import Field
from patchwarden.domain.states import STATES_WITH_CVES, STATES_WITHOUT_DETAILS, PatchState

UNRATED = "Unspecified"
"""The MSRC severity of what Microsoft gave none (contract 4.6)."""
_SECURITY = "securityupdates"
_OPERATING_SYSTEM_FAMILY = "Windows"


def key_of(update: WindowsUpdate) -> str:
    """Give what an update goes by, in lower case: a node has one record for each."""
    return (update.kb_id or update.update_id or update.title).lower()


def names_of(update: WindowsUpdate) -> frozenset[str]:
    """Give the lower-case names by which the results of an operation may mean an update."""
    return frozenset(name.lower() for name in (update.kb_id, update.update_id) if name)


def references_of(update: WindowsUpdate) -> Iterator[Field]:
    """Give the names by which a baseline may mean an update, as `catalog_patch.references`."""
    yield PATCH_ID, update.kb_id.lower()
    yield PATCH_ID, update.update_id.lower()
    yield MSRC_NUMBER, update.msrc_number.lower()


def terms_of(
    update: WindowsUpdate, node_products: Sequence[str], rules: OperatingSystemRules
) -> tuple[frozenset[Field], ...]:
    """Give the fields that rules filter by, once for each product of an update.

    One that names no product is the node's own system's.
    """
    products = update.products or tuple(node_products) or ("",)
    return tuple(
        terms(
            CatalogPatch(
                operating_system=WINDOWS,
                product=product,
                product_family=_family_of(product, rules) or update.product_family,
                classification=update.classification,
                msrc_severity=update.msrc_severity or UNRATED,
            )
        )
        for product in products
    )


def is_security_update(update: WindowsUpdate) -> bool:
    """Say whether an update is about security: by its classification.

    Where that is not known, anything that Microsoft's security response says of it counts.
    """
    if update.classification:
        return update.classification.lower() == _SECURITY
    is_rated = update.msrc_severity not in {"", UNRATED}
    return is_rated or bool(update.msrc_number) or bool(update.cve_ids)


def patch_record(update: WindowsUpdate, state: PatchState, *, shows_cve_ids: bool) -> PatchRecord:
    """Give what DescribeInstancePatches says about an update in `state` (contract 2.6, 2.7)."""
    kb_id = update.kb_id or update.update_id or update.title
    if state in STATES_WITHOUT_DETAILS:
        return PatchRecord(title="", kb_id=kb_id, classification="", severity="", cve_ids="")
    has_cve_ids = shows_cve_ids and state in STATES_WITH_CVES
    return PatchRecord(
        title=update.title,
        kb_id=kb_id,
        classification=update.classification,
        severity=update.msrc_severity or UNRATED,
        cve_ids=joined_cve_ids(update.cve_ids) if has_cve_ids else "",
    )


def _family_of(product: str, rules: OperatingSystemRules) -> str:
    if not product:
        return _OPERATING_SYSTEM_FAMILY
    families = (each.name for each in rules.product_families if _is_in(product, each))
    return next(families, "")


def _is_in(product: str, family: ProductFamily) -> bool:
    # A product that is newer than the lists has its family's name in front: `Office 2019`.
    return product in family.products or product.startswith(f"{family.name} ")
