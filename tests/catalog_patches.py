"""Patches of a catalog for tests, and a way to put them into a store."""

from collections.abc import Iterable
from dataclasses import replace

from fakes import NOW
from patchwarden.catalog.importer import import_entries
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.store.catalog import Import
from patchwarden.store.database import Database

DAY_S = 86_400.0
WINDOWS_PATCH = CatalogPatch(
    operating_system="WINDOWS",
    product="WindowsServer2019",
    patch_id="00000000-0000-4000-8000-000000000001",
    released_at=NOW - 10 * DAY_S,
    title="2025-11 Update for Windows Server 2019 (KB5000001)",
    description="Resolves issues.",
    content_url="https://support.example.test/kb/5000001",
    vendor="Microsoft",
    product_family="Windows",
    classification="SecurityUpdates",
    language="All",
    kb_number="KB5000001",
    msrc_severity="Critical",
)
LINUX_PATCH = CatalogPatch(
    operating_system="AMAZON_LINUX_2",
    product="AmazonLinux2",
    released_at=NOW - 10 * DAY_S,
    classification="SECURITY",
    name="tool",
    epoch=1,
    version="2.1",
    release="3.amzn2",
    arch="x86_64",
    severity="CRITICAL",
    repository="Core",
    advisory_ids=("ALAS2-2025-1",),
    bugzilla_ids=("1463241",),
    cve_ids=("CVE-2025-1", "CVE-2025-2"),
)


def windows_patch(number: int, **members: object) -> CatalogPatch:
    """Make the Windows patch KB<number>, released in the order of the numbers."""
    made = replace(
        WINDOWS_PATCH,
        patch_id=f"00000000-0000-4000-8000-{number:012}",
        kb_number=f"KB{number}",
        released_at=NOW - 1000 * DAY_S + number,
    )
    return replace(made, **members)  # type: ignore[arg-type]  # a test's own mistake shows


def linux_patch(name: str, **members: object) -> CatalogPatch:
    """Make the Amazon Linux 2 patch of the package `name`."""
    return replace(LINUX_PATCH, name=name, **members)  # type: ignore[arg-type]  # as above


def fill(db: Database, patches: Iterable[CatalogPatch], now: float = NOW) -> Import:
    """Take patches into the catalog of a store."""
    return import_entries(db, patches, file_name="test.json", format_name="test", now=now)
