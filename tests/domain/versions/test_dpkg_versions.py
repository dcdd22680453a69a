import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.versions.dpkg import compare, sort_key
from version_orders import check_order, check_transitive

OLDEST_FIRST = [
    ["~~"],
    ["~"],
    ["~a"],
    ["0~~"],
    ["0~"],
    ["0~a"],
    ["", "0", "0-0", "0:0", "00"],
    ["0a", "0a0"],
    ["0+", "0+0"],
    ["0.1"],
    ["1~rc1-1"],
    ["1", "1-0", "1-", "01", "0:1"],
    ["1-1~bpo12+1"],
    ["1-1", "1-01"],
    ["1-1ubuntu1"],
    ["1-1ubuntu1.2"],
    ["1-1+b1"],
    ["1-1+b10"],
    ["1-1+deb12u1~deb11u1"],
    ["1-1+deb12u1"],
    ["1-1+deb12u10"],
    ["1-2"],
    ["1-10"],
    ["1a"],
    ["1z"],
    ["1+dfsg"],
    ["1-1-1"],
    ["1."],
    ["1.1"],
    ["2a"],
    ["2026f-0+deb12u1"],
    ["1:0"],
    ["1:0:1"],
    ["10:0"],
]
"""Each line holds versions that are equal; it is newer than the lines above it."""

INVALID = ["a:1", ":1", "1:", "1 2", "1_2", "1é", "1\ud800", "²:1", "\uff19:1", "\0", "9" * 6000]

characters = st.sampled_from("0123456789abzAZ.+-~:")
revision_characters = st.sampled_from("0123456789abzAZ.+~")
versions = st.text(characters, max_size=12)
texts = versions | st.text(max_size=8) | st.sampled_from(INVALID)


def test_vectors_come_in_their_order() -> None:
    check_order(compare, OLDEST_FIRST)


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


@given(versions, st.text(revision_characters, max_size=8))
def test_a_tilde_sorts_before_the_end(version: str, rest: str) -> None:
    assert compare(f"0:{version}-1~{rest}", f"0:{version}-1") == -1


@given(versions, versions, st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_epoch_decides_first(a: str, b: str, epoch: int, more: int) -> None:
    assert compare(f"{epoch}:{a}", f"{epoch + more}:{b}") == -1


@given(st.text(revision_characters, max_size=10))
def test_an_absent_epoch_or_revision_counts_as_0(upstream: str) -> None:
    assert compare(upstream, f"0:{upstream}-0") == 0


@given(st.integers(0, 10**30), st.integers(0, 10**30), st.integers(0, 300))
def test_numbers_compare_by_value(a: int, b: int, zeros: int) -> None:
    assert compare(f"1.{'0' * zeros}{a}", f"1.{b}") == (a > b) - (a < b)


def test_numbers_of_any_length_have_their_place() -> None:
    lengths = [1, 254, 255, 256, 257, 5000]
    keys = [sort_key(digit * length) for length in lengths for digit in "19"]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(
    ("invalid", "neighbors"),
    [
        ("a:1", ("a", "0:a:2")),
        (":1", (".1", "a")),
        ("1_2", ("1:2:", "1:3")),
        ("1 2", ("1z2", "1+2")),
        ("1é", ("1~", "2")),
    ],
)
def test_an_invalid_version_has_the_documented_place(
    invalid: str, neighbors: tuple[str, str]
) -> None:
    between = sorted([*neighbors, invalid], key=sort_key)
    assert len({sort_key(version) for version in between}) == 3


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="no dpkg here to agree with")
def test_dpkg_agrees() -> None:
    pairs = _pairs(seed=20261122, count=150)
    script = """
    while read -r a b; do
      if dpkg --compare-versions "$a" lt "$b"; then echo -1
      elif dpkg --compare-versions "$a" eq "$b"; then echo 0
      else echo 1; fi
    done
    """
    answer = subprocess.run(
        ["/bin/sh", "-c", script],
        input="".join(f"{a} {b}\n" for a, b in pairs),
        capture_output=True,
        text=True,
        check=True,
    )
    dpkg_says = dict(zip(pairs, map(int, answer.stdout.split()), strict=True))
    assert {pair: compare(*pair) for pair in pairs} == dpkg_says


def _pairs(*, seed: int, count: int) -> list[tuple[str, str]]:
    """Make pairs of valid versions of which each is a small change of the other."""
    source = random.Random(seed)
    pieces = ["0", "1", "09", "10", "a", "Z", "rc", ".", "+", "~", "~~", "-", "deb12u", "+b"]

    def vary(pieces_of_one: list[str]) -> list[str]:
        varied = list(pieces_of_one)
        position = source.randrange(len(varied) + 1)
        varied[position : position + source.randint(0, 1)] = source.choices(
            pieces, k=source.randint(0, 2)
        )
        return varied

    pairs: set[tuple[str, str]] = set()
    while len(pairs) < count:
        one = source.choices(pieces, k=source.randint(0, 6))
        epochs = source.choices(["", "0:", "1:"], weights=[6, 2, 1], k=2)
        a, b = (f"{epoch}1{''.join(p)}0" for epoch, p in zip(epochs, (one, vary(one)), strict=True))
        pairs.add((a, b))
    return sorted(pairs)
