"""What the documents of CVRF 1.1 and 1.2 have in common, whoever writes them.

```xml
<cvrfdoc><DocumentTitle>Security update for tool</DocumentTitle>
  <DocumentTracking><Identification><ID>SUSE-SU-2025:0001-1</ID></Identification>
    <InitialReleaseDate>2025-01-02T03:04:05Z</InitialReleaseDate>
    <CurrentReleaseDate>2025-01-03T03:04:05Z</CurrentReleaseDate></DocumentTracking>
  <ProductTree>…</ProductTree> <Vulnerability>…</Vulnerability>
```
Namespaces differ between the versions and do not matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from patchwarden.catalog.feed import Member
from patchwarden.catalog.parsing.feed_instants import instant, revised
from patchwarden.catalog.parsing.xml_feed import local_name, root_name, text_at

TRACKING = "DocumentTracking"
VULNERABILITY = "Vulnerability"
MAX_WORD = 300
"""Of ids, names and versions."""
MAX_TITLE = 1_000
MAX_URL = 2_000


@dataclass(frozen=True, slots=True)
class Tracking:
    """Which document it is, and of when."""

    document_id: str
    issued_at: float | None
    updated_at: float | None


def is_cvrf_of(member: Member, publisher: bytes) -> bool:
    """Say whether a file is a document that names `publisher`, in lower case, at its start."""
    return root_name(member.head) == "cvrfdoc" and publisher in member.head.lower()


def tracking(member: Member, element: Element) -> Tracking:
    """Read the element `DocumentTracking`."""
    document_id = text_at(element, "{*}Identification/{*}ID")
    if not document_id or len(document_id) > MAX_WORD:
        member.refuse(f"{TRACKING}/ID", f"{document_id!r} is no id")
    issued_at, updated_at = (
        instant(member, text_at(element, f"{{*}}{name}"), f"{TRACKING}/{name}")
        for name in ("InitialReleaseDate", "CurrentReleaseDate")
    )
    return Tracking(document_id, issued_at, revised(issued_at, updated_at))


def tracked(member: Member, found: Tracking | None) -> Tracking:
    """Give what was found at the end of a file; there has to be something."""
    return found or member.refuse(TRACKING, "it is needed, and not there")


def texts(element: Element, path: str) -> Iterator[str]:
    """Give the texts of all elements at `path` that have one."""
    for each in element.iterfind(path):
        text = (each.text or "").strip()
        if text:
            yield text


def product_names(element: Element) -> Iterator[tuple[str, str]]:
    """Give the id and the name of each product in an element, or that it is."""
    for each in element.iter():
        if local_name(each.tag) == "FullProductName":
            product_id, name = each.get("ProductID", "").strip(), (each.text or "").strip()
            if product_id:
                yield product_id, (name or product_id)[:MAX_WORD]
