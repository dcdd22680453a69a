"""The application without a network: ASGI messages in, ASGI messages out."""

import asyncio
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

from patchwarden.server.app import App, build_app
from patchwarden.server.http import HttpScope
from patchwarden.server.settings import Settings
from raw_http import RawAnswer, RawRequest

Message = MutableMapping[str, Any]


class InProcessServer:
    """An application that has started; to be used in one thread."""

    def __init__(self, app: App, runner: asyncio.Runner) -> None:
        """Take an application, and the runner of the loop that it was started in."""
        self.app = app
        self._runner = runner

    def on(self, app: App) -> "InProcessServer":
        """Give a changed application, with what has been started of this one."""
        return InProcessServer(app, self._runner)

    def send(self, request: RawRequest) -> RawAnswer:
        """Answer `POST /`."""
        headers = [(name.lower().encode(), text.encode()) for name, text in request.headers.items()]
        scope = {**_scope("POST", "/"), "headers": headers}
        return self.exchange(scope, [_body(request.body)])

    def get(self, path: str, method: str = "GET") -> RawAnswer:
        """Answer any other request."""
        return self.exchange(_scope(method, path), [_body(b"")])

    def exchange(self, scope: HttpScope, messages: Sequence[Message]) -> RawAnswer:
        """Answer a request that arrives in these messages."""
        return self._runner.run(exchange(self.app, scope, messages))


@contextmanager
def in_process_server(settings: Settings) -> Iterator[InProcessServer]:
    """Start the application, and stop it when the block ends."""
    app = build_app(settings)
    with asyncio.Runner() as runner:
        lifespan = runner.run(_started(app))
        try:
            yield InProcessServer(app, runner)
        finally:
            runner.run(lifespan.stop())


async def exchange(app: App, scope: HttpScope, messages: Sequence[Message]) -> RawAnswer:
    """Send one request to an application and read its answer."""
    waiting = list(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    headers = {name.decode(): text.decode() for name, text in start["headers"]}
    return RawAnswer(start["status"], headers, b"".join(message["body"] for message in rest))


class _Lifespan:
    """The start and end of an application, as a server tells it of them."""

    def __init__(self, app: App) -> None:
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._task = asyncio.ensure_future(
            app({"type": "lifespan"}, self._to_app.get, self._from_app.put)
        )

    async def start(self) -> None:
        await self._to_app.put({"type": "lifespan.startup"})
        assert await self._from_app.get() == {"type": "lifespan.startup.complete"}

    async def stop(self) -> None:
        await self._to_app.put({"type": "lifespan.shutdown"})
        assert await self._from_app.get() == {"type": "lifespan.shutdown.complete"}
        await self._task


async def _started(app: App) -> _Lifespan:
    lifespan = _Lifespan(app)
    await lifespan.start()
    return lifespan


def _scope(method: str, path: str) -> HttpScope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }


def _body(content: bytes) -> Message:
    return {"type": "http.request", "body": content, "more_body": False}
