"""The JSON of patches, ready to be joined: made once per record and state, then only copied.

A patch is two pieces: what nodes share, by the code of its record and state, and how it ends, by
its install time.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Literal, NamedTuple, TypeVar

import msgspec

from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.states import (
    STATES_WITH_CVES,
    STATES_WITHOUT_INSTALL,
    PatchState,
    service_spelling,
)
from patchwarden.store import records
from patchwarden.store.database import Database
from patchwarden.store.packed_rows import NOT_INSTALLED, record_id_of, state_of

_MAX_KNOWN = 200_000
_Value = TypeVar("_Value")


class Fragment(NamedTuple):
    """What nodes share of one patch in one state."""

    record: PatchRecord
    head: bytes
    """From `{"Title":` up to and including `"InstalledTime":`; if there is no install, also the
    time and what follows it, but for the brace."""


class PatchFragments:
    """Finds fragments by the codes of packed rows. Remembers what it has made."""

    def __init__(self, state_spelling: Literal["published", "service"]) -> None:
        """Spell states as the published API, or as the live service."""
        self._spell = service_spelling if state_spelling == "service" else str
        self._records: dict[int, PatchRecord] = {}
        self._heads: dict[int, bytes] = {}

    def heads(self, db: Database, codes: Sequence[int]) -> Sequence[bytes]:
        """Give the head of the fragment of each code."""
        try:
            return pick(self._heads, codes)
        except KeyError:
            return [fragment.head for fragment in self._find(db, codes)]

    def records(self, db: Database, codes: Sequence[int]) -> Sequence[PatchRecord]:
        """Give the record of the fragment of each code."""
        try:
            return pick(self._records, codes)
        except KeyError:
            return [fragment.record for fragment in self._find(db, codes)]

    def _find(self, db: Database, codes: Sequence[int]) -> list[Fragment]:
        wanted = set(codes)
        found = records.fetch(db, sorted({record_id_of(code) for code in wanted}))
        made = {code: self._fragment(found[record_id_of(code)], state_of(code)) for code in wanted}
        if db.in_transaction and not db.read_only:
            # If it is undone, its record ids will come to mean other records.
            db.after_commit(lambda: self._remember(made))
        else:
            self._remember(made)
        return [made[code] for code in codes]

    def _remember(self, made: Mapping[int, Fragment]) -> None:
        # Another thread may be reading what is known: nothing is ever taken out of it.
        if len(self._heads) > _MAX_KNOWN:
            self._records, self._heads = {}, {}
        self._records.update((code, fragment.record) for code, fragment in made.items())
        self._heads.update((code, fragment.head) for code, fragment in made.items())

    def _fragment(self, record: PatchRecord, state: PatchState) -> Fragment:
        shown = {
            "Title": record.title,
            "KBId": record.kb_id,
            "Classification": record.classification,
            "Severity": record.severity,
            "State": self._spell(state),
        }
        head = msgspec.json.encode(shown)[:-1] + b',"InstalledTime":'
        if state in STATES_WITHOUT_INSTALL:
            head += b"0.0"
        if state in STATES_WITH_CVES and record.cve_ids:
            head += b',"CVEIds":' + msgspec.json.encode(record.cve_ids)
        return Fragment(record, head)


def pick(values: Mapping[int, _Value], keys: Sequence[int]) -> Sequence[_Value]:
    """Give the value of each key. Raises KeyError."""
    # A getter of many keys takes two thirds of the time; that of one key gives no sequence.
    if len(keys) > 1:
        found: tuple[_Value, ...] = itemgetter(*keys)(values)
        return found
    return [values[key] for key in keys]


class TimeEndings(dict[int, bytes]):
    """Install time of a packed row → how the JSON of the patch ends: `1546992000.0},`.

    The time is whole seconds, as the service writes them. Remembers what it has made.
    """

    def __missing__(self, seconds: int) -> bytes:
        """Make an ending."""
        ending = b"}," if seconds == NOT_INSTALLED else b"%d.0}," % seconds
        if len(self) < _MAX_KNOWN:
            self[seconds] = ending
        return ending
