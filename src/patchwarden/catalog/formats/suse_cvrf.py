"""Reads the CVRF documents of SUSE: one for each advisory, or one for each CVE.

```xml
<Relationship ProductReference="tool-1.2-3.1" RelatesToProductReference="SUSE … Server 15 SP5">
  <FullProductName ProductID="SUSE … Server 15 SP5:tool-1.2-3.1">…</FullProductName></Relationship>
<Vulnerability><CVE>CVE-2025-0001</CVE>
  <ProductStatuses><Status Type="Fixed"><ProductID>SUSE … Server 15 SP5:tool-1.2-3.1</ProductID>
  <Threats><Threat Type="Impact"><Description>important</Description></Threat></Threats>
```
Packages have neither an epoch nor an architecture there.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from patchwarden.catalog.feed import Format, Member
from patchwarden.catalog.formats.cvrf import (
    MAX_TITLE,
    MAX_URL,
    MAX_WORD,
    TRACKING,
    VULNERABILITY,
    Tracking,
    is_cvrf_of,
    product_names,
    texts,
    tracked,
    tracking,
)
from patchwarden.catalog.parsing.advisory_kinds import kind_of, source_of
from patchwarden.catalog.parsing.fix_list import merged
from patchwarden.catalog.parsing.severities import most_severe, severity_word
from patchwarden.catalog.parsing.vendor_ids import bugzilla_ids_in, cve_ids_named
from patchwarden.catalog.parsing.xml_feed import elements, local_name
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import CatalogAdvisory, Fix, FixStatus
from patchwarden.domain.facts import Advisory

_MAX_DESCRIPTION = 20_000
_MAX_ENTRIES = 300_000
"""Of the product tree, and of the statuses, of one document."""
_CVE_DOCUMENT = "SUSE CVE-"
_STATUSES: dict[str, FixStatus] = {
    "Fixed": "fixed",
    "First Fixed": "fixed",
    "Recommended": "fixed",
    "Known Affected": "unfixed",
    "First Affected": "unfixed",
    "Last Affected": "unfixed",
    "Known Not Affected": "not-affected",
}
"""One that is still under investigation says nothing."""
_WANTED = frozenset(
    {
        "DocumentTitle",
        TRACKING,
        "AggregateSeverity",
        "DocumentNotes",
        "DocumentReferences",
        "FullProductName",
        "Relationship",
        VULNERABILITY,
    }
)


def _recognizes(member: Member) -> bool:
    return is_cvrf_of(member, b"suse")


def _read(member: Member) -> Iterator[CatalogAdvisory]:
    document = _Document(member)
    for element in elements(member, _WANTED):
        document.take(element)
    yield document.advisory()


FORMAT = Format("suse-cvrf", _recognizes, _read)


class _Document:
    """What a document has said so far."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._tracking: Tracking | None = None
        self._title = ""
        self._description = ""
        self._severity = ""
        self._impacts: set[str] = set()
        self._urls: dict[str, None] = {}
        self._bugs: dict[str, None] = {}
        """URLs that may be of bugs."""
        self._cve_ids: dict[str, None] = {}
        self._names: dict[str, str] = {}
        """Of products and packages, by their ids."""
        self._components: dict[str, tuple[str, str]] = {}
        """The ids of product and package, by the id of the package in the product."""
        self._fixes: dict[Fix, None] = {}

    def take(self, element: Element) -> None:
        match local_name(element.tag):
            case "DocumentTitle":
                self._title = (element.text or "").strip()
            case "DocumentTracking":
                self._tracking = tracking(self._member, element)
            case "AggregateSeverity":
                self._severity = severity_word(element.text or "")[:MAX_WORD]
            case "DocumentNotes":
                self._take_notes(element)
            case "DocumentReferences":
                self._urls |= dict.fromkeys(texts(element, "{*}Reference/{*}URL"))
            case "FullProductName":
                self._names |= product_names(element)
            case "Relationship":
                self._take_relationship(element)
            case _:
                self._take_vulnerability(element)
        if max(len(self._names), len(self._components), len(self._fixes)) > _MAX_ENTRIES:
            self._member.refuse("ProductTree", f"it has more than {_MAX_ENTRIES} entries")

    def advisory(self) -> CatalogAdvisory:
        """Give the advisory, at the end of the document."""
        found = tracked(self._member, self._tracking)
        document_id = found.document_id
        by_cve = cve_ids_named(document_id) if document_id.startswith(_CVE_DOCUMENT) else ()
        kind = kind_of(document_id)
        return CatalogAdvisory(
            source=source_of(document_id),
            advisory=Advisory(
                advisory_id=by_cve[0] if by_cve else document_id,
                classification=kind.classification if kind else "security",
                severity=self._severity or most_severe(sorted(self._impacts)),
                title=self._title[:MAX_TITLE],
                issued_at=found.issued_at,
                updated_at=found.updated_at,
                cve_ids=tuple(self._cve_ids),
                bugzilla_ids=bugzilla_ids_in(self._bugs),
            ),
            fixes=merged(self._member, self._fixes, "ProductStatuses"),
            description=self._description[:_MAX_DESCRIPTION],
            references=tuple(url for url in self._urls if len(url) <= MAX_URL),
        )

    def _take_notes(self, element: Element) -> None:
        for kind in ("General", "Description"):
            for text in texts(element, f"{{*}}Note[@Type='{kind}']"):
                self._description = self._description or text

    def _take_relationship(self, element: Element) -> None:
        package = element.get("ProductReference", "")
        product = element.get("RelatesToProductReference", "")
        for component_id, _ in product_names(element):
            self._components[component_id] = product, package

    def _take_vulnerability(self, element: Element) -> None:
        for text in texts(element, "{*}CVE"):
            self._cve_ids |= dict.fromkeys(cve_ids_named(text))
        for text in texts(element, "{*}Threats/{*}Threat[@Type='Impact']/{*}Description"):
            self._impacts.add(severity_word(text))
        self._bugs |= dict.fromkeys(texts(element, "{*}References/{*}Reference/{*}URL"))
        for status in element.iterfind("{*}ProductStatuses/{*}Status"):
            meaning = _STATUSES.get(status.get("Type", ""))
            if meaning is not None:
                for component_id in texts(status, "{*}ProductID"):
                    self._fixes[self._fix(component_id, meaning)] = None

    def _fix(self, component_id: str, status: FixStatus) -> Fix:
        product_id, package_id = self._components.get(component_id, ("", ""))
        if not package_id:
            # No relationship says it, but the ids themselves do.
            product_id, _, package_id = component_id.rpartition(":")
        package = self._names.get(package_id, package_id)
        parts = package.rsplit("-", 2)
        is_versioned = len(parts) == 3 and all(parts)
        product = self._names.get(product_id, product_id)
        return Fix(
            product=product_named(product) or product[:MAX_WORD],
            name=(parts[0] if is_versioned else package)[:MAX_WORD],
            version=f"{parts[1]}-{parts[2]}"[:MAX_WORD] if is_versioned else "",
            status=status,
        )
