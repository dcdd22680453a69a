"""Access keys as the server knows them: always in force, seldom read."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from fakes import NOW, CountedBytes
from patchwarden.server.keyring import Key, Keyring
from patchwarden.store import credentials
from patchwarden.store.credentials import Holder, IssuedKey, Issuer
from patchwarden.store.database import Database
from patchwarden.store.installation import open_installation
from patchwarden.store.vault import KEY_BYTES, Vault, WrongMasterKeyError

HOLDER = Holder(account_id="123456789012", role="auditor", description="Ann")


class Office(NamedTuple):
    """Where keys are issued and revoked by one connection and looked up by another."""

    keyring: Keyring
    reader: Database
    writer: Database
    issuer: Issuer

    def issue(self) -> IssuedKey:
        with self.writer.transaction():
            return self.issuer.issue(self.writer, HOLDER, NOW)

    def revoke(self, key: IssuedKey) -> None:
        with self.writer.transaction():
            assert credentials.revoke(self.writer, key.access_key_id, NOW)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    random_bytes = CountedBytes()
    installation = open_installation(tmp_path, random_bytes)
    issuer = Issuer(vault=installation.vault, random_bytes=random_bytes)
    with (
        closing(installation.connect(read_only=True)) as reader,
        closing(installation.connect()) as writer,
    ):
        yield Office(Keyring(lambda: reader, installation.vault), reader, writer, issuer)


def test_a_key_is_found_with_its_holder_and_secret(office: Office) -> None:
    issued = office.issue()
    assert office.keyring.find(issued.access_key_id) == Key(HOLDER, issued.secret_access_key)


def test_an_unknown_key_is_not_found(office: Office) -> None:
    assert office.keyring.find("PWAKUNKNOWN") is None


def test_a_key_that_was_unknown_is_found_once_it_is_issued(office: Office) -> None:
    first = office.issue()
    with office.writer.transaction():
        second = office.issuer.issue(office.writer, HOLDER, NOW)
        assert office.keyring.find(first.access_key_id) is not None
        assert office.keyring.find(second.access_key_id) is None
    assert office.keyring.find(second.access_key_id) is not None


def test_a_key_revoked_by_another_connection_is_refused_at_once(office: Office) -> None:
    issued = office.issue()
    assert office.keyring.find(issued.access_key_id) is not None
    office.revoke(issued)
    assert office.keyring.find(issued.access_key_id) is None


def test_a_key_is_read_once_while_nothing_changes(office: Office) -> None:
    issued = office.issue()
    assert office.keyring.find(issued.access_key_id) is office.keyring.find(issued.access_key_id)


def test_a_key_is_read_again_after_any_change(office: Office) -> None:
    issued = office.issue()
    before = office.keyring.find(issued.access_key_id)
    office.issue()
    after = office.keyring.find(issued.access_key_id)
    assert after == before
    assert after is not before


def test_a_key_does_not_show_its_secret(office: Office) -> None:
    issued = office.issue()
    assert issued.secret_access_key not in repr(office.keyring.find(issued.access_key_id))


def test_a_key_sealed_with_another_master_key_is_told(office: Office) -> None:
    issued = office.issue()
    with pytest.raises(WrongMasterKeyError):
        Keyring(lambda: office.reader, Vault(bytes(KEY_BYTES))).find(issued.access_key_id)
