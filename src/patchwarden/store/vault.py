"""Keeps secrets unreadable in the store: sealed with the installation's master key."""

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

    def derived_key(self, purpose: str) -> bytes:
        """Give a key of `KEY_BYTES` bytes that serves one purpose only."""
        derivation = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode())
        return derivation.derive(self._master_key)

    def seal(self, secret: str, name: str, nonce_source: bytes) -> bytes:
        """Seal `secret` under `name`; `nonce_source` is at least 12 fresh random bytes."""
        nonce = nonce_source[:_NONCE_BYTES]
        return nonce + self._cipher.encrypt(nonce, secret.encode(), name.encode())

    def open(self, sealed: bytes, name: str) -> str:
        """Give the secret sealed under `name`.

        Raises WrongMasterKeyError.
        """
        try:
            opened = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode()
            )
        except InvalidTag:
            raise WrongMasterKeyError(
                "The master key does not open the secrets in the store; put back the master.key "
                "that belongs to this data directory."
            ) from None
        return opened.decode()
