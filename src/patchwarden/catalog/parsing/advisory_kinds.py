"""What the id of an advisory tells: whose it is, and what kind of update."""

from collections.abc import Mapping
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

# What is in no series of `_KINDS`; the longest first.
_SOURCES_BY_ID = (
    ("FEDORA-EPEL", "epel"),
    ("FEDORA", "fedora"),
    ("openSUSE", "suse"),
    ("SUSE", "suse"),
    ("ALAS", "amazon"),
)
_SOURCES_BY_DOMAIN = {
    "almalinux.org": "almalinux",
    "amazon.com": "amazon",
    "canonical.com": "ubuntu",
    "centos.org": "centos",
    "fedoraproject.org": "fedora",
    "microsoft.com": "microsoft",
    "opensuse.org": "suse",
    "oracle.com": "oracle",
    "redhat.com": "redhat",
    "rockylinux.org": "rockylinux",
    "suse.com": "suse",
    "suse.de": "suse",
    "ubuntu.com": "ubuntu",
}
_MAX_SOURCE = 100


def kind_of(advisory_id: str) -> IdKind | None:
    """Give what kind of advisory has this id; None if the series is not known."""
    first, _, rest = advisory_id.partition("-")
    return _KINDS.get(f"{first}-{rest.partition('-')[0]}") or _KINDS.get(first)


def source_of(advisory_id: str, sender: str = "") -> str:
    """Tell whose an advisory is, by its id, else by the host of its sender's address."""
    kind = kind_of(advisory_id)
    if kind is not None:
        return kind.source
    for letters, source in _SOURCES_BY_ID:
        if advisory_id.startswith(letters):
            return source
    host = sender.rpartition("@")[2].strip().lower()
    return source_of_host(host)[:_MAX_SOURCE] or "unknown"


def source_of_host(host: str) -> str:
    """Tell whose a host is; its own name if nobody is known to have it."""
    return _SOURCES_BY_DOMAIN.get(".".join(host.split(".")[-2:]), host)
