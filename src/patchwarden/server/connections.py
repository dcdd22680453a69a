"""A limit of the connections of one process, and the files that it takes."""

import asyncio
import resource

import msgspec

from patchwarden.server.admission import THROTTLING, Reason
from patchwarden.server.direct_http import DirectHttpProtocol

_OTHER_FILES = 128
"""Open files besides connections: the store, the log, what Python itself has open."""
_BODY = msgspec.json.encode({"__type": THROTTLING, "message": "Too many connections"})
_REFUSAL = b"\r\n".join(
    (
        b"HTTP/1.1 503 Service Unavailable",
        b"content-type: application/x-amz-json-1.1",
        b"x-amzn-errortype: %b" % THROTTLING.encode(),
        b"retry-after: 1",
        b"connection: close",
        b"content-length: %d" % len(_BODY),
        b"",
        _BODY,
    )
)
"""It is sent before anything was asked, so that a refused connection costs next to nothing; to
clients of AWS it says the same as the answer to a request would."""


class LimitedHttpProtocol(DirectHttpProtocol):
    """The protocol of one connection, which ends at once if there are too many."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin with a connection, or refuse it."""
        super().connection_made(transport)
        has_room = self.app.admission.has_room(Reason.CONNECTIONS)
        self.app.admission.under_way[Reason.CONNECTIONS] += 1
        if not has_room:
            self.transport.write(_REFUSAL)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End with a connection."""
        self.app.admission.under_way[Reason.CONNECTIONS] -= 1
        super().connection_lost(exc)


def allow_open_files(connections: int) -> None:
    """Let this process have so many connections open, as far as the system lets it."""
    wanted = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
