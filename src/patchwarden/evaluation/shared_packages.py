"""Packages as the texts that nodes share tell of them: read once, whichever nodes have them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import msgspec

from patchwarden.domain.facts import Package
from patchwarden.evaluation.kept_reports import PACKAGE_TYPE
from patchwarden.store.database import Database
from patchwarden.store.package_texts import PackageTexts
from patchwarden.store.packed_rows import time_of
from patchwarden.store.shared_texts import AT, BY, NO_TIME, PackedTexts, filled, marks_of

_MAX_KNOWN = 200_000
_package: msgspec.json.Decoder[Any] = msgspec.json.Decoder(PACKAGE_TYPE)
_instant = msgspec.json.Decoder(float | None)
_name = msgspec.json.Decoder(str | None)


class SharedPackage(NamedTuple):
    """A package without what is each node's own."""

    text_id: int
    package: Package
    """With neither time nor installer."""
    key: tuple[str, str]
    """Name and architecture."""


@dataclass(frozen=True, slots=True)
class OwnValues:
    """When and by whom each package of a node was installed."""

    packed: PackedTexts
    seconds: Sequence[int]
    """When, as the packed texts have it."""
    times: Sequence[int]
    """In whole seconds, as in packed rows."""
    installed_by: Sequence[str | None]
    """Empty if it is known of no package."""

    def of(self, package: SharedPackage, position: int) -> Package:
        """Give a package with when and by whom it was installed; it is the one at `position`."""
        unusual = self.packed.unusual_times.get(position)
        at: float | None = self.seconds[position]
        if at == NO_TIME:
            at = None if unusual is None else _instant.decode(unusual)
        return replace(
            package.package,
            installed_at=at,
            installed_by=self.installed_by[position] if self.installed_by else None,
        )


@dataclass(frozen=True, slots=True)
class SharedPackages:
    """Finds packages by the ids of their texts. Remembers what it has read.

    For one thread at a time.
    """

    texts: PackageTexts
    _known: dict[int, SharedPackage | None] = field(default_factory=dict)

    def find(self, db: Database, text_ids: Sequence[int]) -> list[SharedPackage] | None:
        """Give the packages of some texts; None if one of them is unusually written."""
        known = self._known
        if len(known) > _MAX_KNOWN:
            known.clear()
        new = [text_id for text_id in text_ids if text_id not in known]
        if new:
            known.update(zip(new, map(_read, new, self.texts.fetch(db, new)), strict=True))
            if db.in_transaction and not db.read_only:
                # If it is undone, its ids may come to mean other texts.
                db.if_undone(lambda: [known.pop(text_id, None) for text_id in new])
        packages = list(map(known.__getitem__, text_ids))
        return None if None in packages else packages  # type: ignore[return-value]


def own_values(packed: PackedTexts) -> OwnValues:
    """Give what is a node's own of its packages."""
    seconds = packed.installed_at
    times = [0 if at == NO_TIME else at for at in seconds] if NO_TIME in seconds else list(seconds)
    for position, value in packed.unusual_times.items():
        times[position] = time_of(_instant.decode(value) or 0.0)
    people = (None, *map(_name.decode, packed.people))
    return OwnValues(packed, seconds, times, list(map(people.__getitem__, packed.numbers)))


def _read(text_id: int, text: bytes) -> SharedPackage | None:
    """Read a text; None if what was left out of it does not stand where it usually does."""
    marks = marks_of(text)
    marked = _package.decode(filled(text, {AT: b"12345.0", BY: b'"x"'}))
    expected = (12345.0 if AT in marks else None, "x" if BY in marks else None)
    if (marked.installed_at, marked.installed_by) != expected:
        return None
    package = replace(marked, installed_at=None, installed_by=None)
    return SharedPackage(text_id, package, (package.name, package.architecture))
