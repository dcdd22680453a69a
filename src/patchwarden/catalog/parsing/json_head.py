"""Tells from the beginning of a JSON file which members it has, so that its format is recognized.

A file is known by its keys and where they stand, never by words that may stand in a text of it.
"""

import functools
import re
from collections.abc import Iterator
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str, ...]
"""The keys from the outermost object down, such as `("document", "csaf_version")`. Arrays do not
count: the members of objects in an array are those of the array."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAX_DEPTH = 3
# A string; or a quote that begins one whose end is not here, where the head stops to make sense.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|"', re.DOTALL)


@functools.lru_cache(maxsize=4)  # Each format asks for those of one file.
def key_paths(head: bytes) -> frozenset[KeyPath]:
    """Give the paths of up to three keys that begin in `head`; none if it is not JSON."""
    text = head.removeprefix(BYTE_ORDER_MARK).decode(errors="replace").lstrip()
    return frozenset(_paths(text)) if text[:1] in {"{", "["} else frozenset()


def _paths(text: str) -> Iterator[KeyPath]:
    keys: list[str | None] = []
    last = ""
    for match in _TOKEN.finditer(text):
        found = match[0]
        if found == '"':
            return
        if found in "{[":
            keys.append("" if found == "{" else None)
        elif found in "}]":
            if not keys:
                return
            keys.pop()
        elif found == ":" and keys and keys[-1] is not None:
            keys[-1] = last
            path = tuple(key for key in keys if key is not None)
            if len(path) <= _MAX_DEPTH:
                yield path
        last = found[1:-1]
