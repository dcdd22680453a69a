"""Page tokens: what a client hands back to get the next page, opaque to it and bound to a request.

A token is URL-safe base64 without padding of a nonce and an AES-GCM ciphertext; the ciphertext
holds the expiry and the payload (contract 1.6).
"""

import base64
import binascii
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from patchwarden.errors import CallerError

KEY_BYTES = 32
NONCE_BYTES = 12
MAX_PAYLOAD_BYTES = 4096

_EXPIRY = struct.Struct(">d")
_TAG_BYTES = 16
_MIN_SEALED_BYTES = NONCE_BYTES + _EXPIRY.size + _TAG_BYTES
_MAX_TOKEN_LENGTH = (4 * (_MIN_SEALED_BYTES + MAX_PAYLOAD_BYTES) + 2) // 3


class InvalidPageToken(CallerError):  # noqa: N818 - the service's own name for it has no suffix
    """The token was altered, has expired or belongs to another request."""

    code = "InvalidPageToken"

    def __init__(self) -> None:
        super().__init__("The specified token isn't valid.")


class PageTokens:
    """Seals and opens page tokens with one key."""

    def __init__(self, key: bytes) -> None:
        """Take a key of `KEY_BYTES` bytes that serves no other purpose."""
        assert len(key) == KEY_BYTES
        self._cipher = AESGCM(key)

    def seal(self, payload: bytes, *, binding: bytes, expires_at: float, nonce: bytes) -> str:
        """Make a token that gives `payload` back, for `binding` only and before `expires_at`.

        `payload` is `MAX_PAYLOAD_BYTES` at most; `nonce` is `NONCE_BYTES` fresh random bytes.
        """
        assert len(payload) <= MAX_PAYLOAD_BYTES
        assert len(nonce) == NONCE_BYTES
        plaintext = _EXPIRY.pack(expires_at) + payload
        return _encode(nonce + self._cipher.encrypt(nonce, plaintext, binding))

    def open(self, token: str, *, binding: bytes, now: float) -> bytes:
        """Give the payload of a token that was sealed for `binding`.

        Raises InvalidPageToken.
        """
        sealed = _decode(token)
        try:
            plaintext = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], binding)
        except InvalidTag:
            raise InvalidPageToken from None
        (expires_at,) = _EXPIRY.unpack_from(plaintext)
        if now >= expires_at:
            raise InvalidPageToken
        return plaintext[_EXPIRY.size :]


_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _encode(sealed: bytes) -> str:
    # As base64.urlsafe_b64encode does, in half the time.
    encoded = binascii.b2a_base64(sealed, newline=False)
    return encoded.translate(_TO_URL_SAFE, b"=").decode()


def _decode(token: str) -> bytes:
    if len(token) > _MAX_TOKEN_LENGTH:
        raise InvalidPageToken
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise InvalidPageToken from None
    # The decoder skips foreign characters and unused bits; one token has one spelling only.
    if len(sealed) < _MIN_SEALED_BYTES or _encode(sealed) != token:
        raise InvalidPageToken
    return sealed
