"""Finds the ids of CVEs, bugs and updates of Windows in what feeds say."""

import re
from collections.abc import Iterable

CVE_PATTERN = r"^CVE-[0-9]{4}-[0-9]{4,19}$"
_CVE = re.compile(r"(?:[A-Z]{1,20}-)?(CVE-[0-9]{4}-[0-9]{4,19})")
# https://bugzilla.redhat.com/show_bug.cgi?id=2307370, https://bugzilla.suse.com/1228780
_BUG = re.compile(r"https://bugzilla\.[a-z.]+/(?:show_bug\.cgi\?id=)?([0-9]{1,10})")
_CVE_IN_TEXT = re.compile(r"\bCVE-[0-9]{4}-[0-9]{4,19}\b", re.IGNORECASE | re.ASCII)
_KB_NUMBER = re.compile(r"(?<![0-9])[0-9]{6,8}(?![0-9])")


def cve_ids_in(ids: Iterable[str]) -> tuple[str, ...]:
    """Give the CVE ids among `ids`, each once. `UBUNTU-CVE-2024-1234` is one as well."""
    matches = (_CVE.fullmatch(each) for each in ids)
    return tuple(dict.fromkeys(match[1] for match in matches if match))


def bugzilla_ids_in(urls: Iterable[str]) -> tuple[str, ...]:
    """Give the numbers of the bugs among `urls`, each once."""
    matches = (_BUG.fullmatch(each) for each in urls)
    return tuple(dict.fromkeys(match[1] for match in matches if match))


def cve_ids_named(text: str) -> tuple[str, ...]:
    """Give the CVE ids that a text names, each once, in its order."""
    return tuple(dict.fromkeys(found.upper() for found in _CVE_IN_TEXT.findall(text)))


def kb_ids_named(text: str) -> tuple[str, ...]:
    """Give the KB numbers that a text names, with or without `KB`, such as `KB5034441`."""
    return tuple(dict.fromkeys(f"KB{number}" for number in _KB_NUMBER.findall(text)))
