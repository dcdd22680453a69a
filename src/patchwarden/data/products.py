"""Tells from the name of a product which operating system it is of."""

import functools
import re
from collections.abc import Mapping

from patchwarden.data.load import operating_systems


def operating_system_of_product(product: str) -> str | None:
    """Give the operating system of a value of PRODUCT; None if it is none that is known.

    It may be newer than the values that filters take, or stand for every minor release, as
    `RedhatEnterpriseLinux9` and `Suse15` do. Case does not matter.
    """
    lowered = product.lower()
    listed = _by_product().get(lowered)
    if listed is not None:
        return listed
    return next(
        (
            operating_system
            for operating_system, pattern in _patterns()
            if pattern.fullmatch(lowered)
        ),
        None,
    )


@functools.cache
def _by_product() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for rules in operating_systems().values():
        for product in rules.filter_values["PRODUCT"]:
            major, point, minor = product.lower().rpartition(".")
            if point and minor.isdecimal():
                found.setdefault(major, rules.operating_system)
    for rules in operating_systems().values():
        for product in rules.filter_values["PRODUCT"]:
            found[product.lower()] = rules.operating_system
    return found


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (rules.operating_system, _pattern(entry.product))
        for rules in operating_systems().values()
        for entry in rules.products
    )


def _pattern(template: str) -> re.Pattern[str]:
    text = re.escape(template.lower())
    return re.compile(re.sub(r"\\\{(?:major|minor)\\\}", "[0-9]+", text))
