"""The patches of Amazon Linux that advisories tell of, as DescribeAvailablePatches has them."""

from collections.abc import Iterator

from patchwarden.data.products import operating_system_of_product
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.versions import rpm

_PROJECTED = frozenset({"AMAZON_LINUX", "AMAZON_LINUX_2", "AMAZON_LINUX_2022", "AMAZON_LINUX_2023"})
"""The Linux systems whose patches the original describes (contract 5.16)."""


def projected(advisory: CatalogAdvisory) -> Iterator[CatalogPatch]:
    """Give a patch for each binary package that an advisory fixes."""
    if advisory.withdrawn:
        return
    for fix in advisory.fixes:
        operating_system = operating_system_of_product(fix.product)
        if operating_system in _PROJECTED and fix.status == "fixed" and not fix.is_source:
            yield _patch(advisory, fix, operating_system)


def _patch(of: CatalogAdvisory, fix: Fix, operating_system: str) -> CatalogPatch:
    advisory = of.advisory
    version = rpm.split(fix.version)
    return CatalogPatch(
        operating_system=operating_system,
        product=fix.product,
        released_at=of.revised_at or None,
        title=advisory.title,
        description=of.description,
        classification=advisory.classification.title(),
        name=fix.name,
        epoch=int(version.epoch or 0),
        version=version.version,
        release=version.release,
        arch=fix.architecture,
        severity=advisory.severity,
        advisory_ids=(advisory.advisory_id,),
        bugzilla_ids=advisory.bugzilla_ids,
        cve_ids=advisory.cve_ids,
    )
