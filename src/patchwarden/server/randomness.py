"""Random bytes for ids and nonces, fetched from the system many at a time."""

import secrets

_PIECE_BYTES = 16
_PIECES = 256


class RandomBytes:
    """Gives random bytes, each of them once; to be made anew in each process.

    A call to the system costs microseconds, which is much for a request id.
    """

    def __init__(self) -> None:
        """Start with nothing fetched."""
        self._pieces: list[bytes] = []

    def __call__(self, count: int) -> bytes:
        """Give `count` random bytes; any thread may ask."""
        if count > _PIECE_BYTES:
            return secrets.token_bytes(count)
        while True:
            try:
                return self._pieces.pop()[:count]
            except IndexError:
                fetched = secrets.token_bytes(_PIECES * _PIECE_BYTES)
                self._pieces += map(bytes, zip(*[iter(fetched)] * _PIECE_BYTES, strict=True))

    def __repr__(self) -> str:
        return "RandomBytes()"


def request_id(random_bytes: bytes) -> str:
    """Give the text of a UUID, version 4, made of 16 random bytes."""
    digits = random_bytes.hex()
    variant = "89ab"[random_bytes[8] >> 4 & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
