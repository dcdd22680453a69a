"""An update of Microsoft, gathered from all that is said of it, as the catalog has it."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from patchwarden.catalog.parsing.severities import most_severe
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.facts import Advisory
from patchwarden.domain.instants import write_instant
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.windows import UNRATED

SOURCE = "microsoft"
_VENDOR = "Microsoft"
_WINDOWS_FAMILY = "Windows"
_SECURITY = "SecurityUpdates"
_CLASSIFICATIONS = {
    "update rollup": "UpdateRollups",
    "service pack": "ServicePacks",
    "feature pack": "FeaturePacks",
    "definition update": "DefinitionUpdates",
}
"""By the kind of update. All others are security updates: the documents are about nothing else."""
_EDITION = re.compile(
    r"(?: for (?:x64|32|x86|ARM64|Itanium)[a-z-]* Systems?)?(?: Service Pack [0-9])?"
    r"(?: \([^()]*installation\))?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MicrosoftProduct:
    """A product in Microsoft's words, and in ours."""

    name: str
    """Such as `Windows Server 2019  (Server Core installation)`."""
    product: str
    """A value of PRODUCT; Microsoft's own words where it is none."""
    family: str
    """A value of PRODUCT_FAMILY, such as `Windows` or `Office`."""

    @classmethod
    def named(cls, name: str, family: str = "") -> "MicrosoftProduct":
        """Give the product that Microsoft calls `name`, and counts with `family`."""
        words = " ".join(name.split())
        product = product_named(words)
        if (product or words).startswith(_WINDOWS_FAMILY):
            # Systems that are sold support for are counted with a family of their own.
            family = _WINDOWS_FAMILY
        return cls(words, product or words, family.removeprefix("Microsoft "))


@dataclass(slots=True)
class MicrosoftUpdate:
    """All that has been said about one update so far."""

    update_id: str
    """A KB number, such as `KB5034441`; of a fix that has none the CVE id."""
    title: str = ""
    kind: str = ""
    """In Microsoft's words, such as `Security Update` or `Monthly Rollup`."""
    cve_ids: dict[str, None] = field(default_factory=dict)
    supersedes: dict[str, None] = field(default_factory=dict)
    """KB numbers."""
    urls: dict[str, None] = field(default_factory=dict)
    restarts: bool = False
    """Whether it always needs a restart."""
    _products: dict[MicrosoftProduct, None] = field(default_factory=dict)
    _severities: dict[str, set[str]] = field(default_factory=dict)
    """By the value of PRODUCT."""
    _builds: dict[tuple[str, str, str], None] = field(default_factory=dict)
    """The value of PRODUCT, the name of the fix, and the build that it makes."""

    @property
    def is_kb(self) -> bool:
        """Whether it has a KB number."""
        return self.update_id.startswith("KB")

    def add(self, product: MicrosoftProduct, severity: str, build: str) -> None:
        """Note that it is for a product, of what severity there, and what build it makes."""
        self._products[product] = None
        self._severities.setdefault(product.product, set()).add(severity)
        name = self.update_id if self.is_kb else product.name
        self._builds[product.product, name, build] = None

    def advisory(self, issued_at: float | None, updated_at: float | None) -> CatalogAdvisory:
        """Give the advisory about it."""
        severities = set().union(*self._severities.values())
        kind = self.kind or "Security Update"
        return CatalogAdvisory(
            source=SOURCE,
            advisory=Advisory(
                advisory_id=self.update_id,
                classification=self._classification,
                severity=most_severe(severities),
                title=self.title or f"{_month(issued_at)}{kind} ({self.update_id})",
                issued_at=issued_at,
                updated_at=updated_at,
                cve_ids=tuple(self.cve_ids),
                reboot_suggested=self.restarts,
            ),
            fixes=tuple(self._fixes()),
            references=tuple(self.urls),
            supersedes=tuple(kb for kb in self.supersedes if kb != self.update_id),
        )

    def patches(self, released_at: float | None) -> Iterator[CatalogPatch]:
        """Give a patch for each product, if it has a KB number."""
        if not self.is_kb:
            return
        # The first name that Microsoft has for a product is the plainest.
        named = {each.product: each for each in reversed(self._products)}
        for product in reversed(named.values()):
            yield self._patch(product, released_at)

    def _patch(self, product: MicrosoftProduct, released_at: float | None) -> CatalogPatch:
        page = f"https://support.microsoft.com/help/{self.update_id.removeprefix('KB')}"
        words = _EDITION.sub("", product.name)
        kind = self.kind or "Security Update"
        return CatalogPatch(
            operating_system=WINDOWS,
            product=product.product,
            product_family=product.family,
            # The feed has no id, and each import has to give the same.
            patch_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{page}#{product.product}")),
            released_at=released_at,
            title=f"{_month(released_at)}{kind} for {words} ({self.update_id})",
            content_url=page,
            vendor=_VENDOR,
            classification=self._classification,
            kb_number=self.update_id,
            msrc_severity=most_severe(self._severities[product.product]) or UNRATED,
        )

    @property
    def _classification(self) -> str:
        return _CLASSIFICATIONS.get(self.kind.lower(), _SECURITY)

    def _fixes(self) -> Iterator[Fix]:
        """Give the fixes. That no build is given counts only where none is."""
        built = {(product, name) for product, name, build in self._builds if build}
        for product, name, build in self._builds:
            if build or (product, name) not in built:
                yield Fix(product=product, name=name, version=build)


def _month(at: float | None) -> str:
    """Give the month as the titles of updates begin with it: `2024-03 `."""
    return "" if at is None else f"{write_instant(at)[:7]} "
