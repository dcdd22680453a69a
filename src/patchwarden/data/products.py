"""Tells from the name of a product which operating system it is of."""

import functools
from collections.abc import Mapping

from patchwarden.data.load import operating_systems


def operating_system_of_product(product: str) -> str | None:
    """Give the operating system of a value of PRODUCT; None if it is none that is known.

    Case does not matter.
    """
    return _by_product().get(product.lower())


@functools.cache
def _by_product() -> Mapping[str, str]:
    return {
        product.lower(): rules.operating_system
        for rules in operating_systems().values()
        for product in rules.filter_values["PRODUCT"]
    }
