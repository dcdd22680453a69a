"""The JSON of patches, ready to be joined: made once per record and state, then only copied."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.states import STATES_WITH_CVES, service_spelling
from patchwarden.store import records
from patchwarden.store.database import Database
from patchwarden.store.packed_rows import STATE_BITS, unpack_state

_MAX_KNOWN = 200_000
_STATE_MASK = (1 << STATE_BITS) - 1


class Fragment(NamedTuple):
    """One patch in one state, without the part that is a node's own."""

    record: PatchRecord
    head: bytes
    """From `{"Title":` up to and including `"InstalledTime":`."""
    tail: bytes
    """What follows the time: CVE ids, if the state shows them, and `}`."""


class PatchFragments:
    """Finds fragments by record and state. Remembers what it has made."""

    def __init__(self, state_spelling: Literal["published", "service"]) -> None:
        """Spell states as the published API, or as the live service."""
        self._spell = service_spelling if state_spelling == "service" else str
        self._known: dict[int, Fragment] = {}

    def find(
        self, db: Database, record_ids: Sequence[int], states: Sequence[int]
    ) -> list[Fragment]:
        """Give the fragment of each record in the state (a packed code) at the same position."""
        keys = [
            record_id << STATE_BITS | state & _STATE_MASK
            for record_id, state in zip(record_ids, states, strict=True)
        ]
        try:
            return list(map(self._known.__getitem__, keys))
        except KeyError:
            return self._make(db, keys)

    def _make(self, db: Database, keys: Sequence[int]) -> list[Fragment]:
        known = self._known
        unknown = {key for key in keys if key not in known}
        records_by_id = records.fetch(db, sorted({key >> STATE_BITS for key in unknown}))
        made = {key: self._fragment(records_by_id[key >> STATE_BITS], key) for key in unknown}
        if db.in_transaction:
            # If it is undone, its record ids will come to mean other records.
            db.after_commit(lambda: self._remember(made))
        else:
            self._remember(made)
        return [made.get(key) or known[key] for key in keys]

    def _remember(self, made: Mapping[int, Fragment]) -> None:
        # Another thread may be reading what is known: nothing is ever taken out of it.
        if len(self._known) > _MAX_KNOWN:
            self._known = dict(made)
        else:
            self._known.update(made)

    def _fragment(self, record: PatchRecord, key: int) -> Fragment:
        state = unpack_state(key)
        shown = {
            "Title": record.title,
            "KBId": record.kb_id,
            "Classification": record.classification,
            "Severity": record.severity,
            "State": self._spell(state),
        }
        cve_ids = record.cve_ids if state in STATES_WITH_CVES else ""
        tail = b',"CVEIds":' + msgspec.json.encode(cve_ids) + b"}" if cve_ids else b"}"
        return Fragment(record, msgspec.json.encode(shown)[:-1] + b',"InstalledTime":', tail)


@lru_cache(maxsize=65_536)
def time_json(seconds: int) -> bytes:
    """Give the JSON of an instant in whole seconds, as the service writes it: `1546992000.0`."""
    return b"%d.0" % seconds
