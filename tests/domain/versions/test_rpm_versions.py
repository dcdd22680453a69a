import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.versions.rpm import (
    Evr,
    compare,
    sort_key,
    split,
)
from version_orders import check_order, check_transitive

OLDEST_FIRST = [
    ["~~-1"],
    ["~-1", "~.-1"],
    ["~a-1"],
    ["0~rc1-1"],
    ["1~rc1-1"],
    ["1~rc1^git1-1"],
    ["1~rc2-1"],
    ["1-~beta"],
    ["1", "1-", "0:1", ":1", "01", "1."],
    ["1-0", "1-00", "1-.0"],
    ["1-1", "0:1-1", "00:1-1", "01-01", "1.-1"],
    ["1-1.el9"],
    ["1-1.el9_4"],
    ["1-1.1"],
    ["1-2"],
    ["1-10"],
    ["1^-1"],
    ["1^20250101git-1"],
    ["1^20250201git-1"],
    ["1a-1", "1.a-1"],
    ["1ab-1", "1é.ab-1"],
    ["1b-1"],
    ["1.0-1", "1.00-1", "1_0-1", "1+0-1", "1..0-1"],
    ["1.0.1-1"],
    ["1.1-1"],
    ["1.9-1", "1.09-1"],
    ["1.10-1"],
    ["2-1"],
    ["11-1"],
    ["20250101-1"],
    ["1:0-1"],
    ["2:0.1-1", "02:0.1-1"],
    ["10:0-1"],
]
"""Each line holds versions that are equal; it is newer than the lines above it."""

INVALID = ["a:1-1", "1:2:3-1", "-", ":", "1:", "", "1\ud800", "²:1-1", "\uff19:1", "\0", "9" * 6000]

pieces = st.text(st.sampled_from("0123456789abzAZ.+_~^"), max_size=8)
versions = st.builds(
    lambda epoch, version, release: f"{epoch}{version}-{release}",
    st.sampled_from(("", "0:", "1:")),
    pieces,
    pieces,
)
texts = versions | st.text(max_size=8) | st.sampled_from(INVALID)


def test_vectors_come_in_their_order() -> None:
    check_order(compare, OLDEST_FIRST)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1.2-3", Evr("0", "1.2", "3")),
        ("4:1.2-3.el9", Evr("4", "1.2", "3.el9")),
        ("004:1.2", Evr("4", "1.2", "")),
        (":1.2-3", Evr("0", "1.2", "3")),
        ("a:1-2", Evr("0", "a:1", "2")),
        ("1-2-3", Evr("0", "1-2", "3")),
        ("1:", Evr("1", "", "")),
        ("", Evr("0", "", "")),
    ],
)
def test_a_version_is_taken_apart(text: str, parts: Evr) -> None:
    assert split(text) == parts


@given(texts, texts)
def test_comparing_the_other_way_gives_the_opposite(a: str, b: str) -> None:
    assert compare(a, b) == -compare(b, a)


@given(texts)
def test_a_version_equals_itself(version: str) -> None:
    assert compare(version, version) == 0
    assert sort_key(version) == sort_key.__wrapped__(version)


@given(texts, texts, texts)
def test_the_order_is_transitive(a: str, b: str, c: str) -> None:
    check_transitive(compare, sort_key, (a, b, c))


@given(pieces, pieces)
def test_a_tilde_is_older_and_a_caret_newer_than_the_end(version: str, rest: str) -> None:
    assert compare(f"{version}~{rest}-1", f"{version}-1") == -1
    assert compare(f"{version}^{rest}-1", f"{version}-1") == 1


@given(versions, versions, st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_epoch_decides_first(a: str, b: str, epoch: int, more: int) -> None:
    older, newer = (
        f"{e}:{text.partition(':')[2] or text}" for e, text in ((epoch, a), (epoch + more, b))
    )
    assert compare(older, newer) == -1


@given(st.integers(0, 10**30), st.integers(0, 10**30), st.integers(0, 300))
def test_numbers_compare_by_value(a: int, b: int, zeros: int) -> None:
    assert compare(f"1.{'0' * zeros}{a}-1", f"1.{b}-1") == (a > b) - (a < b)


def test_numbers_of_any_length_have_their_place() -> None:
    lengths = [1, 254, 255, 256, 257, 5000]
    keys = [sort_key(digit * length) for length in lengths for digit in "19"]
    assert keys == sorted(set(keys))


@given(st.lists(st.sampled_from(["1", "20", "a", "rc", "~", "^", "git"]), max_size=6), st.data())
def test_what_is_neither_number_nor_letter_only_separates(
    tokens: list[str], data: st.DataObject
) -> None:
    separators = st.sampled_from([".", "_", "+", "..", "é"])
    plain = ".".join(tokens)
    other = "".join(token + data.draw(separators) for token in tokens)
    assert compare(f"{plain}-1", f"{other}-1") == 0
