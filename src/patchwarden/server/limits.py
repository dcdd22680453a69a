"""How much one server process takes on at once."""

from dataclasses import dataclass

from patchwarden.errors import InstallationError

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is beyond one of these is refused at once; clients try again later.

    Raises InstallationError where a limit would let nobody in.
    """

    connections: int = 1_000
    """Connections that are open."""
    waiting_writes: int = 500
    """Requests that wait until what they write is on disk."""
    waiting_reads: int = 100
    """Requests that wait for the background thread: long reads, and bodies over 64 KiB."""
    body_bytes: int = 256 * MIB
    """Bodies of the requests that are being answered, all together."""
    requests_per_s: float | None = None
    """Requests of one access key, on average; None for any number."""

    def __post_init__(self) -> None:
        numbers = (self.connections, self.waiting_writes, self.waiting_reads, self.body_bytes)
        if min(numbers) < 1 or (self.requests_per_s is not None and self.requests_per_s <= 0):
            raise InstallationError("Every limit must be above 0; without it, a default holds.")
