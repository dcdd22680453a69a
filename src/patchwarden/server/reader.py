"""Reads in the event loop: what one turn of the loop answers shares a snapshot of the store."""

import asyncio

from patchwarden.store.database import Database


class Reader:
    """Gives the read-only connection of the event loop's thread."""

    def __init__(self, db: Database) -> None:
        """Take a read-only connection that nobody else uses."""
        self._db = db
        self._in_snapshot = False

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
