"""The filters of DescribeAvailablePatches (contract 5.16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patchwarden.domain.baselines import ANY, PatchFilter
from patchwarden.domain.catalog_patch import PATCH_ID
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.selection import Selector
from patchwarden.operations.errors import RequestValidationError
from patchwarden.operations.filters import key_and_values, unknown_key
from patchwarden.store.catalog import Terms
from patchwarden.store.catalog_search import Detail, Search

MAX_VALUES = 500
"""Of all filters of one request; the service model sets no bound."""
_WINDOWS_KEYS = (
    *("PATCH_SET", "PRODUCT", "PRODUCT_FAMILY", "MSRC_SEVERITY", "CLASSIFICATION"),
    PATCH_ID,
)
_DETAILS: Mapping[str, Detail] = {
    "EPOCH": "epoch",
    "VERSION": "version",
    "RELEASE": "release",
    "ARCH": "arch",
    "REPOSITORY": "repository",
}
_LINUX_REFERENCES = ("NAME", "ADVISORY_ID", "CVE_ID", "BUGZILLA_ID")
_LINUX_ONLY_KEYS = ("SEVERITY", *_DETAILS, *_LINUX_REFERENCES)
_REFERENCES = frozenset({PATCH_ID, *_LINUX_REFERENCES})
_PRODUCT = "PRODUCT"
_NAMES_A_SET = frozenset({"PATCH_SET", _PRODUCT, "PRODUCT_FAMILY", PATCH_ID})
"""With none of these keys, only patches of the operating system are meant, not applications."""
_DEFAULT_SET = PatchFilter(key="PATCH_SET", values=("OS",))


@dataclass(frozen=True, slots=True)
class CatalogFilters:
    """Filters made ready: all must match, each by any of its values, whatever their case."""

    terms: Selector
    details: tuple[tuple[Detail, frozenset[str]], ...]
    references: tuple[tuple[str, frozenset[str]], ...]
    names_product: bool
    """Whether the operating system is the product's; else it is Windows."""

    def searches(self, every_terms: Sequence[Terms]) -> list[Search]:
        """Say what to look for: one search for each operating system, in their order."""
        matching: dict[str, set[int]] = {}
        for terms_id, operating_system, fields in every_terms:
            is_meant = self.names_product or operating_system == WINDOWS
            if is_meant and self.terms.matches(fields):
                matching.setdefault(operating_system, set()).add(terms_id)
        return [
            Search(
                operating_system=operating_system,
                terms_ids=frozenset(matching[operating_system]),
                details=self.details,
                references=self.references,
            )
            for operating_system in sorted(matching)
        ]


def parse_catalog_filters(given: Sequence[Mapping[str, Any]]) -> CatalogFilters:
    """Read the member `Filters` of a request.

    Raises RequestValidationError.
    """
    filters = [_read(each) for each in given]
    keys = {each.key for each in filters}
    for key in _LINUX_ONLY_KEYS:
        if key in keys and _PRODUCT not in keys:
            raise RequestValidationError(
                f"A filter on {key} needs one on PRODUCT beside it, such as AmazonLinux2."
            )
    if sum(len(each.values) for each in filters) > MAX_VALUES:
        raise RequestValidationError(f"The filters have more than {MAX_VALUES} values; ask twice.")
    if not keys & _NAMES_A_SET:
        filters.append(_DEFAULT_SET)
    asked = [(each, _lowered(each)) for each in filters if ANY not in each.values]
    others = _REFERENCES.union(_DETAILS)
    return CatalogFilters(
        terms=Selector.of(each for each in filters if each.key not in others),
        details=tuple(
            (_DETAILS[each.key], values) for each, values in asked if each.key in _DETAILS
        ),
        references=tuple((each.key, values) for each, values in asked if each.key in _REFERENCES),
        names_product=_PRODUCT in keys,
    )


def _read(filter_: Mapping[str, Any]) -> PatchFilter:
    key, values = key_and_values(filter_, RequestValidationError)
    valid = (*_WINDOWS_KEYS, *_LINUX_ONLY_KEYS)
    if key not in valid:
        raise unknown_key(key, valid)
    return PatchFilter(key=key, values=values)


def _lowered(filter_: PatchFilter) -> frozenset[str]:
    return frozenset(value.lower() for value in filter_.values)
