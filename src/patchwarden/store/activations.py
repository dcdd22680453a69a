"""Activations: what lets new nodes register (contract 6.1)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from patchwarden.store.database import Database, Row, Scope

_COLUMNS = (
    "account_id, region, activation_id, code_digest, iam_role, description, default_instance_name,"
    " registration_limit, registrations_count, created_at, expires_at, tags"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One activation; its code is known only to whom it was given."""

    scope: Scope
    activation_id: str
    code_digest: bytes
    """SHA-256 of the activation code."""
    iam_role: str
    description: str | None
    default_instance_name: str | None
    registration_limit: int
    registrations_count: int
    created_at: float
    expires_at: float
    tags: Mapping[str, str]
    """Copied to the nodes that register with it."""

    def is_expired(self, now: float) -> bool:
        """Say whether it is too late to register."""
        return now >= self.expires_at

    @property
    def is_used_up(self) -> bool:
        """Whether as many nodes have registered as may."""
        return self.registrations_count >= self.registration_limit


def add(db: Database, activation: Activation) -> None:
    """Store a new activation."""
    db.execute(
        f"INSERT INTO activations ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            *activation.scope,
            activation.activation_id,
            activation.code_digest,
            activation.iam_role,
            activation.description,
            activation.default_instance_name,
            activation.registration_limit,
            activation.registrations_count,
            activation.created_at,
            activation.expires_at,
            msgspec.json.encode(activation.tags).decode(),
        ),
    )


def find(db: Database, activation_id: str) -> Activation | None:
    """Give an activation of any account: a node that registers has no account yet."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM activations WHERE activation_id = ?",  # noqa: S608
        (activation_id,),
    )
    return None if row is None else _activation(row)


def in_scope(db: Database, scope: Scope) -> list[Activation]:
    """Give the activations of `scope`, newest first."""
    rows = db.all(
        f"SELECT {_COLUMNS} FROM activations WHERE account_id = ? AND region = ?"  # noqa: S608
        " ORDER BY created_at DESC, activation_id",
        scope,
    )
    return [_activation(row) for row in rows]


def count_registration(db: Database, activation_id: str) -> None:
    """Note that one more node has registered with it."""
    db.execute(
        "UPDATE activations SET registrations_count = registrations_count + 1"
        " WHERE activation_id = ?",
        (activation_id,),
    )


def delete(db: Database, scope: Scope, activation_id: str) -> bool:
    """Remove an activation; False if there is none."""
    sql = "DELETE FROM activations WHERE account_id = ? AND region = ? AND activation_id = ?"
    return db.execute(sql, (*scope, activation_id)) == 1


def _activation(row: Row) -> Activation:
    return Activation(
        scope=Scope(row[0], row[1]),
        activation_id=row[2],
        code_digest=row[3],
        iam_role=row[4],
        description=row[5],
        default_instance_name=row[6],
        registration_limit=row[7],
        registrations_count=row[8],
        created_at=row[9],
        expires_at=row[10],
        tags=msgspec.json.decode(row[11], type=dict[str, str]),
    )
