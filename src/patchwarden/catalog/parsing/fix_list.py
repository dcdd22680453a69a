"""Gathers the fixes of an advisory."""

from collections.abc import Iterable

from patchwarden.catalog.feed import Member
from patchwarden.domain.advisories import Fix

MAX_FIXES = 150_000
"""Of one advisory; the largest, of a kernel in all products, have some ten thousand. They are
written at once, and nobody else writes for that second."""


def merged(member: Member, fixes: Iterable[Fix], where: str) -> tuple[Fix, ...]:
    """Give one fix for each package of each product: the first, and first of all one that fixes.

    Feeds name a package once for each of the repositories that make up one product, and again in
    a part that is sold apart, such as Ubuntu Pro.
    """
    found: dict[tuple[str, ...], Fix] = {}
    for fix in fixes:
        key = (fix.product, fix.name, "source" if fix.is_source else fix.architecture, fix.module)
        known = found.get(key)
        if known is None or (known.status != "fixed" and fix.status == "fixed"):
            found[key] = fix
        if len(found) > MAX_FIXES:
            member.refuse(where, f"one advisory fixes more than {MAX_FIXES} packages")
    return tuple(found.values())
