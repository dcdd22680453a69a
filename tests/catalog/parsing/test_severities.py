import pytest

from patchwarden.catalog.parsing.severities import most_severe


@pytest.mark.parametrize(
    ("words", "worst"),
    [
        (["low", "Critical", "high"], "Critical"),
        (["Moderate", "medium"], "Moderate"),
        (["not yet assigned", "low**"], "low"),
        (["untriaged", "end-of-life"], ""),
        ([], ""),
    ],
)
def test_the_worst_word_counts(words: list[str], worst: str) -> None:
    assert most_severe(words) == worst
