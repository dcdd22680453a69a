"""Access keys. Their secrets are sealed with the installation's master key."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from patchwarden.store.database import Database, Row
from patchwarden.store.vault import Vault

Role = Literal["admin", "operator", "auditor", "node"]

_KEY_PREFIX = "PWAK"
"""Access keys look unlike AWS's own, so that scanners for leaked keys tell them apart."""
_COLUMNS = (
    "access_key_id, account_id, role, instance_id, description, sealed_secret, created_at,"
    " revoked_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who an access key speaks for."""

    account_id: str
    role: Role
    instance_id: str | None = None
    """For the role `node`: the only node it may speak for."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One access key."""

    access_key_id: str
    holder: Holder
    sealed_secret: bytes
    created_at: float
    revoked_at: float | None = None


class IssuedKey(NamedTuple):
    """A new access key. This is the only time that its secret is shown."""

    access_key_id: str
    secret_access_key: str

    def __repr__(self) -> str:
        return f"IssuedKey(access_key_id={self.access_key_id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Makes access keys."""

    vault: Vault
    random_bytes: Callable[[int], bytes]

    def issue(self, db: Database, holder: Holder, now: float) -> IssuedKey:
        """Make and store an access key for `holder`; must run inside a transaction."""
        access_key_id = _KEY_PREFIX + base64.b32encode(self.random_bytes(10)).decode()
        secret = base64.urlsafe_b64encode(self.random_bytes(30)).decode()
        sealed = self.vault.seal(secret, access_key_id, self.random_bytes(12))
        _add(
            db,
            Credential(
                access_key_id=access_key_id, holder=holder, sealed_secret=sealed, created_at=now
            ),
        )
        return IssuedKey(access_key_id, secret)


def _add(db: Database, credential: Credential) -> None:
    db.execute(
        f"INSERT INTO credentials ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            credential.access_key_id,
            credential.holder.account_id,
            credential.holder.role,
            credential.holder.instance_id,
            credential.holder.description,
            credential.sealed_secret,
            credential.created_at,
            credential.revoked_at,
        ),
    )


def find(db: Database, access_key_id: str) -> Credential | None:
    """Give an access key that has not been revoked."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM credentials WHERE access_key_id = ? AND revoked_at IS NULL",  # noqa: S608
        (access_key_id,),
    )
    return None if row is None else _credential(row)


def everything(db: Database) -> list[Credential]:
    """Give all access keys, oldest first, the revoked ones included."""
    rows = db.all(f"SELECT {_COLUMNS} FROM credentials ORDER BY created_at, access_key_id")  # noqa: S608
    return [_credential(row) for row in rows]


def revoke(db: Database, access_key_id: str, now: float) -> bool:
    """End an access key for good; False if there is no such key in force."""
    sql = "UPDATE credentials SET revoked_at = ? WHERE access_key_id = ? AND revoked_at IS NULL"
    return db.execute(sql, (now, access_key_id)) == 1


def revoke_of_node(db: Database, account_id: str, instance_id: str, now: float) -> None:
    """End every access key that speaks for a node."""
    db.execute(
        "UPDATE credentials SET revoked_at = ?"
        " WHERE account_id = ? AND instance_id = ? AND revoked_at IS NULL",
        (now, account_id, instance_id),
    )


def _credential(row: Row) -> Credential:
    return Credential(
        access_key_id=row[0],
        holder=Holder(account_id=row[1], role=row[2], instance_id=row[3], description=row[4]),
        sealed_secret=row[5],
        created_at=row[6],
        revoked_at=row[7],
    )
