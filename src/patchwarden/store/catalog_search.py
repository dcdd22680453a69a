"""Finds patches in the catalog, a part at a time, in the order of their release."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from patchwarden.domain.catalog_patch import NAMING_KEYS, CatalogPatch
from patchwarden.store.catalog import decoded
from patchwarden.store.database import Database, Value

WINDOWS_OF_ROWS = (1_000, 9_000, 40_000)
"""How many patches a search passes over at once, one after the other until it has found enough.
Where it fits few patches of a large catalog, a part may be short or empty and still not be the
last (contract 1.6)."""
_NAMING = ", ".join(f"'{key}'" for key in sorted(NAMING_KEYS))

Detail = Literal["epoch", "version", "release", "arch", "repository"]


class Position(NamedTuple):
    """A place in the order of the catalog within one operating system: by release date."""

    released_at: float
    patch_key: int


START = Position(-1e18, 0)
"""Before everything: no release date is that old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What patches are looked for: all conditions must hold, each by any of its values.

    Values are in lower case; but for terms there are some hundreds at most.
    """

    operating_system: str
    terms_ids: frozenset[int]
    """Patches with these terms, however many, and no others unless `or_named` has them."""
    or_named: frozenset[str] = frozenset()
    """KB numbers, MSRC numbers and patch ids of patches that may have any terms."""
    details: tuple[tuple[Detail, frozenset[str]], ...] = ()
    references: tuple[tuple[str, frozenset[str]], ...] = ()
    """Filter key such as `CVE_ID`, and the values asked for."""


class Found(NamedTuple):
    """One part of what a search finds."""

    patches: tuple[CatalogPatch, ...]
    """By release date."""
    reached: Position | None
    """Where to go on; None if there is nothing more."""


def find(db: Database, search: Search, after: Position, limit: int) -> Found:
    """Give up to `limit` patches that `search` fits, of those behind `after`."""
    if not (search.terms_ids or search.or_named):
        return Found((), None)
    if search.references:
        places, reached = _places(db, search, _referred(search, after), limit + 1), None
    else:
        places, reached = _places_in_windows(db, search, after, limit + 1)
    patches = _contents(db, [place.patch_key for place in places[:limit]])
    return Found(patches, places[limit - 1] if len(places) > limit else reached)


class _Sql(NamedTuple):
    """A piece of a statement, and what its marks stand for."""

    sql: str
    parameters: tuple[Value, ...]


def _places(db: Database, search: Search, rows: _Sql, limit: int) -> list[Position]:
    """Give where the first patches stand, of `rows`, that a search fits."""
    conditions = _conditions(db, search)
    found = db.all(
        f"SELECT p.released_at, p.patch_key FROM {rows.sql} AND {conditions.sql}"  # noqa: S608
        " ORDER BY p.released_at, p.patch_key LIMIT ?",
        (*rows.parameters, *conditions.parameters, limit),
    )
    return [Position._make(row) for row in found]


def _places_in_windows(
    db: Database, search: Search, after: Position, limit: int
) -> tuple[list[Position], Position | None]:
    """Give where the first patches stand that a search fits, and how far it looked.

    That is None if `limit` were found or there is nothing more.
    """
    places: list[Position] = []
    for size in WINDOWS_OF_ROWS:
        window = _window(search, after, size)
        places += _places(db, search, window, limit - len(places))
        end = None if len(places) == limit else _end_of(db, search, window)
        if end is None:
            return places, None
        after = end
    return places, after


def _window(search: Search, after: Position, size: int) -> _Sql:
    """Give the next rows `p` that a search passes over."""
    details = (name for name, _ in search.details)
    columns = ", ".join(dict.fromkeys(("released_at", "patch_key", "terms_id", *details)))
    sql = (
        f"(SELECT {columns} FROM catalog_patches WHERE operating_system = ?"  # noqa: S608
        " AND (released_at, patch_key) > (?, ?)"
        " ORDER BY released_at, patch_key LIMIT ?) AS p WHERE 1 = 1"
    )
    return _Sql(sql, (search.operating_system, *after, size))


def _end_of(db: Database, search: Search, window: _Sql) -> Position | None:
    """Give the last row of a window; None if there is no other behind it."""
    last = db.one(
        f"SELECT p.released_at, p.patch_key FROM {window.sql}"  # noqa: S608
        " ORDER BY p.released_at DESC, p.patch_key DESC LIMIT 1",
        window.parameters,
    )
    if last is None:
        return None
    more = db.one(
        "SELECT 1 FROM catalog_patches WHERE operating_system = ?"
        " AND (released_at, patch_key) > (?, ?) LIMIT 1",
        (search.operating_system, *last),
    )
    return Position._make(last) if more else None


def _referred(search: Search, after: Position) -> _Sql:
    """Give the rows `p` that have the first of the references; few do, wherever they stand."""
    kind, values = search.references[0]
    named = _is_in("value", values)
    sql = (
        "(SELECT DISTINCT patch_key AS referred_key FROM catalog_references"  # noqa: S608
        f" WHERE kind = ? AND {named.sql}) AS referred CROSS JOIN catalog_patches AS p"
        " WHERE p.patch_key = referred_key AND p.operating_system = ?"
        " AND (p.released_at, p.patch_key) > (?, ?)"
    )
    return _Sql(sql, (kind, *named.parameters, search.operating_system, *after))


def _conditions(db: Database, search: Search) -> _Sql:
    """Say what a row `p` must fulfil, besides the first of the references."""
    every = [_has_terms(db, search)]
    every += (_is_in(f"p.{name}", values) for name, values in search.details)
    every += (_is_referred(kind, values) for kind, values in search.references[1:])
    return _Sql(
        " AND ".join(each.sql for each in every),
        tuple(value for each in every for value in each.parameters),
    )


def _has_terms(db: Database, search: Search) -> _Sql:
    # As one value: a large catalog has more terms than a statement may have marks.
    listed = msgspec.json.encode(sorted(search.terms_ids)).decode()
    by_terms = _Sql(db.is_listed("p.terms_id"), (listed,))
    if not search.or_named:
        return by_terms
    named = _is_in("value", search.or_named)
    return _Sql(
        f"({by_terms.sql} OR p.patch_key IN (SELECT patch_key FROM catalog_references"  # noqa: S608
        f" WHERE kind IN ({_NAMING}) AND {named.sql}))",
        by_terms.parameters + named.parameters,
    )


def _is_referred(kind: str, values: frozenset[str]) -> _Sql:
    named = _is_in("value", values)
    return _Sql(
        "p.patch_key IN (SELECT patch_key FROM catalog_references"  # noqa: S608
        f" WHERE kind = ? AND {named.sql})",
        (kind, *named.parameters),
    )


def _is_in(column: str, values: frozenset[str]) -> _Sql:
    # NULL is no value's equal: the list may be empty, but not its text.
    marks = ", ".join("?" * len(values)) or "NULL"
    return _Sql(f"{column} IN ({marks})", tuple(values))


def _contents(db: Database, patch_keys: Sequence[int]) -> tuple[CatalogPatch, ...]:
    rows = db.all_in(
        "SELECT patch_key, content FROM catalog_contents WHERE patch_key IN (:values)", patch_keys
    )
    contents: dict[int, bytes] = dict(rows)
    return tuple(decoded(contents[patch_key]) for patch_key in patch_keys)
