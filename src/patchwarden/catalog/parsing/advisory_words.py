"""What the words of vendors' advisories mean: severities, CVE and KB ids in texts, whose it is."""

import re

from patchwarden.catalog.parsing.advisory_ids import kind_of

_CVE_ID = re.compile(r"\bCVE-[0-9]{4}-[0-9]{4,19}\b", re.IGNORECASE | re.ASCII)
_KB_NUMBER = re.compile(r"(?<![0-9])[0-9]{6,8}(?![0-9])")
_NO_SEVERITY = frozenset({"none", "n/a", "null"})
# What is in no series of advisory_ids; the longest first.
_SOURCES_BY_ID = (
    ("FEDORA-EPEL", "epel"),
    ("FEDORA", "fedora"),
    ("openSUSE", "suse"),
    ("SUSE", "suse"),
    ("ALAS", "amazon"),
)
_SOURCES_BY_HOST = (
    ("amazon.com", "amazon"),
    ("redhat.com", "redhat"),
    ("suse.de", "suse"),
    ("suse.com", "suse"),
    ("opensuse.org", "suse"),
    ("rockylinux.org", "rockylinux"),
    ("almalinux.org", "almalinux"),
    ("oracle.com", "oracle"),
    ("centos.org", "centos"),
    ("fedoraproject.org", "fedora"),
)
_MAX_SOURCE = 100


def severity_word(text: str) -> str:
    """Give a severity in the spelling that most feeds have (`Important`); empty if it is none."""
    word = text.strip()
    return "" if word.lower() in _NO_SEVERITY else word.capitalize()


def cve_ids(text: str) -> tuple[str, ...]:
    """Give the CVE ids that a text names, each once, in its order."""
    return tuple(dict.fromkeys(found.upper() for found in _CVE_ID.findall(text)))


def kb_ids(text: str) -> tuple[str, ...]:
    """Give the KB numbers that a text names, with or without `KB`, such as `KB5034441`."""
    return tuple(dict.fromkeys(f"KB{number}" for number in _KB_NUMBER.findall(text)))


def source_of(advisory_id: str, sender: str = "") -> str:
    """Tell whose an advisory is, by its id, else by the host of its sender's address."""
    kind = kind_of(advisory_id)
    if kind is not None:
        return kind.source
    for letters, source in _SOURCES_BY_ID:
        if advisory_id.startswith(letters):
            return source
    host = sender.rpartition("@")[2].strip().lower()
    for known, source in _SOURCES_BY_HOST:
        if host == known or host.endswith(f".{known}"):
            return source
    return host[:_MAX_SOURCE] or "unknown"
