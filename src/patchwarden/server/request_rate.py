"""How many requests each access key may send: a token bucket for each of them."""

import threading
from collections.abc import Callable
from typing import NamedTuple

from patchwarden.protocol.service_model import Operation
from patchwarden.protocol.sigv4 import HttpRequest
from patchwarden.server.authentication import Authenticate, Caller

_BURST_S = 2.0
"""For so many seconds' worth of requests that come at once there is room after a pause."""
_MAX_KNOWN = 10_000


class _Bucket(NamedTuple):
    tokens: float
    """Requests that may come at `filled_at`."""
    filled_at: float


class RequestRate:
    """Counts requests by access key."""

    def __init__(self, requests_per_s: float) -> None:
        """Let keys send so many on average, and twice as many in a second after a pause."""
        self._per_s = requests_per_s
        self._most = max(1.0, requests_per_s * _BURST_S)
        self._buckets: dict[str, _Bucket] = {}
        self._most_known = _MAX_KNOWN
        self._lock = threading.Lock()

    def take(self, access_key_id: str, now: float) -> bool:
        """Say whether a key may send a request now, and count it if so; any thread may ask."""
        with self._lock:
            return self._take(access_key_id, now)

    def _take(self, access_key_id: str, now: float) -> bool:
        tokens = self._tokens(access_key_id, now)
        if tokens < 1:
            return False
        if len(self._buckets) >= self._most_known:
            self._forget_full(now)
        self._buckets[access_key_id] = _Bucket(tokens - 1, now)
        return True

    def __len__(self) -> int:
        """Give the number of keys that are remembered."""
        return len(self._buckets)

    def _tokens(self, access_key_id: str, now: float) -> float:
        bucket = self._buckets.get(access_key_id)
        if bucket is None:
            return self._most
        # A clock that was set back takes nothing away.
        passed_s = max(0.0, now - bucket.filled_at)
        return min(self._most, bucket.tokens + passed_s * self._per_s)

    def _forget_full(self, now: float) -> None:
        self._buckets = {
            name: bucket
            for name, bucket in self._buckets.items()
            if self._tokens(name, now) < self._most
        }
        # So that it costs little per request, also where many keys send much.
        self._most_known = max(_MAX_KNOWN, 2 * len(self._buckets))


def at_a_rate(
    authenticate: Authenticate, rate: RequestRate, refuse: Callable[[], Exception]
) -> Authenticate:
    """Authenticate, then raise what `refuse` gives if the key has sent too many requests.

    In this order, so that nobody can use up what belongs to a key that is not theirs.
    """

    def authenticate_at_a_rate(request: HttpRequest, operation: Operation, now: float) -> Caller:
        caller = authenticate(request, operation, now)
        if caller.access_key_id and not rate.take(caller.access_key_id, now):
            raise refuse()
        return caller

    return authenticate_at_a_rate
