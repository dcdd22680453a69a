"""Tells from the name of a product which operating system it is of."""

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

from patchwarden.data.feed_products import product_named
from patchwarden.data.load import operating_systems

_EVERY_MINOR = ".*"


def operating_system_of_product(product: str) -> str | None:
    """Give the operating system of a value of PRODUCT; None if it is none that is known.

    It may be newer than the values that filters take, or stand for every minor release, as
    `RedhatEnterpriseLinux9` and `Suse15` do. Case does not matter.
    """
    known = _known(product)
    return known.operating_system if known is not None else None


def product_spelled(text: str) -> str | None:
    """Give the product that the catalog knows by `text`, as it is spelled there.

    `text` is a value of PRODUCT in whatever case, or one of the words of feeds; None stands for
    what is no product of any node. `RedhatEnterpriseLinux9.*` is `RedhatEnterpriseLinux9` there.
    """
    known = _known(text.strip().removesuffix(_EVERY_MINOR))
    return known.spelled if known is not None else product_named(text)


class _Product(NamedTuple):
    spelled: str
    operating_system: str


def _known(product: str) -> _Product | None:
    lowered = product.lower()
    listed = _by_product().get(lowered)
    if listed is not None:
        return listed
    for template, pattern, operating_system in _patterns():
        match = pattern.fullmatch(lowered)
        if match is not None:
            return _Product(template.format_map(match.groupdict()), operating_system)
    return None


@functools.cache
def _by_product() -> Mapping[str, _Product]:
    found: dict[str, _Product] = {}
    for rules in operating_systems().values():
        for product in rules.filter_values["PRODUCT"]:
            major, point, minor = product.rpartition(".")
            if point and minor.isdecimal():
                found.setdefault(major.lower(), _Product(major, rules.operating_system))
    for rules in operating_systems().values():
        for product in rules.filter_values["PRODUCT"]:
            found[product.lower()] = _Product(product, rules.operating_system)
    return found


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    return tuple(
        (entry.product, _pattern(entry.product), rules.operating_system)
        for rules in operating_systems().values()
        for entry in rules.products
    )


def _pattern(template: str) -> re.Pattern[str]:
    text = re.escape(template.lower())
    return re.compile(re.sub(r"\\\{(major|minor)\\\}", r"(?P<\1>[0-9]+)", text))
