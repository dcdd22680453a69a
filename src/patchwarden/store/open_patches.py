"""Which nodes have a patch in a state that needs something done: the index of fleet questions.

It is kept in the transaction that puts an evaluation in force, by what differs from the one before
(design, decision 4).
"""

from patchwarden.domain.states import NON_COMPLIANT_STATES, PatchState
from patchwarden.store.database import Database
from patchwarden.store.packed_rows import PackedRows, record_id_of, state_code_of

OPEN_STATES = NON_COMPLIANT_STATES | {PatchState.AVAILABLE_SECURITY_UPDATE}


def replace(db: Database, node_key: int, before: PackedRows, after: PackedRows) -> None:
    """Have the rows of one evaluation of a node take the place of those of another."""
    old, new = _open_codes(before), _open_codes(after)
    db.execute_many(
        "DELETE FROM open_patches WHERE record_id = ? AND state = ? AND node_key = ?",
        [(record_id_of(code), state_code_of(code), node_key) for code in old - new],
    )
    db.execute_many(
        "INSERT INTO open_patches (record_id, state, node_key) VALUES (?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(record_id_of(code), state_code_of(code), node_key) for code in new - old],
    )


def _open_codes(rows: PackedRows) -> set[int]:
    return set(rows.pick_codes(list(rows.positions_in(OPEN_STATES, 0))))
