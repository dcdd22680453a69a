"""Random bytes for ids and nonces, fetched from the system many at a time."""

import secrets
import threading

_FETCHED = 4096


class RandomBytes:
    """Gives random bytes, each of them once; to be made anew in each process.

    A call to the system costs microseconds, which is much for a request id.
    """

    def __init__(self) -> None:
        """Start with nothing fetched."""
        self._lock = threading.Lock()
        self._fetched = b""
        self._used = 0

    def __call__(self, count: int) -> bytes:
        """Give `count` random bytes, at most 4096."""
        with self._lock:
            start = self._used
            stop = start + count
            if stop > len(self._fetched):
                self._fetched = secrets.token_bytes(_FETCHED)
                start, stop = 0, count
            self._used = stop
            return self._fetched[start:stop]

    def __repr__(self) -> str:
        return "RandomBytes()"


def request_id(random_bytes: bytes) -> str:
    """Give the text of a UUID, version 4, made of 16 random bytes."""
    digits = random_bytes.hex()
    variant = "89ab"[random_bytes[8] >> 4 & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
