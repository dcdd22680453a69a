"""Reads the advisories of a cached repository: what dnf's own answers leave out.

dnf tells when an advisory was last updated, and not when it was issued, and knows four types.
"""

import bz2
import calendar
import gzip
import lzma
import re
import time
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any, Optional
from xml.etree.ElementTree import Element

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import Advisory
from patchwarden_agent.instants import digits_instant, known
from patchwarden_agent.rpm.xml_answers import read_each

_MAX_BYTES = 256 * 1024 * 1024
"""Once decompressed; Red Hat's largest is a quarter of that."""
_OPENERS: Mapping[str, Callable[[Path], Any]] = {
    ".xml": lambda path: path.open("rb"),
    ".gz": gzip.open,
    ".xz": lzma.open,
    ".bz2": bz2.open,
}
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?\b.*")
_TRUE = frozenset({"true", "1", "yes"})


def read_updateinfo(path: Path, wanted: Container[str]) -> dict[str, Advisory]:
    """Give the advisories whose id is in `wanted`, by id; the last one of an id counts.

    Raises UnreadableFileError if the file cannot be read, and CommandError if it is not XML.
    """
    content = _decompressed(path)
    read = read_each(f"The updateinfo {path.name}", content, "update", lambda e: _wanted(e, wanted))
    return {advisory.advisory_id: advisory for advisory in read if advisory is not None}


def moment(text: str) -> Optional[float]:
    """Give the time of a date in UTC, such as `2026-01-10 00:00:00`; None if it is none."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return digits_instant(text)
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    parts = [int(part or 0) for part in match.groups()]
    try:
        time.strptime("-".join(match.groups()[:3]), "%Y-%m-%d")
        return known(float(calendar.timegm((*parts, 0, 0, 0))))
    except (ValueError, OverflowError):
        return None


def _decompressed(path: Path) -> bytes:
    opener = _OPENERS.get(path.suffix)
    if opener is None:
        raise UnreadableFileError(
            f"{path.name} is compressed as {path.suffix}, which this agent does not read."
        )
    try:
        with opener(path) as file:
            content: bytes = file.read(_MAX_BYTES + 1)
    except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise UnreadableFileError(f"Cannot read {path.name}: {error}.") from error
    if len(content) > _MAX_BYTES:
        raise UnreadableFileError(
            f"{path.name} is larger than {_MAX_BYTES} bytes once decompressed; it is not read."
        )
    return content


def _wanted(element: Element, wanted: Container[str]) -> Optional[Advisory]:
    advisory_id = _text(element, "id")
    if advisory_id not in wanted:
        return None
    references = [(each.get("type"), each.get("id", "")) for each in element.iter("reference")]
    return Advisory(
        advisory_id=advisory_id,
        classification=element.get("type", "").strip(),
        severity=_text(element, "severity"),
        title=_text(element, "title"),
        issued_at=_date(element, "issued"),
        updated_at=_date(element, "updated"),
        cve_ids=tuple(sorted({each for kind, each in references if kind == "cve" and each})),
        bugzilla_ids=tuple(
            sorted({each for kind, each in references if kind == "bugzilla" and each})
        ),
        reboot_suggested=_suggests_reboot(element),
    )


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _date(element: Element, tag: str) -> Optional[float]:
    found = element.find(tag)
    return None if found is None else moment(found.get("date", ""))


def _suggests_reboot(element: Element) -> bool:
    """Say whether a package of it asks for a reboot.

    An empty element says so too: that is how SUSE writes it.
    """
    found = (each.text or "true" for each in element.iter("reboot_suggested"))
    return any(text.strip().lower() in _TRUE for text in found)
