"""Several processes that answer on one socket, kept alive by uvicorn's supervisor.

Each builds an application of its own: they share nothing but the store and its master key. A
signal to the first process ends them all; one that dies is replaced.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import SIGNALS, Multiprocess

from patchwarden.errors import InstallationError, PatchwardenError
from patchwarden.server.app import App, build_app
from patchwarden.server.connections import allow_open_files
from patchwarden.server.listening import Listener, keep_for_good, server_config
from patchwarden.server.settings import Settings

_MAX_SILENCE_S = 60
"""A worker that does not answer the supervisor for so long, which no work explains, is replaced."""
_log = logging.getLogger("patchwarden.workers")


@dataclass(frozen=True, slots=True)
class AppOfWorker:
    """Makes the application in the process of a worker, where it arrives pickled."""

    settings: Settings
    set_up: Callable[[], None]
    """What to do first: a function of a module, which can be pickled."""

    def __call__(self) -> App:
        """Open the installation once more; ends the process if that is not possible."""
        self.set_up()
        threading.Thread(target=_end_with_the_supervisor, daemon=True).start()
        try:
            app = build_app(self.settings)
        except PatchwardenError as error:
            # To try again would not help.
            _log.error("%s", error)
            sys.exit(STARTUP_FAILURE)
        keep_for_good()
        return app


class _Supervisor(Multiprocess):
    """uvicorn's supervisor, which says what happens and remembers by which signal it ended."""

    ended_by: int | None = None

    def keep_subprocess_alive(self) -> None:
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if old is not new:
                _log.error(
                    "Worker process %d ended (exit code %s); process %d takes its place.",
                    *(old.pid, old.exitcode, new.pid),
                )

    def handle_int(self) -> None:
        self._end(signal.SIGINT)

    def handle_term(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, by: int) -> None:
        self.ended_by = by
        self.should_exit.set()


def serve_with_workers(settings: Settings, listener: Listener, set_up: Callable[[], None]) -> None:
    """Answer with several processes until a signal ends them; then the signal does its usual work.

    `set_up` is run first in each of them. Raises InstallationError if one cannot start.
    """
    config = server_config(AppOfWorker(settings, set_up), is_factory=True)
    config.workers = settings.workers
    config.timeout_worker_healthcheck = _MAX_SILENCE_S
    allow_open_files(settings.limits.connections)
    handlers_before = {each: signal.getsignal(each) for each in SIGNALS}
    supervisor = _Supervisor(config, sockets=[listener.socket])
    supervisor.run()
    for each, handler in handlers_before.items():
        signal.signal(each, handler)
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise InstallationError("A worker process could not start; the log says why.")
    if supervisor.ended_by is not None:
        signal.raise_signal(supervisor.ended_by)


def _end_with_the_supervisor() -> None:
    # Also if it was killed and could not tell: nobody would replace or end its workers.
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)
