import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.store.vault import Vault, WrongMasterKeyError

KEY = bytes(range(32))
NONCE = bytes(12)


@given(st.text(), st.text(), st.binary(min_size=12, max_size=12))
def test_a_sealed_secret_comes_back(secret: str, name: str, nonce: bytes) -> None:
    vault = Vault(KEY)
    assert vault.open(vault.seal(secret, name, nonce), name) == secret


def test_what_is_sealed_the_same_is_the_same_for_its_secret_name_and_key_only() -> None:
    def seal(key: bytes, secret: bytes, name: str) -> bytes:
        return Vault(key).seal_same(secret, name)

    sealed = seal(KEY, b"secret", "name")
    assert sealed == seal(KEY, b"secret", "name")
    assert b"secret" not in sealed
    assert Vault(KEY).open_bytes(sealed, "name") == b"secret"
    others = [
        seal(bytes(32), b"secret", "name"),
        seal(KEY, b"secreT", "name"),
        seal(KEY, b"secret", "other"),
        seal(KEY, b"esecret", "other"),
    ]
    assert len({each[:12] for each in [sealed, *others]}) == 5


def test_a_secret_is_not_in_its_seal() -> None:
    assert b"secret" not in Vault(KEY).seal("secret", "name", NONCE)


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
        lambda sealed: bytes([sealed[0] ^ 1]) + sealed[1:],
    ],
)
def test_a_spoiled_seal_does_not_open(spoiled: object) -> None:
    vault = Vault(KEY)
    assert callable(spoiled)
    with pytest.raises(WrongMasterKeyError):
        vault.open(spoiled(vault.seal("secret", "name", NONCE)), "name")


def test_a_seal_opens_under_its_own_name_only() -> None:
    vault = Vault(KEY)
    with pytest.raises(WrongMasterKeyError):
        vault.open(vault.seal("secret", "name", NONCE), "other")


def test_a_seal_opens_with_its_own_key_only() -> None:
    with pytest.raises(WrongMasterKeyError):
        Vault(bytes(32)).open(Vault(KEY).seal("secret", "name", NONCE), "name")


def test_each_purpose_has_a_key_of_its_own() -> None:
    vault = Vault(KEY)
    assert len({vault.derived_key("a"), vault.derived_key("b"), KEY}) == 3
    assert vault.derived_key("a") == Vault(KEY).derived_key("a")
