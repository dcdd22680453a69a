"""The order of rpm's versions, `[epoch:]version[-release]`, as sort keys.

Origin: rpm's rpmvercmp and its manual page rpm-version(7). Epochs compare as numbers, then
versions, then releases; an absent epoch counts as 0. Within a part, numbers and words of letters
are told apart, and whatever is neither only separates them. Where two parts first differ, `~` is
older than the end of a part, the end than `^`, `^` than a word, a word than a number. Letters
compare by code, numbers by value.

A version that rpm does not allow has its place too, so that one bad package cannot stop an
evaluation: text before the first colon that is no number belongs to the version.
"""

import functools
import re
from typing import Literal, NamedTuple

from patchwarden.domain.versions.numbers import number_key

_CACHED = 32_768


class Evr(NamedTuple):
    """The parts of a version."""

    epoch: str
    """A number without leading zeros; `0` where the text has none."""
    version: str
    release: str
    """Empty where the text has none."""


@functools.lru_cache(maxsize=_CACHED)
def split(text: str) -> Evr:
    """Take a version apart."""
    epoch, colon, rest = text.partition(":")
    if not (colon and (not epoch or (epoch.isascii() and epoch.isdigit()))):
        epoch, rest = "", text
    version, _, release = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return Evr(epoch.lstrip("0") or "0", version, release)


@functools.lru_cache(maxsize=_CACHED)
def sort_key(text: str) -> bytes:
    """Give a key whose plain order is that of versions; equal versions have equal keys.

    An absent release is older than every other but those that begin with `~`.
    """
    epoch, version, release = split(text)
    return number_key(epoch.encode()) + _part_key(version) + _part_key(release)


def compare(a: str, b: str) -> Literal[-1, 0, 1]:
    """Say whether `a` is older (-1), the same (0) or newer (1) than `b`."""
    if a == b:
        return 0
    key_a, key_b = sort_key(a), sort_key(b)
    if key_a == key_b:
        return 0
    return -1 if key_a < key_b else 1


_TOKEN = re.compile(rb"[0-9]+|[A-Za-z]+|[~^]")
_TILDE, _END, _CARET, _WORD, _NUMBER = (bytes((rank,)) for rank in range(5))
_RANKS = {b"~": _TILDE, b"^": _CARET}
_END_OF_WORD = b"\0"


def _part_key(part: str) -> bytes:
    """Give the key of a version or a release.

    No key can be the beginning of another, so that keys may stand one after the other.
    """
    tokens = _TOKEN.findall(part.encode(errors="surrogatepass"))
    return b"".join(map(_token_key, tokens)) + _END


def _token_key(token: bytes) -> bytes:
    if token.isdigit():
        return _NUMBER + number_key(token)
    return _RANKS.get(token) or _WORD + token + _END_OF_WORD
