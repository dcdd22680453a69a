"""Spreads a store in PostgreSQL over several machines, by the extension Citus.

Everything about a node is where its node_key is, so that a request about one node asks one
machine; small tables are whole on each. Questions about a fleet ask all machines at once.
"""

from patchwarden.errors import InstallationError
from patchwarden.store.database import Database
from patchwarden.store.tables import NODE_KEY, Table, tables_of

_FIRST = "nodes"
"""The table that the others about nodes are placed beside."""
_IS_THERE = "SELECT to_regproc('create_distributed_table')::text"
_CATALOG = "SELECT to_regclass('pg_dist_partition')::text"
_DONE = "SELECT logicalrelid::regclass::text FROM pg_dist_partition"
_BESIDE = "SELECT create_distributed_table(?, ?, colocate_with => ?)"
_WHOLE = "SELECT create_reference_table(?)"


def distribute(db: Database) -> list[str]:
    """Distribute each table that is not yet; give the names of those in the order it was done.

    Raises InstallationError if the database has no Citus.
    """
    if db.one(_IS_THERE) == (None,):
        raise InstallationError(
            f"The database {db.name} has no Citus; run in it: CREATE EXTENSION citus, "
            "after adding its workers (docs/operations/scaling.md)."
        )
    has_catalog = db.one(_CATALOG) != (None,)
    done = {row[0] for row in db.all(_DONE)} if has_catalog else set()
    tables = sorted(tables_of(db), key=_order)
    due = [table for table in tables if table.name not in done]
    for table in due:
        _distribute(db, table)
    return [table.name for table in due]


def _order(table: Table) -> tuple[bool, bool, str]:
    return (not table.is_about_nodes, table.name != _FIRST, table.name)


def _distribute(db: Database, table: Table) -> None:
    if not table.is_about_nodes:
        db.one(_WHOLE, (table.name,))
        return
    beside = "default" if table.name == _FIRST else _FIRST
    db.one(_BESIDE, (table.name, NODE_KEY, beside))
