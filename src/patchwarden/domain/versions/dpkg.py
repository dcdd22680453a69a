"""Debian's order of package versions, as sort keys.

Origin: the algorithm of Debian Policy 5.6.12, `[epoch:]upstream[-revision]`. Epochs compare as
numbers, then upstream versions, then revisions; an absent epoch or revision counts as 0. Within a
part, stretches without digits and numbers alternate. A stretch compares character by character:
`~` before the end of the stretch, the end before letters, letters before everything else.

A version that the policy does not allow has its place too, so that one bad package cannot stop
an evaluation: text before the first colon that is no number is not an epoch but belongs to the
upstream version, other characters sort by code point among those that are no letters, and an
empty version equals `0`.
"""

import functools
import re
import string
from typing import Literal

from patchwarden.domain.versions.numbers import number_key

_CACHED_KEYS = 32_768


@functools.lru_cache(maxsize=_CACHED_KEYS)
def sort_key(version: str) -> bytes:
    """Give a key whose plain order is that of versions; equal versions have equal keys."""
    epoch, colon, rest = version.partition(":")
    if not (colon and epoch.isascii() and epoch.isdigit()):
        epoch, rest = "", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return number_key(epoch.encode()) + _part_key(upstream) + _part_key(revision)


def compare(a: str, b: str) -> Literal[-1, 0, 1]:
    """Say whether `a` is older (-1), the same (0) or newer (1) than `b`."""
    if a == b:
        return 0
    key_a, key_b = sort_key(a), sort_key(b)
    if key_a == key_b:
        return 0
    return -1 if key_a < key_b else 1


_DIGITS = string.digits.encode()
_LETTERS = string.ascii_letters.encode()


def _ranks() -> tuple[bytes, bytes]:
    """Give the table that renames bytes to their rank, and the rank of a stretch's end.

    Digits keep their values: numbers are found after the renaming.
    """
    others = bytes(byte for byte in range(256) if byte not in _DIGITS + _LETTERS + b"~")
    end = b"\xff"  # not in UTF-8, so free to stand for the end
    ranked = b"~" + end + bytes(sorted(_LETTERS)) + others.replace(end, b"")
    free = bytes(byte for byte in range(256) if byte not in _DIGITS)
    table = bytes.maketrans(ranked, free)
    return table, end.translate(table)


_RANK, _END = _ranks()
_NUMBER = re.compile(rb"[0-9]+")


def _part_key(part: str) -> bytes:
    """Give the key of an upstream version or a revision.

    Each stretch is closed by `_END`, and each number tells its length first: no key can be the
    beginning of another, so that keys may stand one after the other.
    """
    text = part.encode(errors="surrogatepass").translate(_RANK)
    if not text[-1:].isdigit():
        text += b"0"  # `1.0a` equals `1.0a0`
    return _NUMBER.sub(_stretch_end_and_number, text) + _END


def _stretch_end_and_number(match: re.Match[bytes]) -> bytes:
    return _END + number_key(match[0])
