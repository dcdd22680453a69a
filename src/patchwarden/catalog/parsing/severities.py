"""Compares vendors' words for how severe something is."""

from collections.abc import Iterable

_RANKS = {
    word: rank
    for rank, words in enumerate(
        (
            ("unimportant", "negligible"),
            ("low",),
            ("medium", "moderate"),
            ("high", "important"),
            ("critical",),
        )
    )
    for word in words
}


def most_severe(words: Iterable[str]) -> str:
    """Give the most severe of `words`, as it is written; empty if none is known for a severity.

    `not yet assigned` and `untriaged` are no severities, and `low**` is Debian's for one that is
    not final.
    """
    known = [word.rstrip("*") for word in words if word.rstrip("*").lower() in _RANKS]
    return max(known, key=lambda word: _RANKS[word.lower()], default="")
