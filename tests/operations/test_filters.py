from collections.abc import Sequence

import pytest

from patchwarden.operations.filters import satisfies


@pytest.mark.parametrize(
    ("value", "comparison", "wanted", "answer"),
    [
        ("a", None, ["a", "b"], True),
        ("a", "Equal", ["b"], False),
        ("a", "EQUAL", ["a"], True),
        (None, "EQUAL", ["a"], False),
        ("a", "NotEqual", ["a", "b"], False),
        ("a", "NOT_EQUAL", ["b"], True),
        (None, "NOT_EQUAL", ["b"], True),
        ("web-1", "BeginWith", ["db", "web"], True),
        ("web-1", "BEGIN_WITH", ["1"], False),
        ("9", "LessThan", ["10"], True),
        ("9", "LESS_THAN", ["a"], True),
        ("10", "GreaterThan", ["9"], True),
        ("10", "GREATER_THAN", ["10"], False),
        ("2026-01-02T00:00:00Z", "GREATER_THAN", ["2026-01-01T23:59:59Z"], True),
        (None, "LESS_THAN", ["1"], False),
        ("", "Exists", [], True),
        (None, "Exists", [], False),
    ],
)
def test_values_compare(
    value: str | None, comparison: str | None, wanted: Sequence[str], *, answer: bool
) -> None:
    assert satisfies(value, comparison, wanted) is answer
