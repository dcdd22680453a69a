"""Reads the CVRF documents of Microsoft's Security Response Center, one for each month.

They go by CVE; what people install goes by KB number. So a document is turned round: it becomes
one advisory, and patches for DescribeAvailablePatches, for each KB number.

```xml
<vuln:Vulnerability><vuln:CVE>CVE-2025-0001</vuln:CVE>
  <vuln:Threats><vuln:Threat Type="Severity"><vuln:Description>Important</vuln:Description>
    <vuln:ProductID>11571</vuln:ProductID></vuln:Threat></vuln:Threats>
  <vuln:Remediations><vuln:Remediation Type="Vendor Fix">
    <vuln:Description>5050001</vuln:Description> <vuln:Supercedence>5049001</vuln:Supercedence>
    <vuln:ProductID>11571</vuln:ProductID> <vuln:RestartRequired>Yes</vuln:RestartRequired>
    <vuln:SubType>Security Update</vuln:SubType> <vuln:FixedBuild>10.0.17763.1</vuln:FixedBuild>
```
A fix without a KB number (`Release Notes`, `Click to Run`) goes into an advisory with the id of
the CVE.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from patchwarden.catalog.feed import Entry, Format, Member
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
from patchwarden.catalog.formats.microsoft_update import MicrosoftProduct, MicrosoftUpdate
from patchwarden.catalog.parsing.vendor_ids import cve_ids_named, kb_ids_named
from patchwarden.catalog.parsing.xml_feed import elements, local_name, text_at

_MAX_STATEMENTS = 1_000_000
"""Of one document, which is held in memory: products, and each update for each of them."""
_KB = re.compile(r"(?:KB ?)?[0-9]{6,8}", re.IGNORECASE)
_BUILD = re.compile(r"[0-9][0-9A-Za-z.+_-]{0,99}")
"""There are URLs and sentences in its place."""
_SEVERITIES = frozenset({"Critical", "Important", "Moderate", "Low"})
_WANTED = frozenset({TRACKING, "ProductTree", VULNERABILITY})
_ANY_PRODUCT = ""


def _recognizes(member: Member) -> bool:
    return is_cvrf_of(member, b"microsoft")


def _read(member: Member) -> Iterator[Entry]:
    month = _Month(member)
    for element in elements(member, _WANTED):
        month.take(element)
    yield from month.entries()


FORMAT = Format("msrc-cvrf", _recognizes, _read)


class _Month:
    """What a document has said so far."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._tracking: Tracking | None = None
        self._products: dict[str, MicrosoftProduct] = {}
        self._updates: dict[str, MicrosoftUpdate] = {}
        self._statements_count = 0

    def take(self, element: Element) -> None:
        match local_name(element.tag):
            case "DocumentTracking":
                self._tracking = tracking(self._member, element)
            case "ProductTree":
                self._take_products(element)
            case _:
                self._take_vulnerability(element)

    def entries(self) -> Iterator[Entry]:
        """Give the advisories and patches, at the end of the document."""
        of = tracked(self._member, self._tracking)
        for update in self._updates.values():
            yield update.advisory(of.issued_at, of.updated_at)
            yield from update.patches(of.issued_at)

    def _take_products(self, element: Element) -> None:
        for product_id, name in product_names(element):
            self._count(1)
            self._products[product_id] = MicrosoftProduct.named(name)
        for branch in element.iterfind(".//{*}Branch[@Type='Product Family']"):
            family = branch.get("Name", "")[:MAX_WORD]
            for product_id, name in product_names(branch):
                self._products[product_id] = MicrosoftProduct.named(name, family)

    def _take_vulnerability(self, element: Element) -> None:
        cve_id = text_at(element, "{*}CVE")[:MAX_WORD]
        severities = _severities(element)
        for remediation in element.iterfind("{*}Remediations/{*}Remediation[@Type='Vendor Fix']"):
            what = text_at(remediation, "{*}Description")
            is_kb = _KB.fullmatch(what) is not None
            update = self._update(kb_ids_named(what)[0] if is_kb else cve_id)
            if not is_kb:
                update.title = text_at(element, "{*}Title")[:MAX_TITLE]
            update.cve_ids |= dict.fromkeys(cve_ids_named(cve_id))
            _take_remediation(update, remediation)
            for product_id in texts(remediation, "{*}ProductID"):
                self._count(1)
                severity = severities.get(product_id) or severities.get(_ANY_PRODUCT, "")
                update.add(self._product(product_id), severity, _build(remediation))

    def _update(self, update_id: str) -> MicrosoftUpdate:
        if not update_id:
            self._member.refuse(f"{VULNERABILITY}/CVE", "it is needed, and not there or empty")
        self._count(1)
        return self._updates.setdefault(update_id, MicrosoftUpdate(update_id))

    def _count(self, count: int) -> None:
        self._statements_count += count
        if self._statements_count > _MAX_STATEMENTS:
            self._member.refuse("", f"it says more than {_MAX_STATEMENTS} things")

    def _product(self, product_id: str) -> MicrosoftProduct:
        return self._products.get(product_id) or MicrosoftProduct.named(product_id[:MAX_WORD])


def _severities(element: Element) -> dict[str, str]:
    """Give the severity for each id of a product; of none it is for every product."""
    severities = {}
    for threat in element.iterfind("{*}Threats/{*}Threat[@Type='Severity']"):
        severity = text_at(threat, "{*}Description").capitalize()
        if severity in _SEVERITIES:
            for product_id in tuple(texts(threat, "{*}ProductID")) or (_ANY_PRODUCT,):
                severities[product_id] = severity
    return severities


def _build(remediation: Element) -> str:
    build = text_at(remediation, "{*}FixedBuild")
    return build if _BUILD.fullmatch(build) else ""


def _take_remediation(update: MicrosoftUpdate, remediation: Element) -> None:
    url = text_at(remediation, "{*}URL")
    if url and len(url) <= MAX_URL:
        update.urls[url] = None
    update.kind = update.kind or text_at(remediation, "{*}SubType")[:MAX_WORD]
    update.restarts |= text_at(remediation, "{*}RestartRequired").lower() == "yes"
    for text in texts(remediation, "{*}Supercedence"):
        update.supersedes |= dict.fromkeys(kb_ids_named(text))
