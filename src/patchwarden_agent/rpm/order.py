"""The order of rpm's versions, `[epoch:]version[-release]`, as sort keys.

Origin: rpm's manual page rpm-version(7). Numbers and words of letters are told apart, and whatever
is neither only separates them. Where two parts differ first, `~` is older than the end of a part,
the end than `^`, `^` than a word, a word than a number.
"""

import re
from typing import Any

_TOKEN = re.compile(r"(?P<tilde>~)|(?P<caret>\^)|(?P<word>[A-Za-z]+)|(?P<number>[0-9]+)")
_TILDE, _END, _CARET, _WORD, _NUMBER = range(5)
_EPOCH = re.compile(r"(?:(?P<epoch>[0-9]*):)?(?P<rest>.*)", re.S)

SortKey = tuple[Any, ...]


def sort_key(text: str) -> SortKey:
    """Give a key whose order is that of versions; equal versions have equal keys."""
    match = _EPOCH.fullmatch(text)
    assert match is not None
    version, dash, release = match["rest"].rpartition("-")
    if not dash:
        version, release = release, ""
    return _number(match["epoch"] or "0"), _part(version), _part(release)


def _part(text: str) -> SortKey:
    return (*(_token(match) for match in _TOKEN.finditer(text)), (_END,))


def _token(match: "re.Match[str]") -> SortKey:
    if match["tilde"]:
        return (_TILDE,)
    if match["caret"]:
        return (_CARET,)
    return (_WORD, match["word"]) if match["word"] else (_NUMBER, *_number(match["number"]))


def _number(digits: str) -> SortKey:
    # By length and digits: as integers, absurdly long ones would take long.
    significant = digits.lstrip("0")
    return len(significant), significant
