"""Reads in the event loop: what one turn of the loop answers shares a snapshot of the store."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from patchwarden.store.database import Database

_Result = TypeVar("_Result")


class Reader:
    """Gives the read-only connection of the event loop's thread.

    For stores that answer in microseconds; `PooledReader` stands in for it where they do not.
    """

    answers_at_once = True

    def __init__(self, db: Database) -> None:
        """Take a read-only connection that nobody else uses."""
        self._db = db
        self._in_snapshot = False

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Run `work`, which may call `snapshot`; here that is at once."""
        return work()

    def call_in_loop(self, call: Callable[[], None]) -> None:
        """Have the event loop call what only it may call; here that is at once."""
        call()

    def snapshot(self) -> Database:
        """Give the store as it is in this turn of the loop; not to be kept beyond it."""
        if not self._in_snapshot:
            self._db.begin_snapshot()
            self._in_snapshot = True
            asyncio.get_running_loop().call_soon(self._end)
        return self._db

    def close(self) -> None:
        """Give the connection back."""
        self._db.close()

    def _end(self) -> None:
        self._in_snapshot = False
        self._db.end_snapshot()
