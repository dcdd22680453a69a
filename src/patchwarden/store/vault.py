"""Keeps secrets unreadable in the store: sealed with the installation's master key."""

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from patchwarden.errors import InstallationError

KEY_BYTES = 32
_NONCE_BYTES = 12


class WrongMasterKeyError(InstallationError):
    """The master key is not the one that sealed what the store holds."""

    code = "WrongMasterKey"


class Vault:
    """Seals and opens secrets; each is bound to the name that it was sealed under."""

    def __init__(self, master_key: bytes) -> None:
        """Take the installation's master key of `KEY_BYTES` bytes."""
        self._master_key = master_key
        self._cipher = AESGCM(self.derived_key("secrets at rest"))
        self._nonce_key = self.derived_key("nonces of what is sealed the same")

    def derived_key(self, purpose: str) -> bytes:
        """Give a key of `KEY_BYTES` bytes that serves one purpose only."""
        derivation = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode())
        return derivation.derive(self._master_key)

    def seal(self, secret: str, name: str, nonce_source: bytes) -> bytes:
        """Seal `secret` under `name`; `nonce_source` is at least 12 fresh random bytes."""
        return self._seal(secret.encode(), name, nonce_source)

    def seal_same(self, secret: bytes, name: str) -> bytes:
        """Seal `secret` under `name`, always with the same result: for what goes by its hash."""
        named = b"%d %b%b" % (len(name), name.encode(), secret)
        return self._seal(secret, name, hmac.digest(self._nonce_key, named, "sha256"))

    def open(self, sealed: bytes, name: str) -> str:
        """Give the text sealed under `name`.

        Raises WrongMasterKeyError.
        """
        return self.open_bytes(sealed, name).decode()

    def open_bytes(self, sealed: bytes, name: str) -> bytes:
        """Give what was sealed under `name`.

        Raises WrongMasterKeyError.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except InvalidTag:
            raise WrongMasterKeyError(
                "The master key does not open the secrets in the store; put back the master.key "
                "that belongs to this data directory."
            ) from None

    def _seal(self, secret: bytes, name: str, nonce_source: bytes) -> bytes:
        nonce = nonce_source[:_NONCE_BYTES]
        return nonce + self._cipher.encrypt(nonce, secret, name.encode())
