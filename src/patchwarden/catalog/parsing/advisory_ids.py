"""What the id of an advisory tells: whose it is and what kind of update; and ids within texts."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class IdKind(NamedTuple):
    """A series of ids of one vendor."""

    source: str
    """As `CatalogAdvisory.source`."""
    classification: str
    """In the vendor's words."""


_SECURITY, _BUGFIX, _ENHANCEMENT = "security", "bugfix", "enhancement"

# Those who rebuild Red Hat's packages number their advisories as it does.
_KINDS: Mapping[str, IdKind] = MappingProxyType(
    {
        f"{letters}{letter}A": IdKind(source, classification)
        for letters, source in (
            ("RH", "redhat"),
            ("AL", "almalinux"),
            ("RL", "rockylinux"),
            ("RX", "rockylinux"),
            ("EL", "oracle"),
            ("CE", "centos"),
        )
        for letter, classification in (("S", _SECURITY), ("B", _BUGFIX), ("E", _ENHANCEMENT))
    }
    | {
        f"{system}-{letters}": IdKind("suse", classification)
        for system in ("SUSE", "openSUSE")
        for letters, classification in (
            ("SU", _SECURITY),
            ("RU", "recommended"),
            ("OU", "optional"),
            ("FU", "feature"),
        )
    }
    | {series: IdKind("debian", _SECURITY) for series in ("DSA", "DLA", "DTSA", "DEBIAN-CVE")}
    | {series: IdKind("ubuntu", _SECURITY) for series in ("USN", "LSN", "UBUNTU-CVE")}
)

CVE_PATTERN = r"^CVE-[0-9]{4}-[0-9]{4,19}$"
_CVE = re.compile(r"(?:[A-Z]{1,20}-)?(CVE-[0-9]{4}-[0-9]{4,19})")
# https://bugzilla.redhat.com/show_bug.cgi?id=2307370, https://bugzilla.suse.com/1228780
_BUG = re.compile(r"https://bugzilla\.[a-z.]+/(?:show_bug\.cgi\?id=)?([0-9]{1,10})")


def kind_of(advisory_id: str) -> IdKind | None:
    """Give what kind of advisory has this id; None if the series is not known."""
    first, _, rest = advisory_id.partition("-")
    return _KINDS.get(f"{first}-{rest.partition('-')[0]}") or _KINDS.get(first)


def cve_ids_in(ids: Iterable[str]) -> tuple[str, ...]:
    """Give the CVE ids among `ids`, each once. `UBUNTU-CVE-2024-1234` is one as well."""
    matches = (_CVE.fullmatch(each) for each in ids)
    return tuple(dict.fromkeys(match[1] for match in matches if match))


def bugzilla_ids_in(urls: Iterable[str]) -> tuple[str, ...]:
    """Give the numbers of the bugs among `urls`, each once."""
    matches = (_BUG.fullmatch(each) for each in urls)
    return tuple(dict.fromkeys(match[1] for match in matches if match))
