"""The one thread that writes: what arrives at the same time shares a transaction.

Waiting for the disk is what a durable write costs. So each round takes everything that waits,
runs each job in a savepoint of its own, commits once, and only then answers: an acknowledgement
means that it is on disk.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from patchwarden.errors import InstallationError, UnavailableError
from patchwarden.server.admission import Admission, Reason
from patchwarden.store.database import Database
from patchwarden.store.errors import StoreUnavailableError, TryAgainError

_Result = TypeVar("_Result")
MAX_ROUND = 64
"""Jobs that share a transaction: one slow round must not hold up the next for long."""
_ATTEMPTS = (False, False, True)
"""How often a round is tried where other servers come between; at last while they wait."""
_STOP = None


class _Job(NamedTuple):
    work: Callable[[Database], Any]
    future: "asyncio.Future[Any]"


class _Outcome(NamedTuple):
    result: Any
    error: Exception | None


class Writer:
    """Runs jobs in its own thread."""

    def __init__(self, db: Database, admission: Admission) -> None:
        """Take the connection to write on; it is closed at the end."""
        self._db = db
        self._admission = admission
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to work; to be called in the event loop that will call `run`."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Finish what was handed in, then end."""
        self._jobs.put(_STOP)
        self._thread.join()

    async def run(self, work: Callable[[Database], _Result]) -> _Result:
        """Run `work` in a transaction; when this returns, what it wrote is on disk.

        Raises what `work` raises, and then nothing of it is kept; StoreUnavailableError if the
        transaction could not be committed; ThrottlingError, at once, if too many jobs wait.
        """
        assert self._loop is not None
        with self._admission.waiting(Reason.WRITES):
            future: asyncio.Future[_Result] = self._loop.create_future()
            self._jobs.put(_Job(work, future))
            return await future

    def _work(self) -> None:
        try:
            while (jobs := self._next_round()) is not None:
                self._report(jobs, _commit_together(self._db, jobs))
        finally:
            self._db.close()

    def _next_round(self) -> list[_Job] | None:
        first = self._jobs.get()
        if first is _STOP:
            return None
        jobs = [first]
        while len(jobs) < MAX_ROUND:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is _STOP:
                self._jobs.put(_STOP)
                break
            jobs.append(job)
        return jobs

    def _report(self, jobs: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(_resolve, jobs, outcomes)


def _commit_together(db: Database, jobs: Sequence[_Job]) -> list[_Outcome]:
    for is_last in _ATTEMPTS:
        try:
            with db.transaction(alone=is_last):
                return [_attempt(db, job.work) for job in jobs]
        except TryAgainError as error:
            failure: Exception = error
        except Exception as error:  # noqa: BLE001 - each job's caller is told
            failure = error
            break
    return [_Outcome(None, failure)] * len(jobs)


def _attempt(db: Database, work: Callable[[Database], Any]) -> _Outcome:
    try:
        with db.savepoint():
            return _Outcome(work(db), None)
    except StoreUnavailableError:
        # SQLite may have ended the transaction by itself: nobody's work can be trusted.
        raise
    except Exception as error:  # noqa: BLE001 - told to the job's caller
        return _Outcome(None, error)


def _resolve(jobs: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
    for job, outcome in zip(jobs, outcomes, strict=True):
        if job.future.done():  # its request was cancelled
            continue
        if outcome.error is None:
            job.future.set_result(outcome.result)
        else:
            job.future.set_exception(_own_copy(outcome.error))


def _own_copy(error: Exception) -> Exception:
    # Jobs that fail together must not share one traceback.
    if isinstance(error, UnavailableError | InstallationError):
        copy = type(error)(str(error))
        copy.__cause__ = error
        return copy
    return error
