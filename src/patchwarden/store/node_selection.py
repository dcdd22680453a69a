"""Which nodes a question is about."""

from collections.abc import Sequence
from typing import NamedTuple

from patchwarden.store.database import Scope

_NO_LIMIT = 2**63 - 1


class NodeSelection(NamedTuple):
    """Nodes of a scope in the order of their ids, those too that never reported."""

    scope: Scope
    patch_group: str | None = None
    """Only those of this group; None for those of any group and of none."""
    instance_ids: Sequence[str] | None = None
    """Only those with one of these ids, some hundreds at most; None for all."""
    after: str = ""
    """Only those behind this id."""
    limit: int = _NO_LIMIT
    """How many of them at most."""


def selected(selection: NodeSelection, columns: Sequence[str]) -> tuple[str, tuple[str | int, ...]]:
    """Give a table expression with `columns` of the nodes, and what its marks stand for."""
    conditions = ["account_id = ?", "region = ?"]
    parameters: list[str | int] = [*selection.scope]
    if selection.patch_group is not None:
        conditions.append("patch_group = ?")
        parameters.append(selection.patch_group)
    if selection.instance_ids is not None:
        marks = ", ".join("?" * len(selection.instance_ids)) or "NULL"
        conditions.append(f"instance_id IN ({marks})")
        parameters += selection.instance_ids
    if selection.after:
        # Beside ids it would have SQLite walk through the whole scope to find them.
        conditions.append("instance_id > ?")
        parameters.append(selection.after)
    sql = (
        f"(SELECT {', '.join(columns)} FROM nodes WHERE {' AND '.join(conditions)}"  # noqa: S608
        " ORDER BY instance_id LIMIT ?)"
    )
    return sql, (*parameters, selection.limit)
