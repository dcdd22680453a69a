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
# A key with its colon, another string, or a quote that begins one whose end is not here, where the
# head stops to make sense.
_TOKEN = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}\[\]"]', re.DOTALL)
_TEXT, _KEY = 1, 2
"""The groups that have matched last."""


@functools.lru_cache(maxsize=4)  # Each format asks for those of one file.
def key_paths(head: bytes) -> frozenset[KeyPath]:
    """Give the paths of up to three keys that begin in `head`; none if it is not JSON."""
    text = head.removeprefix(BYTE_ORDER_MARK).decode(errors="replace").lstrip()
    return frozenset(_paths(text)) if text[:1] in {"{", "["} else frozenset()


def _paths(text: str) -> Iterator[KeyPath]:
    containers: list[tuple[KeyPath, bool]] = []
    """Of each that is open its path, and whether it is an object."""
    path: KeyPath = ()
    for match in _TOKEN.finditer(text):
        if match.lastindex == _TEXT:
            continue
        if match.lastindex == _KEY:
            if containers and containers[-1][1]:
                path = (*containers[-1][0], match[1])
                if len(path) <= _MAX_DEPTH:
                    yield path
        elif match[0] in "{[":
            containers.append((path, match[0] == "{"))
        elif match[0] == '"' or not containers:
            return
        else:
            path, _ = containers.pop()
