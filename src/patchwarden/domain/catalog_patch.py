"""One patch of the catalog: all that DescribeAvailablePatches says about it (contract 5.16)."""

from dataclasses import dataclass

from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.selection import Field

PATCH_ID = "PATCH_ID"
MSRC_NUMBER = "MSRC_NUMBER"
NAMING_KEYS = frozenset({PATCH_ID, MSRC_NUMBER})
"""The keys of `references` by which a Windows baseline may name a patch (contract 4.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPatch:
    """A patch that a baseline may approve. Texts that are not known are empty.

    Names are the service model's in Python's spelling.
    """

    operating_system: str
    """A value of the service model's OperatingSystem."""
    product: str
    """Such as `WindowsServer2019` or `AmazonLinux2`. One patch has one entry for each product."""
    patch_id: str = ""
    """Windows: the id of the update, a GUID; not its KB number."""
    released_at: float | None = None
    title: str = ""
    description: str = ""
    content_url: str = ""
    vendor: str = ""
    product_family: str = ""
    """Such as `Windows` or `Office`."""
    classification: str = ""
    language: str = ""
    kb_number: str = ""
    """Windows: such as `KB4470788`."""
    msrc_number: str = ""
    """Windows: such as `MS12-072`; none since 2017."""
    msrc_severity: str = ""
    """Windows."""
    name: str = ""
    """Linux, as all that follow: of the package."""
    epoch: int = 0
    version: str = ""
    release: str = ""
    arch: str = ""
    severity: str = ""
    repository: str = ""
    advisory_ids: tuple[str, ...] = ()
    bugzilla_ids: tuple[str, ...] = ()
    cve_ids: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it one patch: a later entry with the same identity takes its place."""
        if self.operating_system == WINDOWS:
            return (self.operating_system, self.patch_id.lower(), self.product)
        version = (str(self.epoch), self.version, self.release, self.arch)
        return (self.operating_system, self.name, *version, self.repository, self.product)

    @property
    def has_made_up_id(self) -> bool:
        """Whether `patch_id` was made here, for a feed that gives none: a UUID of version 5.

        Microsoft's own are of version 4.
        """
        return self.patch_id[14:15] == "5"

    @property
    def is_of_operating_system(self) -> bool:
        """Whether it belongs to the patch set OS rather than APPLICATION, which Windows has."""
        if self.operating_system != WINDOWS:
            return True
        if self.product_family:
            return self.product_family.lower() == "windows"
        return self.product.lower().startswith("windows")


def terms(patch: CatalogPatch) -> frozenset[Field]:
    """Give the fields of a patch that many patches share and rules filter by (contract 4.3)."""
    fields = (
        ("PATCH_SET", "OS" if patch.is_of_operating_system else "APPLICATION"),
        ("PRODUCT", patch.product),
        ("PRODUCT_FAMILY", patch.product_family),
        ("CLASSIFICATION", patch.classification),
        ("MSRC_SEVERITY", patch.msrc_severity),
        ("SEVERITY", patch.severity),
    )
    return _present(fields)


def references(patch: CatalogPatch) -> frozenset[Field]:
    """Give the names by which a patch can be looked up, with the filter key for each."""
    fields = [
        (PATCH_ID, patch.kb_number),
        (PATCH_ID, patch.patch_id),
        (MSRC_NUMBER, patch.msrc_number),
        ("NAME", patch.name),
        *(("ADVISORY_ID", each) for each in patch.advisory_ids),
        *(("BUGZILLA_ID", each) for each in patch.bugzilla_ids),
        *(("CVE_ID", each) for each in patch.cve_ids),
    ]
    return _present(fields)


def _present(fields: tuple[Field, ...] | list[Field]) -> frozenset[Field]:
    return frozenset((key, value.lower()) for key, value in fields if value)
