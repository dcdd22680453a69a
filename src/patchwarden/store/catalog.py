"""The catalog of patches: filled by imports, one for all accounts."""

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from typing import Literal, NamedTuple

import msgspec

from patchwarden.domain.catalog_patch import CatalogPatch, references, terms
from patchwarden.domain.selection import Field
from patchwarden.store.database import Database

_UNKNOWN_RELEASE = 0.0
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


class Import(NamedTuple):
    """One file that was taken in."""

    imported_at: float
    format: str
    file_name: str
    patches_count: int
    added_count: int
    changed_count: int


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

    def put(self, patch: CatalogPatch) -> Outcome:
        """Store a patch, unless the one with its identity has a newer release date."""
        identity, content = _digest(patch), _encoded(patch)
        row = self._db.one(
            "SELECT p.patch_key, p.released_at, c.content FROM catalog_patches p"
            " JOIN catalog_contents c ON c.patch_key = p.patch_key WHERE p.identity = ?",
            (identity,),
        )
        if row is None:
            self._add(identity, content, patch)
            return "added"
        patch_key, released_at, known = row
        if known == content or (patch.released_at or _UNKNOWN_RELEASE) < released_at:
            return "unchanged"
        self._replace(patch_key, decoded(known), content, patch)
        return "changed"

    def _add(self, identity: bytes, content: bytes, patch: CatalogPatch) -> None:
        patch_key = self._db.insert(
            "INSERT INTO catalog_patches (identity, operating_system, released_at, terms_id,"
            " epoch, version, release, arch, repository) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        for kind, value in before - after:
            self._db.execute(
                "DELETE FROM catalog_references WHERE kind = ? AND value = ? AND patch_key = ?",
                (kind, value, patch_key),
            )
        self._refer(patch_key, after - before)

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


def keep_import(db: Database, made: Import) -> None:
    """Note that a file was taken in."""
    db.execute(
        "INSERT INTO catalog_imports (imported_at, format, file_name, patches_count, added_count,"
        " changed_count) VALUES (?, ?, ?, ?, ?, ?)",
        made,
    )


def last_import_id(db: Database) -> int:
    """Give a number that grows with each import; 0 before the first."""
    row = db.one("SELECT coalesce(max(import_id), 0) FROM catalog_imports")
    assert row is not None
    return int(row[0])


def imports(db: Database, limit: int) -> list[Import]:
    """Give the last imports, the newest first."""
    rows = db.all(
        "SELECT imported_at, format, file_name, patches_count, added_count, changed_count"
        " FROM catalog_imports ORDER BY import_id DESC LIMIT ?",
        (limit,),
    )
    return [Import._make(row) for row in rows]


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


def decoded(content: bytes) -> CatalogPatch:
    """Read a patch as the catalog has it."""
    return _decoder.decode(content)


def _intern_terms(db: Database, operating_system: str, fields_: frozenset[Field]) -> int:
    key = (operating_system, _encoder.encode(sorted(fields_)).decode())
    row = db.one(
        "SELECT terms_id FROM catalog_terms WHERE operating_system = ? AND fields = ?", key
    )
    if row is not None:
        return int(row[0])
    return db.insert("INSERT INTO catalog_terms (operating_system, fields) VALUES (?, ?)", key)


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
