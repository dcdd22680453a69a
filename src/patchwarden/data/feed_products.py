"""Tells what vendors' feeds mean by the words for a product."""

import functools
import re
from importlib.resources import files
from typing import NamedTuple

import msgspec

from patchwarden.data.strict_toml import decode

_FILE = "feed_products.toml"
_MAX_WORDS = 200
"""Characters; no vendor's name for a product is longer."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: str
    product: str


class _ProductsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    parts: dict[str, str]
    names: dict[str, str]
    patterns: list[_Entry]


class _Pattern(NamedTuple):
    words: re.Pattern[str]
    product: str


class _Products(NamedTuple):
    names: dict[str, str]
    patterns: tuple[_Pattern, ...]


@functools.lru_cache(maxsize=4096)
def product_named(words: str) -> str | None:
    """Give the value of PRODUCT that a feed means by `words`; None if it is none that is known.

    `words` are an ecosystem of OSV (`Debian:12`), a codename (`jammy`), a CPE, a name
    (`Red Hat Enterprise Linux BaseOS (v. 9)`) or the id of a repository. The value may be newer
    than the lists of data/operating_systems/. One without a minor release
    (`RedhatEnterpriseLinux9`, `Suse12`) stands for every minor release. Case does not matter.
    """
    if len(words) > _MAX_WORDS:
        return None
    known = _known()
    text = words.strip()
    named = known.names.get(text.lower())
    if named is not None:
        return named
    for pattern in known.patterns:
        match = pattern.words.fullmatch(text)
        if match is not None:
            return pattern.product.format_map(match.groupdict())
    return None


@functools.cache
def _known() -> _Products:
    text = (files("patchwarden.data") / _FILE).read_text(encoding="utf-8")
    shipped = decode(text, _FILE, _ProductsFile)
    return _Products(
        {name.lower(): product for name, product in shipped.names.items()},
        tuple(
            _Pattern(_compiled(entry.words, shipped.parts), entry.product)
            for entry in shipped.patterns
        ),
    )


def _compiled(words: str, parts: dict[str, str]) -> re.Pattern[str]:
    for name, part in parts.items():
        words = words.replace(f"{{{name}}}", part)
    return re.compile(words, re.IGNORECASE | re.ASCII)
