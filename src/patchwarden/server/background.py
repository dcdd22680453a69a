"""Does what would hold up the event loop, in a thread of its own, one thing after another.

That is walks through many nodes or much of one, and large bodies: each may take a second, in which
small requests are still answered between two steps of it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from patchwarden.server.admission import Admission, Reason
from patchwarden.store.database import Database

_Result = TypeVar("_Result")


class Background:
    """Runs work that only reads."""

    def __init__(self, db: Database, admission: Admission) -> None:
        """Take a read-only connection that nobody else uses; it is closed at the end."""
        self._db = db
        self._admission = admission
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="background")

    async def run(self, work: Callable[[Database], _Result]) -> _Result:
        """Run `work` on the store as it is when its turn comes.

        Raises what it raises; ThrottlingError, at once, if too much waits.
        """
        with self._admission.waiting(Reason.READS):
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def close(self) -> None:
        """Finish what was handed in, then end."""
        self._thread.shutdown()
        self._db.close()

    def _do(self, work: Callable[[Database], _Result]) -> _Result:
        self._db.begin_snapshot()
        try:
            return work(self._db)
        finally:
            self._db.end_snapshot()
