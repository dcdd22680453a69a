"""Which order of versions a package manager goes by."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from patchwarden.domain.versions import dpkg, rpm

SortKey: TypeAlias = Callable[[str], Any]
"""Gives what versions sort by; equal versions have equal keys."""

_SORT_KEYS: Mapping[str, SortKey] = {
    "apt": dpkg.sort_key,
    "dnf": rpm.sort_key,
    "yum": rpm.sort_key,
    "zypper": rpm.sort_key,
}


def sort_key_of(package_manager: str) -> SortKey | None:
    """Give the order of a package manager's versions; None if there is none, as on Windows."""
    return _SORT_KEYS.get(package_manager)
