"""The HTTP side of a request and an answer, between ASGI and the endpoints."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, NamedTuple

from patchwarden.protocol.errors import request_too_large

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
HttpScope = MutableMapping[str, Any]

MAX_BODY_BYTES = 12 * 1024 * 1024
"""Of a request that may be large: the largest report (8 MiB, compressed) in base64, and some
room."""
USUAL_BODY_BYTES = 1024 * 1024
"""Of any other request: the largest patch baseline has less."""
UNSIGNED_BODY_BYTES = 64 * 1024
"""Of a request that nobody has signed."""
_DISCARDED_BYTES = 4 * MAX_BODY_BYTES


class ClientGoneError(Exception):
    """The client hung up before it had sent its request: there is nobody to answer."""


class HttpAnswer(NamedTuple):
    """An answer that is ready to be sent."""

    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]]
    """All but Content-Length and Date."""


async def read_body(receive: Receive, limit: int) -> bytes:
    """Read the whole body of a request.

    Raises RequestEntityTooLargeException above `limit` bytes, ClientGoneError if the body is cut
    off.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message["body"]
        if len(body) > limit:
            raise request_too_large(limit)
        return body
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise ClientGoneError
        size += len(message["body"])
        if size <= limit:
            chunks.append(message["body"])
        # A client that is still sending would not see the answer, so what is too much is read
        # and dropped, up to a point.
        if not message.get("more_body") or size > _DISCARDED_BYTES:
            break
        message = await receive()
    if size > limit:
        raise request_too_large(limit)
    return b"".join(chunks)


async def send_answer(send: Send, answer: HttpAnswer) -> None:
    """Send an answer."""
    headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
