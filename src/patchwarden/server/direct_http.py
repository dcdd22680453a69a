"""uvicorn's HTTP protocol with a short way for most API requests.

A request of the API that is small and only reads is answered the moment its last byte has come,
without a task, an ASGI message or a timer of its own. Everything else takes uvicorn's way to the
same application (docs/decisions/0009-http.md has what was measured).

A request goes the short way while `_chunks` holds its body. Otherwise it is uvicorn's, in `cycle`
(the one under way or the last one) and `pipeline` (those that came before it was answered). One
timer a connection, uvicorn's `timeout_keep_alive_task`, runs from its beginning to its end.
"""

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from patchwarden.protocol.sigv4 import HttpRequest
from patchwarden.server.corked_transport import CorkedTransport
from patchwarden.server.http import HttpAnswer

if TYPE_CHECKING:
    from patchwarden.server.app import App

_MAX_BODY_BYTES = 16 * 1024
"""Of a request that is answered directly: a page of a listing asks for less than 1 KiB."""
_MAX_HEAD_BYTES = 64 * 1024
"""Of the request line and the headers."""
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class DirectHttpProtocol(HttpToolsProtocol):
    """The protocol of one connection."""

    app: "App"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin with a connection."""
        super().connection_made(CorkedTransport(transport, self.loop))  # type: ignore[arg-type]
        self._chunks: list[bytes] | None = None
        self._size = 0
        self._in_head = False
        self._head_bytes = 0
        self._last_heard = self.loop.time()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        head = self.headers
        super().data_received(data)
        if self._in_head and self.headers is head:
            # All of it belonged to one head that has not ended yet.
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self.send_400_response("Request headers are too large.")

    def connection_lost(self, exc: Exception | None) -> None:
        """End with a connection."""
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin with a request."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = True
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes behind the body is none."""
        if not self._in_head:
            return
        # As uvicorn does, but without a call more for each header.
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Choose the way of a request whose headers have come."""
        self._in_head = False
        is_api = self.url == b"/" and self.parser.get_method() == b"POST"
        cycle: RequestResponseCycle | None = self.cycle
        is_next = cycle is None or cycle.response_complete
        # A client that does not read what it asked for has to wait, which only ASGI can.
        is_read = not self.flow.write_paused
        if is_api and is_next and is_read and not self.expect_100_continue:
            self._chunks = []
            self._size = 0
        else:
            self._go_on_by_asgi()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._chunks is None:
            super().on_body(body)
            return
        self._chunks.append(body)
        self._size += len(body)
        if self._size > _MAX_BODY_BYTES:
            self._leave_the_short_way()

    def on_message_complete(self) -> None:
        """Answer a request, or let the application do so in its own time."""
        if self._chunks is not None:
            request = HttpRequest("POST", "/", "", self.headers, b"".join(self._chunks))
            answer = self.app.answer_now(request)
            if answer is not None:
                self._chunks = None
                self._send(answer)
                return
            self._leave_the_short_way()
        super().on_message_complete()

    def _go_on_by_asgi(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url = url
        self.headers += headers  # the same list is in the scope
        self.expect_100_continue = expects
        super().on_headers_complete()

    def _leave_the_short_way(self) -> None:
        assert self._chunks is not None
        chunks, self._chunks = self._chunks, None
        self._go_on_by_asgi()
        for chunk in chunks:
            super().on_body(chunk)

    def _send(self, answer: HttpAnswer) -> None:
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        head = [*self.server_state.default_headers, *answer.headers]
        if not keep_alive:
            head.append((b"connection", b"close"))
        lines = [b"%b: %b\r\n" % header for header in head]
        length = b"content-length: %d\r\n\r\n" % len(answer.body)
        self.transport.write(b"".join((_STATUS_LINES[answer.status], *lines, length, answer.body)))
        if keep_alive:
            self.on_response_complete()
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Go on to the next request, if it is there."""
        if self.pipeline:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _watch(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection from which nothing has come for long, unless it waits for us."""
        idle_s = self.loop.time() - self._last_heard
        cycle: RequestResponseCycle | None = self.cycle
        waits = cycle is not None and not cycle.response_complete and not cycle.more_body
        if idle_s >= self.timeout_keep_alive and not waits:
            super().timeout_keep_alive_handler()
        else:
            self._watch()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: an upgrade is offered by clients, not asked of operators."""

    def _unset_keepalive_if_required(self) -> None:
        # Setting a timer anew for each request costs more than to look at the clock.
        self._last_heard = self.loop.time()
