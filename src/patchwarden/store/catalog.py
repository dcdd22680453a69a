"""The catalog of patches: filled by imports, one for all accounts."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Literal, NamedTuple

import msgspec

from patchwarden.domain.catalog_patch import PATCH_ID, CatalogPatch, references, terms
from patchwarden.domain.selection import Field
from patchwarden.store.database import Database, Row

_UNKNOWN_RELEASE = 0.0
_IMPORT = (
    "imported_at, format, file_name, patches_count, advisories_count, cves_count, added_count,"
    " changed_count, finished"
)
_UNKNOWN = ("", None, ())
_MEMBERS = tuple(field.name for field in fields(CatalogPatch))
_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(CatalogPatch)
_fields_decoder = msgspec.json.Decoder(frozenset[Field])

Outcome = Literal["added", "changed", "unchanged"]


class Terms(NamedTuple):
    """What patches of one operating system share."""

    terms_id: int
    operating_system: str
    fields: frozenset[Field]


class ImportCounts(NamedTuple):
    """What one file told, and what of it was news."""

    patches_count: int
    advisories_count: int
    cves_count: int
    """Notes on CVEs: that they are exploited, or how likely that is."""
    added_count: int
    changed_count: int


class Import(NamedTuple):
    """One file that was taken in."""

    imported_at: float
    format: str
    file_name: str
    counts: ImportCounts
    is_finished: bool
    """False if it is under way or was cut off: import the file again."""


class Holding(NamedTuple):
    """What the catalog has for one operating system."""

    operating_system: str
    patches_count: int
    newest_release_at: float
    """0.0 if no release date is known."""


class CatalogWriter:
    """Puts patches into the catalog, within one transaction."""

    def __init__(self, db: Database) -> None:
        """Begin; a transaction must have begun."""
        assert db.in_transaction
        self._db = db
        self._terms_ids: dict[tuple[str, frozenset[Field]], int] = {}
        self.changed_products: dict[str, str] = {}
        """Of which other patches are known than before, each with its operating system."""

    def put(self, patch: CatalogPatch) -> Outcome:
        """Store a patch, unless the one with its identity has a newer release date.

        Where a feed without ids and one with Microsoft's own tell of the same update, the latter's
        patch is the one that is kept.
        """
        if patch.kb_number and self._gives_way(patch):
            return "unchanged"
        identity, content = _digest(patch), _encoded(patch)
        row = self._db.one(
            "SELECT p.patch_key, p.released_at, c.content FROM catalog_patches p"
            " JOIN catalog_contents c ON c.patch_key = p.patch_key WHERE p.identity = ?",
            (identity,),
        )
        if row is None:
            self._add(identity, content, patch)
            self.changed_products[patch.product] = patch.operating_system
            return "added"
        patch_key, released_at, known = row
        if known == content or (patch.released_at or _UNKNOWN_RELEASE) < released_at:
            return "unchanged"
        self._replace(patch_key, decoded(known), content, patch)
        self.changed_products[patch.product] = patch.operating_system
        return "changed"

    def _gives_way(self, patch: CatalogPatch) -> bool:
        """Drop what `patch` takes the place of; say whether it is itself the one to be dropped."""
        rows = self._db.all(
            "SELECT c.patch_key, c.content FROM catalog_references r"
            " JOIN catalog_contents c ON c.patch_key = r.patch_key"
            " WHERE r.kind = ? AND r.value = ?",
            (PATCH_ID, patch.kb_number.lower()),
        )
        same = [(patch_key, decoded(content)) for patch_key, content in rows]
        same = [(key, known) for key, known in same if known.product == patch.product]
        if patch.has_made_up_id:
            return any(not known.has_made_up_id for _, known in same)
        for patch_key, known in same:
            if known.has_made_up_id:
                self._drop(patch_key, known)
        return False

    def _drop(self, patch_key: int, known: CatalogPatch) -> None:
        self._unrefer(patch_key, references(known))
        for table in ("catalog_contents", "catalog_patches"):
            self._db.execute(f"DELETE FROM {table} WHERE patch_key = ?", (patch_key,))  # noqa: S608

    def _add(self, identity: bytes, content: bytes, patch: CatalogPatch) -> None:
        patch_key = self._db.insert(
            "INSERT INTO catalog_patches (identity, operating_system, released_at, terms_id,"
            " epoch, version, release, arch, repository) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " RETURNING patch_key",
            (
                identity,
                patch.operating_system,
                patch.released_at or _UNKNOWN_RELEASE,
                self._terms_id(patch),
                *_details(patch),
            ),
        )
        self._db.execute(
            "INSERT INTO catalog_contents (patch_key, content) VALUES (?, ?)", (patch_key, content)
        )
        self._refer(patch_key, references(patch))

    def _replace(
        self, patch_key: int, known: CatalogPatch, content: bytes, patch: CatalogPatch
    ) -> None:
        # What tells patches apart is the same, and so are the details.
        self._db.execute(
            "UPDATE catalog_patches SET released_at = ?, terms_id = ? WHERE patch_key = ?",
            (patch.released_at or _UNKNOWN_RELEASE, self._terms_id(patch), patch_key),
        )
        self._db.execute(
            "UPDATE catalog_contents SET content = ? WHERE patch_key = ?", (content, patch_key)
        )
        before, after = references(known), references(patch)
        self._unrefer(patch_key, before - after)
        self._refer(patch_key, after - before)

    def _unrefer(self, patch_key: int, old: Iterable[Field]) -> None:
        for kind, value in old:
            self._db.execute(
                "DELETE FROM catalog_references WHERE kind = ? AND value = ? AND patch_key = ?",
                (kind, value, patch_key),
            )

    def _refer(self, patch_key: int, new: Iterable[Field]) -> None:
        for kind, value in new:
            self._db.execute(
                "INSERT INTO catalog_references (kind, value, patch_key) VALUES (?, ?, ?)",
                (kind, value, patch_key),
            )

    def _terms_id(self, patch: CatalogPatch) -> int:
        key = (patch.operating_system, terms(patch))
        known = self._terms_ids.get(key)
        if known is None:
            known = self._terms_ids[key] = _intern_terms(self._db, *key)
        return known


def begin_import(db: Database, *, imported_at: float, format_name: str, file_name: str) -> int:
    """Note that a file is being taken in; give the id of the import."""
    return db.insert(
        "INSERT INTO catalog_imports (imported_at, format, file_name, patches_count, added_count,"
        " changed_count, finished) VALUES (?, ?, ?, 0, 0, 0, 0) RETURNING import_id",
        (imported_at, format_name, file_name),
    )


def finish_import(db: Database, import_id: int, counts: ImportCounts) -> None:
    """Note that all of a file is taken in."""
    db.execute(
        "UPDATE catalog_imports SET patches_count = ?, advisories_count = ?, cves_count = ?,"
        " added_count = ?, changed_count = ?, finished = 1 WHERE import_id = ?",
        (*counts, import_id),
    )


def last_import_id(db: Database) -> int:
    """Give a number that grows with each import that is done; 0 before the first."""
    row = db.one("SELECT coalesce(max(import_id), 0) FROM catalog_imports WHERE finished = 1")
    assert row is not None
    return int(row[0])


def find_import(db: Database, import_id: int) -> Import:
    """Give an import; it must exist."""
    row = db.one(f"SELECT {_IMPORT} FROM catalog_imports WHERE import_id = ?", (import_id,))  # noqa: S608
    assert row is not None
    return _import(row)


def imports(db: Database, limit: int) -> list[Import]:
    """Give the last imports, the newest first."""
    rows = db.all(
        f"SELECT {_IMPORT} FROM catalog_imports ORDER BY import_id DESC LIMIT ?",  # noqa: S608
        (limit,),
    )
    return [_import(row) for row in rows]


def holdings(db: Database) -> list[Holding]:
    """Give what the catalog has, by operating system."""
    rows = db.all(
        "SELECT operating_system, count(*), max(released_at) FROM catalog_patches"
        " GROUP BY operating_system ORDER BY operating_system"
    )
    return [Holding._make(row) for row in rows]


def every_terms(db: Database) -> list[Terms]:
    """Give all that patches share; it is some hundred times less than there are patches."""
    rows = db.all("SELECT terms_id, operating_system, fields FROM catalog_terms")
    return [
        Terms(terms_id, operating_system, _fields_decoder.decode(encoded))
        for terms_id, operating_system, encoded in rows
    ]


def of_products(
    db: Database, operating_system: str, products: Iterable[str]
) -> Iterator[CatalogPatch]:
    """Give every patch of these products of one operating system, by release date."""
    wanted = {("PRODUCT", product.lower()) for product in products}
    terms_ids = [
        each.terms_id
        for each in every_terms(db)
        if each.operating_system == operating_system and not wanted.isdisjoint(each.fields)
    ]
    rows = db.all_in(
        "SELECT c.content FROM catalog_patches p"
        " JOIN catalog_contents c ON c.patch_key = p.patch_key"
        " WHERE p.terms_id IN (:values) ORDER BY p.released_at, p.patch_key",
        terms_ids,
    )
    for (content,) in rows:
        yield decoded(content)


def named(db: Database, operating_system: str, names: Sequence[str]) -> list[CatalogPatch]:
    """Give the patches with these KB numbers or patch ids, in lower case, of whatever product."""
    rows = db.all_in(
        "SELECT DISTINCT c.patch_key, c.content FROM catalog_references r"
        " JOIN catalog_contents c ON c.patch_key = r.patch_key"
        " WHERE r.kind = ? AND r.value IN (:values) ORDER BY c.patch_key",
        names,
        (PATCH_ID,),
    )
    patches = (decoded(content) for _, content in rows)
    return [patch for patch in patches if patch.operating_system == operating_system]


def decoded(content: bytes) -> CatalogPatch:
    """Read a patch as the catalog has it."""
    return _decoder.decode(content)


def _import(row: Row) -> Import:
    imported_at, format_name, file_name, *counts, finished = row
    return Import(imported_at, format_name, file_name, ImportCounts._make(counts), bool(finished))


def _intern_terms(db: Database, operating_system: str, fields_: frozenset[Field]) -> int:
    key = (operating_system, _encoder.encode(sorted(fields_)).decode())
    row = db.one(
        "SELECT terms_id FROM catalog_terms WHERE operating_system = ? AND fields = ?", key
    )
    if row is not None:
        return int(row[0])
    return db.insert(
        "INSERT INTO catalog_terms (operating_system, fields) VALUES (?, ?) RETURNING terms_id", key
    )


def _details(patch: CatalogPatch) -> tuple[str, ...]:
    epoch = str(patch.epoch) if patch.name else ""
    texts = (epoch, patch.version, patch.release, patch.arch, patch.repository)
    return tuple(text.lower() for text in texts)


def _digest(patch: CatalogPatch) -> bytes:
    return hashlib.blake2b(_encoder.encode(patch.identity), digest_size=16).digest()


def _encoded(patch: CatalogPatch) -> bytes:
    """Give a patch without the members that are not known, which are most."""
    members = ((name, getattr(patch, name)) for name in _MEMBERS)
    return _encoder.encode({name: value for name, value in members if value not in _UNKNOWN})
