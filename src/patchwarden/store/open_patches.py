"""Which nodes have a patch in a state that needs something done: the index of fleet questions.

It is kept in the transaction that puts an evaluation in force, by what differs from the one before
(design, decision 4). The nodes of a record in a state stand together, in the order of their keys.
"""

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

from patchwarden.domain.states import NON_COMPLIANT_STATES, PatchState
from patchwarden.store.database import Database, Row, Value
from patchwarden.store.packed_rows import (
    PackedRows,
    code_of,
    record_id_of,
    state_code_of,
    state_of,
)

OPEN_STATES = NON_COMPLIANT_STATES | {PatchState.AVAILABLE_SECURITY_UPDATE}
_PATCHES_AT_ONCE = 80
"""Terms of one statement; SQLite takes 500 at most."""
_NODES_OF_PATCH = (
    "SELECT * FROM (SELECT node_key, record_id, state FROM open_patches WHERE scope_id = ?"
    " AND record_id = ? AND state = ? AND node_key > ? ORDER BY node_key LIMIT ?) AS patch"
)


class OpenPatch(NamedTuple):
    """A patch in a state, as nodes have it."""

    record_id: int
    state: PatchState


class NodeWithPatches(NamedTuple):
    """A node, and those of its patches that were asked for."""

    node_key: int
    patches: Sequence[OpenPatch]
    """In the order in which they were asked for."""


class StateCount(NamedTuple):
    """How many nodes have a patch in a state."""

    state: PatchState
    nodes: int


class PatchCounts(NamedTuple):
    """How many nodes have any of some patches."""

    nodes: int
    by_state: Sequence[StateCount]
    """In the order of `PatchState`; a node may count in several. Without states that none has."""


def replace(
    db: Database, scope_id: int, node_key: int, before: PackedRows, after: PackedRows
) -> None:
    """Have the rows of one evaluation of a node take the place of those of another."""
    old, new = _open_codes(before), _open_codes(after)
    db.execute_many(
        "DELETE FROM open_patches"
        " WHERE scope_id = ? AND record_id = ? AND state = ? AND node_key = ?",
        _index_rows(scope_id, node_key, old - new),
    )
    db.execute_many(
        "INSERT INTO open_patches (scope_id, record_id, state, node_key) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        _index_rows(scope_id, node_key, new - old),
    )


def existing(
    db: Database, scope_id: int, record_ids: Sequence[int], states: Collection[PatchState]
) -> list[OpenPatch]:
    """Give those of the records, in those of the states, that any node of the scope has."""
    marks = ", ".join(["(?)"] * len(states))
    rows = db.all_in(
        f"SELECT r.record_id, s.column1 FROM (VALUES {marks}) AS s CROSS JOIN patch_records r"  # noqa: S608
        " WHERE EXISTS (SELECT 1 FROM open_patches o WHERE o.scope_id = ?"
        " AND o.record_id = r.record_id AND o.state = s.column1)"
        " AND r.record_id IN (:values)",
        record_ids,
        (*sorted(map(_code_of_state, states)), scope_id),
    )
    return sorted(map(_open_patch, rows), key=lambda patch: code_of(*patch))


def nodes_after(
    db: Database, scope_id: int, patches: Sequence[OpenPatch], node_key: int, limit: int
) -> list[NodeWithPatches]:
    """Give up to `limit` nodes that have any of `patches`, by their keys, those behind `node_key`.

    It reads `limit` rows of each patch at most, however many nodes have it.
    """
    found: dict[int, list[OpenPatch]] = {}
    for start in range(0, len(patches), _PATCHES_AT_ONCE):
        some = patches[start : start + _PATCHES_AT_ONCE]
        values: list[Value] = []
        for record_id, state in some:
            values += (scope_id, record_id, _code_of_state(state), node_key, limit)
        for key, *patch in db.all(" UNION ALL ".join([_NODES_OF_PATCH] * len(some)), values):
            found.setdefault(key, []).append(_open_patch(patch))
    return [NodeWithPatches(key, found[key]) for key in sorted(found)[:limit]]


def count_nodes(
    db: Database,
    scope_id: int,
    patches: Sequence[OpenPatch],
    patch_groups: Collection[str] | None = None,
) -> PatchCounts:
    """Count the nodes that have any of `patches`, of `patch_groups` if they are named.

    Takes time for each of these nodes.
    """
    by_state: dict[PatchState, list[int]] = {}
    for record_id, state in patches:
        by_state.setdefault(state, []).append(record_id)
    counted = [
        StateCount(state, _count(db, scope_id, {state: by_state[state]}, patch_groups))
        for state in PatchState
        if state in by_state
    ]
    counts = [each for each in counted if each.nodes]
    if len(counts) > 1:
        return PatchCounts(_count(db, scope_id, by_state, patch_groups), counts)
    return PatchCounts(sum(each.nodes for each in counts), counts)


def _count(
    db: Database,
    scope_id: int,
    records: dict[PatchState, list[int]],
    patch_groups: Collection[str] | None,
) -> int:
    parts, values = [], list[Value]()
    for state, record_ids in records.items():
        parts.append(
            "SELECT node_key FROM open_patches WHERE scope_id = ? AND state = ?"  # noqa: S608
            f" AND {db.is_listed('record_id')}"
        )
        values += [scope_id, _code_of_state(state), json.dumps(record_ids)]
    sql = f"SELECT count(DISTINCT o.node_key) FROM ({' UNION ALL '.join(parts)}) AS o"  # noqa: S608
    if patch_groups is not None:
        sql += " JOIN nodes n ON n.node_key = o.node_key WHERE n.patch_group IN "
        sql += f"({', '.join('?' * len(patch_groups))})"
        values += sorted(patch_groups)
    row = db.one(sql, values)
    assert row is not None
    return int(row[0])


def _open_codes(rows: PackedRows) -> set[int]:
    return set(rows.pick_codes(list(rows.positions_in(OPEN_STATES, 0))))


def _index_rows(scope_id: int, node_key: int, codes: set[int]) -> list[tuple[int, ...]]:
    return [(scope_id, record_id_of(code), state_code_of(code), node_key) for code in codes]


def _code_of_state(state: PatchState) -> int:
    return state_code_of(code_of(0, state))


def _open_patch(row: Row | Sequence[int]) -> OpenPatch:
    record_id, state = row
    return OpenPatch(record_id, state_of(state))
