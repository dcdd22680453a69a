"""Accounts and regions by number: what leads an index over all of them takes little room."""

from patchwarden.store.database import Database, Scope


def add(db: Database, scope: Scope) -> None:
    """Have a number for `scope`, if it has none yet; must run inside a transaction."""
    if find(db, scope) is None:
        db.execute(
            "INSERT INTO scopes (account_id, region) VALUES (?, ?) ON CONFLICT DO NOTHING", scope
        )


def find(db: Database, scope: Scope) -> int | None:
    """Give the number of `scope`; None if it never had a node."""
    row = db.one("SELECT scope_id FROM scopes WHERE account_id = ? AND region = ?", scope)
    return None if row is None else int(row[0])


def everything(db: Database) -> list[Scope]:
    """Give every scope that has had a node."""
    return [
        Scope(*row) for row in db.all("SELECT account_id, region FROM scopes ORDER BY scope_id")
    ]


def of_node(db: Database, node_key: int) -> int:
    """Give the number of the scope that a node is in; the node must exist."""
    row = db.one(
        "SELECT s.scope_id FROM nodes n"
        " JOIN scopes s ON s.account_id = n.account_id AND s.region = n.region"
        " WHERE n.node_key = ?",
        (node_key,),
    )
    assert row is not None
    return int(row[0])
