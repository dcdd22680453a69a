"""Made-up facts of systems other than Debian, and what a catalog knows of them."""

import random
from collections.abc import Sequence

from patchwarden.data.feed_products import product_named
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.enrichment import Knowledge
from patchwarden.domain.facts import (
    Advisory,
    AvailableVersion,
    Node,
    Package,
    Packages,
    Report,
    Scan,
    WindowsUpdate,
)
from patchwarden.domain.fix_order import KnownFix
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.windows_enrichment import WindowsCatalog

_SEED = 1
_DAY_S = 86_400
_ADVISORIES = 400
_SEVERITIES = ("Critical", "Important", "Moderate", "Low")
_KINDS = ("security", "bugfix", "enhancement")
_WINDOWS_PRODUCT = "WindowsServer2019"


def dnf_report(packages: int, now: float) -> Report:
    """Give the report of a Red Hat node with two updates on offer for each package."""
    source = random.Random(_SEED)
    advisories = tuple(_advisory(number, now, source) for number in range(_ADVISORIES))
    installed = tuple(
        Package(
            name=f"lib{number:04}",
            architecture="x86_64",
            version=f"1.{number % 9}-1.el9",
            installed_at=now - _DAY_S,
            available=tuple(
                AvailableVersion(
                    version=f"1.{number % 9}-{release}.el9",
                    built_at=now - 30 * _DAY_S,
                    advisories=(source.randrange(_ADVISORIES),),
                )
                for release in (3, 2, 1)
            ),
        )
        for number in range(packages)
    )
    node = _node("REDHAT_ENTERPRISE_LINUX", "Linux", "9.4")
    found = Packages(package_manager="dnf", installed=installed, advisories=advisories)
    return Report(schema=1, scan=_scan(now), node=node, packages=found)


def windows_report(now: float) -> Report:
    """Give the report of a Windows node that lists what it has and what it is offered."""
    updates = tuple(
        WindowsUpdate(
            presence="available" if number % 5 == 0 else "installed",
            kb_id=f"KB{5_000_000 + number}",
            title=f"Security update {number}",
            classification="SecurityUpdates",
            products=("Windows Server 2019",),
            msrc_severity="Critical",
            installed_at=None if number % 5 == 0 else now - _DAY_S,
        )
        for number in range(50)
    )
    found = Packages(package_manager="windows-update", updates=updates)
    node = _node(WINDOWS, "Windows", "10.0.17763")
    return Report(schema=1, scan=_scan(now), node=node, packages=found)


def windows_catalog(patches: int, now: float) -> WindowsCatalog:
    """Give what a catalog knows about the patches of a Windows node's product."""
    return WindowsCatalog.of(
        [
            CatalogPatch(
                operating_system=WINDOWS,
                patch_id=f"00000000-0000-4000-8000-{number:012}",
                kb_number=f"KB{5_000_000 + number}",
                title=f"Security update {number}",
                classification="SecurityUpdates" if number % 3 else "Updates",
                product=_WINDOWS_PRODUCT,
                product_family="Windows",
                msrc_severity=_SEVERITIES[number % 4],
                released_at=now - number % 60 * 30 * _DAY_S,
                cve_ids=(f"CVE-2026-{number:05}",),
            )
            for number in range(patches)
        ],
        [],
        products=(_WINDOWS_PRODUCT,),
        product_named=product_named,
    )


def debian_knowledge(installed: Sequence[Package], cves_each: int) -> Knowledge:
    """Give what a catalog knows about packages: so many CVEs each, the last tenth not fixed yet."""
    return Knowledge(
        fixes={
            package.source or package.name: tuple(
                KnownFix(
                    version="99-1" if 10 * number >= 9 * cves_each else f"0.0.{number}-1",
                    architecture="",
                    is_source=True,
                    module="",
                    advisory=_cve(f"{package.source or package.name}-{number}", number),
                )
                for number in range(cves_each)
            )
            for package in installed
        }
    )


def _cve(name: str, number: int) -> Advisory:
    cve_id = f"CVE-2025-{number:05}"
    return Advisory(advisory_id=f"{cve_id}/{name}", classification="security", cve_ids=(cve_id,))


def _advisory(number: int, now: float, source: random.Random) -> Advisory:
    return Advisory(
        advisory_id=f"RHSA-2026:{number:04}",
        classification=source.choice(_KINDS),
        severity=source.choice(_SEVERITIES),
        title="A security update",
        issued_at=now - source.randrange(90) * _DAY_S,
        cve_ids=(f"CVE-2026-{number:05}",),
    )


def _scan(now: float) -> Scan:
    return Scan(started_at=now - 2, ended_at=now, collector="patchwarden-agent/0.1.0", evidence="")


def _node(operating_system: str, platform_type: str, version: str) -> Node:
    return Node(
        operating_system=operating_system,
        platform_type=platform_type,
        platform_name=operating_system,
        platform_version=version,
        architecture="x86_64",
    )
