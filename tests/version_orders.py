"""What holds for the order of versions of any packaging system."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Compare: TypeAlias = Callable[[str, str], int]


def check_order(compare: Compare, oldest_first: Sequence[Sequence[str]]) -> None:
    """Compare each version with each: those of one line are equal, and newer than those above."""
    for position, group in enumerate(oldest_first):
        newest = [newer for later in oldest_first[position + 1 :] for newer in later]
        for version in group:
            assert [compare(version, same) for same in group] == [0] * len(group)
            for newer in newest:
                assert (compare(version, newer), version, newer) == (-1, version, newer)
                assert (compare(newer, version), version, newer) == (1, version, newer)


def check_transitive(
    compare: Compare, sort_key: Callable[[str], Any], versions: tuple[str, str, str]
) -> None:
    """Compare three versions in the order of their keys."""
    oldest, middle, newest = sorted(versions, key=sort_key)
    assert compare(oldest, middle) <= 0
    assert compare(middle, newest) <= 0
    assert compare(oldest, newest) <= 0
    assert (compare(oldest, newest) == 0) == (
        compare(oldest, middle) == 0 and compare(middle, newest) == 0
    )
