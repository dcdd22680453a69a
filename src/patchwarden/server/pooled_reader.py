"""Reads of a store that answers over a network: in threads, so that the event loop never waits."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from patchwarden.server.admission import Admission, Reason
from patchwarden.store.database import Database

_Result = TypeVar("_Result")
THREADS = 8
"""Each with a connection of its own; most of their time they wait for the database."""


class _Own(threading.local):
    """What a thread has for itself."""

    db: Database | None = None
    in_snapshot: bool = False


class PooledReader:
    """Gives each of its threads a read-only connection, and runs in them what needs one.

    It stands in for `Reader`, which reads in the event loop.
    """

    answers_at_once = False

    def __init__(self, connect: Callable[[], Database], admission: Admission) -> None:
        """Read by the connections that `connect` makes; the first is made at once.

        Raises what `connect` raises.
        """
        self._connect = connect
        self._admission = admission
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")
        self._own = _Own()
        self._lock = threading.Lock()
        self._connections = [connect()]
        self._spare = list(self._connections)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Run `work`, which may call `snapshot`, on the store as it is at one instant.

        Raises what it raises; ThrottlingError, at once, if too much waits.
        """
        self._loop = asyncio.get_running_loop()
        with self._admission.waiting(Reason.READS):
            return await self._loop.run_in_executor(self._threads, self._do, work)

    def snapshot(self) -> Database:
        """Give the store as it is for what this thread runs now; not to be kept beyond it."""
        own = self._own
        if own.db is None:
            own.db = self._new_connection()
        if not own.in_snapshot:
            own.db.begin_snapshot()
            own.in_snapshot = True
        return own.db

    def call_in_loop(self, call: Callable[[], None]) -> None:
        """Have the event loop call what only it may call; from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(call)

    def close(self) -> None:
        """Finish what was handed in, then give the connections back."""
        self._threads.shutdown()
        for db in self._connections:
            db.close()

    def _new_connection(self) -> Database:
        with self._lock:
            if self._spare:
                return self._spare.pop()
        db = self._connect()
        with self._lock:
            self._connections.append(db)
        return db

    def _do(self, work: Callable[[], _Result]) -> _Result:
        try:
            return work()
        finally:
            own = self._own
            if own.in_snapshot and own.db is not None:
                own.in_snapshot = False
                own.db.end_snapshot()
