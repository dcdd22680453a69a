"""Which request a client token stood for, so that a repeated one changes nothing."""

from patchwarden.store.database import Database, Scope


def find(db: Database, scope: Scope, operation: str, token: str) -> tuple[bytes, str] | None:
    """Give the digest of the request first made with `token`, and its result."""
    row = db.one(
        "SELECT request_digest, result FROM idempotency_tokens"
        " WHERE account_id = ? AND region = ? AND operation = ? AND token = ?",
        (*scope, operation, token),
    )
    return None if row is None else (row[0], row[1])


def keep(
    db: Database, scope: Scope, operation: str, token: str, outcome: tuple[bytes, str, float]
) -> None:
    """Remember (request digest, result, now) of a request made with `token`."""
    db.execute(
        "INSERT INTO idempotency_tokens (account_id, region, operation, token, request_digest,"
        " result, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*scope, operation, token, *outcome),
    )


def forget(db: Database, scope: Scope, operation: str, result: str) -> None:
    """Forget the tokens whose request had this result, which is gone."""
    db.execute(
        "DELETE FROM idempotency_tokens"
        " WHERE account_id = ? AND region = ? AND operation = ? AND result = ?",
        (*scope, operation, result),
    )
