"""Reads a Debian changelog: which version of a source package fixed which CVEs, and when."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Optional

from patchwarden_agent.instants import mail_instant

MAX_ENTRIES = 200
MAX_CVE_IDS = 5000
"""In one entry; a new kernel has a thousand."""

# libssh2 (1.10.0-3+deb12u1) bookworm-security; urgency=high
#
#   * Non-maintainer upload.
#   * Fix out-of-bounds read (CVE-2026-0001).
#
#  -- Alice Example <alice@example.org>  Sat, 05 Sep 2026 09:40:39 -0300
_HEADING = re.compile(
    r"^(?P<source>[a-zA-Z0-9][^\s()]*) \((?P<version>[!-'*-~]{1,255})\)[^;\n]*;", re.M
)
_TRAILER = re.compile(r"^ -- [^\n]*?>[ \t]+(?P<date>[^\n]{1,80})$", re.M)
_CVE = re.compile(r"\bCVE-[0-9]{4}-[0-9]{4,9}\b", re.I | re.A)


class Entry(NamedTuple):
    """What one version of a source package changed."""

    version: str
    released_at: Optional[float]
    """When its packager finished it, in seconds since 1970; None if that cannot be read."""
    cve_ids: tuple[str, ...]
    """Those that it names, each once, in their order."""


@dataclass(frozen=True)
class Changelog:
    """What is known of a version of a source package, and of those before it."""

    source: str
    version: str
    entries: tuple[Entry, ...]
    """Newest first, as the changelog has them; none if the package has no changelog."""


def parse_entries(text: str) -> tuple[Entry, ...]:
    """Give the newest entries of a changelog, up to MAX_ENTRIES; none if it is no changelog."""
    return tuple(_entries(text))


def _entries(text: str) -> Iterator[Entry]:
    headings = _first(_HEADING.finditer(text), MAX_ENTRIES + 1)
    for position, heading in enumerate(headings[:MAX_ENTRIES]):
        is_last = position + 1 == len(headings)
        end = len(text) if is_last else headings[position + 1].start()
        trailer = _TRAILER.search(text, heading.end(), end)
        cve_ids = (match[0].upper() for match in _CVE.finditer(text, heading.end(), end))
        yield Entry(
            version=heading["version"],
            released_at=mail_instant(trailer["date"]) if trailer else None,
            cve_ids=tuple(dict.fromkeys(cve_ids))[:MAX_CVE_IDS],
        )


def _first(found: "Iterator[re.Match[str]]", count: int) -> "Sequence[re.Match[str]]":
    return [match for match, _ in zip(found, range(count))]
