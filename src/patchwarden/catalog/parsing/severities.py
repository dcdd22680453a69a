"""Reads vendors' words for how severe something is."""

from collections.abc import Iterable

from patchwarden.domain.severities import severity_rank

_NO_SEVERITY = frozenset({"none", "n/a", "null"})


def severity_word(text: str) -> str:
    """Give a severity in the spelling that most feeds have (`Important`); empty if it is none."""
    word = text.strip()
    return "" if word.lower() in _NO_SEVERITY else word.capitalize()


def most_severe(words: Iterable[str]) -> str:
    """Give the most severe of `words`, as it is written; empty if none is known for a severity.

    `not yet assigned` and `untriaged` are no severities, and `low**` is Debian's for one that is
    not final.
    """
    known = [word.rstrip("*") for word in words if severity_rank(word.rstrip("*"))]
    return max(known, key=severity_rank, default="")
