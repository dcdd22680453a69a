"""Runs the application under uvicorn: in the foreground, or beside other work in a thread."""

import gc
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from patchwarden.errors import InstallationError, UnavailableError
from patchwarden.server.app import App, build_app
from patchwarden.server.connections import LimitedHttpProtocol, allow_open_files
from patchwarden.server.settings import Settings

_BACKLOG = 1024
_KEEP_ALIVE_S = 75
_START_TIMEOUT_S = 30


class Listener:
    """A socket on which a server is about to answer, bound before anything else can fail."""

    def __init__(self, host: str, port: int) -> None:
        """Bind to `port`, or to any free one if it is 0.

        Raises InstallationError, saying why, if that is not possible.
        """
        try:
            self.socket = socket.create_server(
                (host, port),
                family=socket.AF_INET6 if ":" in host else socket.AF_INET,
                backlog=_BACKLOG,
            )
        except OSError as error:
            # The text of the error repeats the address; a failed name lookup has none of its own.
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise InstallationError(
                f"Cannot listen on {host}:{port}: {reason}. "
                "Choose another address with --listen HOST:PORT."
            ) from error
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.socket.getsockname()[1]}"


def serve(app: App, listener: Listener) -> None:
    """Answer until a signal ends it."""
    server = http_server(app)
    server.run(sockets=[listener.socket])


@contextmanager
def serving(settings: Settings, listener: Listener) -> Iterator[None]:
    """Answer in a thread while the caller does something else."""
    server = http_server(build_app(settings))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener.socket]}, name="server", daemon=True
    )
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join()


def http_server(app: App, *, keep_alive_s: int = _KEEP_ALIVE_S) -> uvicorn.Server:
    """Make the HTTP server for `app`; it closes connections that are idle for `keep_alive_s`."""
    config = server_config(app, keep_alive_s=keep_alive_s)
    allow_open_files(app.admission.limits.connections)
    keep_for_good()
    return uvicorn.Server(config)


def server_config(
    app: App | Callable[[], App], *, is_factory: bool = False, keep_alive_s: int = _KEEP_ALIVE_S
) -> uvicorn.Config:
    """Say how to serve an application, or with `is_factory` what makes it in each process."""
    return uvicorn.Config(
        app,
        factory=is_factory,
        loop="uvloop",
        http=LimitedHttpProtocol,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=5,
    )


def keep_for_good() -> None:
    """Have the garbage collector never look again at what was made while starting."""
    gc.collect()
    gc.freeze()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(_START_TIMEOUT_S * 100):
        if server.started:
            return
        if not thread.is_alive():
            raise InstallationError("The server could not start; its log says why.")
        pause.wait(0.01)
    raise UnavailableError(f"The server did not start within {_START_TIMEOUT_S} s.")
