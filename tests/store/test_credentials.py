import re
from pathlib import Path

import pytest

from fakes import CountedBytes
from patchwarden.store import credentials
from patchwarden.store.credentials import Holder, IssuedKey, Issuer
from patchwarden.store.database import Database
from patchwarden.store.vault import Vault

ADMIN = Holder(account_id="123456789012", role="admin", description="for tests")
NODE = Holder(account_id="123456789012", role="node", instance_id="mi-1")


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(vault=Vault(bytes(32)), random_bytes=CountedBytes())


def secret_of(db: Database, issuer: Issuer, key: IssuedKey) -> str:
    credential = credentials.find(db, key.access_key_id)
    assert credential is not None
    return issuer.vault.open(credential.sealed_secret, key.access_key_id)


def test_an_issued_key_is_found_with_its_secret(db: Database, issuer: Issuer) -> None:
    key = issuer.issue(db, ADMIN, 10.0)
    found = credentials.find(db, key.access_key_id)
    assert found is not None
    assert (found.holder, found.created_at, found.revoked_at) == (ADMIN, 10.0, None)
    assert secret_of(db, issuer, key) == key.secret_access_key


def test_a_key_has_the_length_of_aws_and_a_prefix_of_ours(db: Database, issuer: Issuer) -> None:
    key = issuer.issue(db, ADMIN, 10.0)
    assert re.fullmatch("PWAK[A-Z2-7]{16}", key.access_key_id)
    assert len(key.secret_access_key) == 40


def test_the_secret_shows_nowhere(tmp_path: Path, db: Database, issuer: Issuer) -> None:
    with db.transaction():
        key = issuer.issue(db, ADMIN, 10.0)
    assert key.secret_access_key not in repr(key)
    assert key.secret_access_key not in repr(credentials.everything(db))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for file in files:
        assert key.secret_access_key.encode() not in file.read_bytes()


def test_keys_differ(db: Database, issuer: Issuer) -> None:
    keys = [issuer.issue(db, ADMIN, 10.0) for _ in range(3)]
    assert len({part for key in keys for part in key}) == 6


def test_a_revoked_key_is_listed_and_not_found(db: Database, issuer: Issuer) -> None:
    key = issuer.issue(db, ADMIN, 10.0)
    assert credentials.revoke(db, key.access_key_id, 20.0)
    assert credentials.find(db, key.access_key_id) is None
    assert [listed.revoked_at for listed in credentials.everything(db)] == [20.0]


def test_a_key_is_revoked_once(db: Database, issuer: Issuer) -> None:
    key = issuer.issue(db, ADMIN, 10.0)
    credentials.revoke(db, key.access_key_id, 20.0)
    assert not credentials.revoke(db, key.access_key_id, 30.0)
    assert not credentials.revoke(db, "PWAKNONE", 30.0)
    assert [listed.revoked_at for listed in credentials.everything(db)] == [20.0]


def test_the_keys_of_a_node_end_together(db: Database, issuer: Issuer) -> None:
    of_node = [issuer.issue(db, NODE, 10.0) for _ in range(2)]
    others = [
        issuer.issue(db, holder, 10.0)
        for holder in (
            ADMIN,
            Holder(account_id="123456789012", role="node", instance_id="mi-2"),
            Holder(account_id="210987654321", role="node", instance_id="mi-1"),
        )
    ]
    credentials.revoke_of_node(db, "123456789012", "mi-1", 20.0)
    assert all(credentials.find(db, key.access_key_id) is None for key in of_node)
    assert all(credentials.find(db, key.access_key_id) is not None for key in others)
