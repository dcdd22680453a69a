"""Lets in what one process has room for, refuses the rest at once, and counts what it refuses.

What is refused is told by ThrottlingException, after which clients of AWS try again by themselves,
each time later (contract 1.4). Everything here is used in the event loop only.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from patchwarden.protocol.errors import ServiceError
from patchwarden.server.http import MAX_BODY_BYTES, Receive
from patchwarden.server.limits import Limits

THROTTLING = "ThrottlingException"
_LOG_EVERY_S = 1.0
_log = logging.getLogger("patchwarden.admission")


class Reason(StrEnum):
    """Why something is refused; the values are the names in the answer about health."""

    CONNECTIONS = "connections"
    WRITES = "writes"
    READS = "reads"
    BODY_BYTES = "body_bytes"
    RATE = "rate"


class ThrottlingError(ServiceError):
    """There is no room for a request now: the client is to send it again later."""

    def __init__(self) -> None:
        super().__init__(THROTTLING, "Rate exceeded")


class Admission:
    """What is under way in this process, and what was refused."""

    def __init__(self, limits: Limits) -> None:
        """Begin with nothing under way."""
        self.limits = limits
        self.under_way: Counter[Reason] = Counter()
        """How much there is of what is limited at any time."""
        self.refused: Counter[Reason] = Counter()
        """How much was refused since the process started."""
        self._most: Mapping[Reason, int] = {
            Reason.CONNECTIONS: limits.connections,
            Reason.WRITES: limits.waiting_writes,
            Reason.READS: limits.waiting_reads,
            Reason.BODY_BYTES: limits.body_bytes,
        }
        self._unlogged: Counter[Reason] = Counter()
        self._due: asyncio.TimerHandle | None = None

    def has_room(self, reason: Reason, amount: int = 1) -> bool:
        """Say whether so much more may come; what may not is counted as refused."""
        if self.under_way[reason] + amount <= self._most[reason]:
            return True
        self.refuse(reason)
        return False

    def refuse(self, reason: Reason) -> None:
        """Count what is refused, and log it with all else of the same second."""
        self.refused[reason] += 1
        self._unlogged[reason] += 1
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(_LOG_EVERY_S, self.log_refused)

    def log_refused(self) -> None:
        """Log what was refused since it was logged last."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._unlogged:
            counts = ", ".join(f"{count} by {reason}" for reason, count in self._unlogged.items())
            _log.warning("refused, to be sent again: %s", counts)
            self._unlogged.clear()

    @contextmanager
    def waiting(self, reason: Reason) -> Iterator[None]:
        """Hold a place while something waits; raises ThrottlingError if there is none."""
        if not self.has_room(reason):
            raise ThrottlingError
        self.under_way[reason] += 1
        try:
            yield
        finally:
            self.under_way[reason] -= 1

    @contextmanager
    def body(self, receive: Receive) -> Iterator[Receive]:
        """Give a way to receive a body that raises ThrottlingError if there is no room for it.

        What of it has come is held until the block ends.
        """
        held_bytes = 0

        async def receive_within_limits() -> MutableMapping[str, Any]:
            nonlocal held_bytes
            message = await receive()
            size = len(message.get("body", b""))
            if not self.has_room(Reason.BODY_BYTES, size):
                self.under_way[Reason.BODY_BYTES] -= held_bytes
                held_bytes = 0
                await _drop_the_rest(receive, message)
                raise ThrottlingError
            held_bytes += size
            self.under_way[Reason.BODY_BYTES] += size
            return message

        try:
            yield receive_within_limits
        finally:
            self.under_way[Reason.BODY_BYTES] -= held_bytes


async def _drop_the_rest(receive: Receive, message: Mapping[str, Any]) -> None:
    # A client that is still sending would not see the answer.
    dropped_bytes = 0
    while message.get("more_body") and dropped_bytes < MAX_BODY_BYTES:
        message = await receive()
        dropped_bytes += len(message.get("body", b""))
