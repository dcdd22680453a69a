"""The JSON of patches, ready to be joined: made once per record and state, then only copied."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.states import STATES_WITH_CVES, PatchState, service_spelling
from patchwarden.store import records
from patchwarden.store.database import Database
from patchwarden.store.packed_rows import record_id_of, state_of

_MAX_KNOWN = 200_000


class Fragment(NamedTuple):
    """One patch in one state, without the part that is a node's own."""

    record: PatchRecord
    head: bytes
    """From `{"Title":` up to and including `"InstalledTime":`."""
    tail: bytes
    """What follows the time: CVE ids, if the state shows them, and `},`."""


class PatchFragments:
    """Finds fragments by record and state. Remembers what it has made."""

    def __init__(self, state_spelling: Literal["published", "service"]) -> None:
        """Spell states as the published API, or as the live service."""
        self._spell = service_spelling if state_spelling == "service" else str
        self._known: dict[int, Fragment] = {}

    def find(self, db: Database, codes: Sequence[int]) -> list[Fragment]:
        """Give the fragment of the record and the state that each code stands for."""
        try:
            return list(map(self._known.__getitem__, codes))
        except KeyError:
            return self._make(db, codes)

    def _make(self, db: Database, codes: Sequence[int]) -> list[Fragment]:
        known = self._known
        unknown = {code for code in codes if code not in known}
        found = records.fetch(db, sorted({record_id_of(code) for code in unknown}))
        made = {code: self._fragment(found[record_id_of(code)], state_of(code)) for code in unknown}
        if db.in_transaction and not db.read_only:
            # If it is undone, its record ids will come to mean other records.
            db.after_commit(lambda: self._remember(made))
        else:
            self._remember(made)
        return [made.get(code) or known[code] for code in codes]

    def _remember(self, made: Mapping[int, Fragment]) -> None:
        # Another thread may be reading what is known: nothing is ever taken out of it.
        if len(self._known) > _MAX_KNOWN:
            self._known = dict(made)
        else:
            self._known.update(made)

    def _fragment(self, record: PatchRecord, state: PatchState) -> Fragment:
        shown = {
            "Title": record.title,
            "KBId": record.kb_id,
            "Classification": record.classification,
            "Severity": record.severity,
            "State": self._spell(state),
        }
        cve_ids = record.cve_ids if state in STATES_WITH_CVES else ""
        tail = b',"CVEIds":' + msgspec.json.encode(cve_ids) + b"}," if cve_ids else b"},"
        return Fragment(record, msgspec.json.encode(shown)[:-1] + b',"InstalledTime":', tail)


@lru_cache(maxsize=65_536)
def time_json(seconds: int) -> bytes:
    """Give the JSON of an instant in whole seconds, as the service writes it: `1546992000.0`."""
    return b"%d.0" % seconds
