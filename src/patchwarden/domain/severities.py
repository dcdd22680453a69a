"""Compares vendors' words for how severe something is."""

_RANKS = {
    word: rank
    for rank, words in enumerate(
        (
            ("unimportant", "negligible"),
            ("low",),
            ("medium", "moderate"),
            ("high", "important"),
            ("critical",),
        ),
        start=1,
    )
    for word in words
}


def severity_rank(word: str) -> int:
    """Give the place of `word` in the order of severity, whatever its case; 0 if it is none."""
    return _RANKS.get(word.lower(), 0)
