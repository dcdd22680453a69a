"""The advisories of the catalog: filled by imports, one for all accounts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from patchwarden.domain.advisories import CatalogAdvisory, Fix, combined
from patchwarden.domain.facts import Advisory
from patchwarden.store.catalog import Outcome
from patchwarden.store.database import Database, Row

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(CatalogAdvisory)
_FIX_COLUMNS = "product, name, is_source, architecture, module, version, status"


class StoredFix(NamedTuple):
    """One fix of one product, as it is read to judge nodes."""

    name: str
    version: str
    architecture: str
    is_source: bool
    module: str
    advisory_key: int


class ProductHolding(NamedTuple):
    """What the catalog has for one product."""

    product: str
    operating_system: str
    """Empty if no node can have this product."""
    advisories_count: int
    newest_revision_at: float
    """0.0 if no date is known."""


class AdvisoryWriter:
    """Puts advisories into the catalog, within one transaction."""

    def __init__(self, db: Database) -> None:
        """Begin; a transaction must have begun."""
        assert db.in_transaction
        self._db = db
        self.changed_products: set[str] = set()
        """Of which something else is known than before."""

    def put(self, given: CatalogAdvisory) -> Outcome:
        """Store an advisory, combined with what is known of it."""
        row = self._db.one(
            "SELECT advisory_key, content FROM advisories WHERE source = ? AND advisory_id = ?",
            (given.source, given.advisory.advisory_id),
        )
        if row is None:
            self._add(replace(given, fixes=()) if given.withdrawn else given)
            return "added"
        advisory_key, content = row
        rows = _fix_rows(self._db, advisory_key)
        if content == _encoded(given) and set(rows) == set(map(_row_of, given.fixes)):
            return "unchanged"
        fixes = tuple(map(_fix, rows))
        known = replace(_decoder.decode(content), fixes=fixes)
        new = combined(known, given)
        if set(new.fixes) == set(fixes) and _encoded(new) == content:
            return "unchanged"
        self._replace(advisory_key, known, new)
        return "changed"

    def _add(self, new: CatalogAdvisory) -> None:
        advisory_key = self._db.insert(
            "INSERT INTO advisories (source, advisory_id, revised_at, content) VALUES (?, ?, ?, ?)"
            " RETURNING advisory_key",
            (new.source, new.advisory.advisory_id, new.revised_at, _encoded(new)),
        )
        self._add_parts(advisory_key, new)

    def _replace(self, advisory_key: int, known: CatalogAdvisory, new: CatalogAdvisory) -> None:
        self.changed_products.update(fix.product for fix in known.fixes)
        self._db.execute(
            "UPDATE advisories SET revised_at = ?, content = ? WHERE advisory_key = ?",
            (new.revised_at, _encoded(new), advisory_key),
        )
        for table in ("advisory_cves", "advisory_fixes"):
            self._db.execute(f"DELETE FROM {table} WHERE advisory_key = ?", (advisory_key,))  # noqa: S608
        self._add_parts(advisory_key, new)

    def _add_parts(self, advisory_key: int, new: CatalogAdvisory) -> None:
        fixes = {fix.key: fix for fix in new.fixes}.values()
        self.changed_products.update(fix.product for fix in fixes)
        self._db.execute_many(
            f"INSERT INTO advisory_fixes (advisory_key, {_FIX_COLUMNS})"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(advisory_key, *_row_of(fix)) for fix in fixes],
        )
        self._add_cves(advisory_key, new.advisory.cve_ids)

    def _add_cves(self, advisory_key: int, cve_ids: Iterable[str]) -> None:
        self._db.execute_many(
            "INSERT INTO advisory_cves (cve_id, advisory_key) VALUES (?, ?)",
            [(cve_id, advisory_key) for cve_id in {cve_id.upper() for cve_id in cve_ids}],
        )


def count_change(db: Database, product: str, operating_system: str) -> str:
    """Note that something else is known about a product than before; give its operating system.

    That stays known where `operating_system` is empty.
    """
    db.execute(
        "INSERT INTO catalog_products (product, operating_system, revision) VALUES (?, ?, 1)"
        " ON CONFLICT (product) DO UPDATE SET revision = catalog_products.revision + 1,"
        " operating_system = CASE excluded.operating_system WHEN '' THEN"
        " catalog_products.operating_system ELSE excluded.operating_system END",
        (product, operating_system),
    )
    row = db.one("SELECT operating_system FROM catalog_products WHERE product = ?", (product,))
    assert row is not None
    return str(row[0])


def revision(db: Database, products: Sequence[str]) -> int:
    """Give a number that grows when something else is known about `products`; 0 if nothing is."""
    rows = db.all_in("SELECT revision FROM catalog_products WHERE product IN (:values)", products)
    return sum(row[0] for row in rows)


def revision_of_system(db: Database, operating_system: str) -> int:
    """Give a number that grows when something else is known about any product of a system."""
    row = db.one(
        "SELECT coalesce(sum(revision), 0) FROM catalog_products WHERE operating_system = ?",
        (operating_system,),
    )
    assert row is not None
    return int(row[0])


def fixes_for(db: Database, product: str, names: Sequence[str]) -> list[StoredFix]:
    """Give what fixes packages of these names in one product, binary or source."""
    rows = db.all_in(
        "SELECT name, version, architecture, is_source, module, advisory_key FROM advisory_fixes"
        " WHERE product = ? AND status = 'fixed' AND name IN (:values)",
        names,
        (product,),
    )
    return [StoredFix._make(row) for row in rows]


def of_product(db: Database, product: str) -> list[CatalogAdvisory]:
    """Give every advisory about a product, with its fixes for that product alone."""
    rows = db.all(
        f"SELECT f.advisory_key, a.content, {_FIX_COLUMNS} FROM advisory_fixes f"  # noqa: S608
        " JOIN advisories a ON a.advisory_key = f.advisory_key WHERE f.product = ?"
        " ORDER BY f.advisory_key",
        (product,),
    )
    by_key: dict[int, tuple[bytes, list[Fix]]] = {}
    for advisory_key, content, *fix in rows:
        by_key.setdefault(advisory_key, (content, []))[1].append(_fix(fix))
    return [
        replace(_decoder.decode(content), fixes=tuple(fixes)) for content, fixes in by_key.values()
    ]


def of_names(db: Database, product: str, names: Sequence[str]) -> list[CatalogAdvisory]:
    """Give the advisories that fix packages or updates of these names in one product."""
    rows = db.all_in(
        f"SELECT a.content, {_FIX_COLUMNS} FROM advisory_fixes f"  # noqa: S608
        " JOIN advisories a ON a.advisory_key = f.advisory_key"
        " WHERE product = ? AND name IN (:values)",
        names,
        (product,),
    )
    return [replace(_decoder.decode(content), fixes=(_fix(fix),)) for content, *fix in rows]


def contents(db: Database, advisory_keys: Sequence[int]) -> dict[int, Advisory]:
    """Give what the vendor says in these advisories."""
    rows = db.all_in(
        "SELECT advisory_key, content FROM advisories WHERE advisory_key IN (:values)",
        advisory_keys,
    )
    return {key: _decoder.decode(content).advisory for key, content in rows}


def named(db: Database, name: str) -> list[CatalogAdvisory]:
    """Give the advisories with this id, and those about the CVE of this id, whatever its case."""
    rows = db.all(
        "SELECT advisory_key, content FROM advisories WHERE upper(advisory_id) = upper(?)"
        " OR advisory_key IN (SELECT advisory_key FROM advisory_cves WHERE cve_id = upper(?))"
        " ORDER BY source, advisory_id",
        (name, name),
    )
    return [
        replace(_decoder.decode(content), fixes=tuple(fixes_of(db, advisory_key)))
        for advisory_key, content in rows
    ]


def fixes_of(db: Database, advisory_key: int) -> list[Fix]:
    """Give the fixes of an advisory, by product and name."""
    return [_fix(row) for row in _fix_rows(db, advisory_key)]


def holdings(db: Database) -> list[ProductHolding]:
    """Give what the catalog has, by product."""
    rows = db.all(
        "SELECT f.product, p.operating_system, count(DISTINCT f.advisory_key), max(a.revised_at)"
        " FROM advisory_fixes f JOIN advisories a ON a.advisory_key = f.advisory_key"
        " LEFT JOIN catalog_products p ON p.product = f.product"
        " GROUP BY f.product, p.operating_system ORDER BY p.operating_system = '', f.product"
    )
    return [ProductHolding(row[0], row[1] or "", row[2], row[3]) for row in rows]


def _encoded(advisory: CatalogAdvisory) -> bytes:
    return _encoder.encode(replace(advisory, fixes=()))


def _fix_rows(db: Database, advisory_key: int) -> list[Row]:
    return db.all(
        f"SELECT {_FIX_COLUMNS} FROM advisory_fixes WHERE advisory_key = ?"  # noqa: S608
        " ORDER BY product, name, is_source, architecture, module",
        (advisory_key,),
    )


def _row_of(fix: Fix) -> Row:
    return (*fix.key, fix.version, fix.status)


def _fix(row: Sequence[object]) -> Fix:
    product, name, is_source, architecture, module, version, status = row
    return msgspec.convert(
        {
            "product": product,
            "name": name,
            "is_source": bool(is_source),
            "architecture": architecture,
            "module": module,
            "version": version,
            "status": status,
        },
        Fix,
    )
