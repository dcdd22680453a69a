"""The thread that writes: who shares a transaction, and what an acknowledgement means."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from fakes import open_store
from patchwarden.errors import CallerError
from patchwarden.server.admission import Admission, Reason, ThrottlingError
from patchwarden.server.limits import Limits
from patchwarden.server.writer import MAX_ROUND, Writer
from patchwarden.store.database import Database
from patchwarden.store.errors import StoreUnavailableError
from patchwarden.store.sqlite import FILE_NAME, SqliteDatabase

Work = Callable[[Database], Any]


class CountedDatabase(SqliteDatabase):
    """Counts its transactions."""

    transactions = 0

    @contextmanager
    def transaction(self, *, alone: bool = False) -> Iterator[None]:
        """Count one more."""
        self.transactions += 1
        with super().transaction(alone=alone):
            yield


class Bench:
    """A writer on a store, the connection that it writes on, and one that looks on."""

    def __init__(self, directory: Path) -> None:
        self.seen_from_outside = open_store(directory)
        self.connection = CountedDatabase(directory / FILE_NAME)
        # What another process does to the store must not take as long here as in life.
        self.connection.execute("PRAGMA busy_timeout = 1")
        self.admission = Admission(Limits(waiting_writes=MAX_ROUND + 2))
        self.writer = Writer(self.connection, self.admission)

    def run(self, scenario: Callable[[], Awaitable[None]]) -> None:
        """Run a scenario while the writer works."""
        asyncio.run(self._run(scenario))

    async def _run(self, scenario: Callable[[], Awaitable[None]]) -> None:
        self.writer.start()
        await scenario()
        self.writer.stop()

    async def together(self, works: Sequence[Work]) -> list[Any]:
        """Hand in jobs while the writer is busy with another; give their results or errors."""
        is_busy, may_go_on = threading.Event(), threading.Event()

        def keep_busy(db: Database) -> None:
            is_busy.set()
            assert may_go_on.wait(10)

        busy = asyncio.ensure_future(self.writer.run(keep_busy))
        await asyncio.to_thread(is_busy.wait, 10)
        self.connection.transactions = 0
        jobs = asyncio.gather(*map(self.writer.run, works), return_exceptions=True)
        await asyncio.sleep(0)  # lets each of them hand in its job
        may_go_on.set()
        await busy
        return await jobs

    def kept(self) -> list[str]:
        """Give the names that another connection sees."""
        rows = self.seen_from_outside.all(
            "SELECT name FROM installation WHERE name LIKE 'job%' ORDER BY name"
        )
        return [name for (name,) in rows]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with closing(bench.seen_from_outside):
        yield bench


def adds(name: str) -> Work:
    """Give a job that writes `name` and gives it back."""

    def work(db: Database) -> str:
        db.execute("INSERT INTO installation (name, value) VALUES (?, '')", (name,))
        return name

    return work


def fails_after(work: Work, error: Exception) -> Work:
    """Give a job that does `work` and then fails."""

    def failing(db: Database) -> None:
        work(db)
        raise error

    return failing


def test_what_is_acknowledged_is_seen_by_another_connection(bench: Bench) -> None:
    async def scenario() -> None:
        assert await bench.writer.run(adds("job")) == "job"
        assert bench.kept() == ["job"]

    bench.run(scenario)


def test_jobs_handed_in_together_share_one_transaction(bench: Bench) -> None:
    names = [f"job {number}" for number in range(5)]

    async def scenario() -> None:
        assert await bench.together([adds(name) for name in names]) == names
        assert bench.connection.transactions == 1
        assert bench.kept() == names

    bench.run(scenario)


def test_a_transaction_takes_a_limited_number_of_jobs(bench: Bench) -> None:
    async def scenario() -> None:
        await bench.together([adds(f"job {number}") for number in range(MAX_ROUND + 1)])
        assert bench.connection.transactions == 2
        assert len(bench.kept()) == MAX_ROUND + 1

    bench.run(scenario)


def test_a_job_for_which_there_is_no_room_is_refused_at_once(bench: Bench) -> None:
    names = [f"job {number:03}" for number in range(MAX_ROUND + 3)]

    async def scenario() -> None:
        # One more waits: the one that keeps the writer busy.
        results = await bench.together([adds(name) for name in names])
        refused = [each for each in results if isinstance(each, ThrottlingError)]
        assert len(refused) == bench.admission.refused[Reason.WRITES] == 2
        assert bench.kept() == names[:-2]
        assert bench.admission.under_way[Reason.WRITES] == 0
        assert await bench.writer.run(adds(names[-1])) == names[-1]

    bench.run(scenario)


def test_a_job_that_fails_leaves_the_work_of_the_others(bench: Bench) -> None:
    error = CallerError("wrong")

    async def scenario() -> None:
        results = await bench.together(
            [adds("job 1"), fails_after(adds("job 2"), error), adds("job 3")]
        )
        assert results == ["job 1", error, "job 3"]
        assert bench.kept() == ["job 1", "job 3"]

    bench.run(scenario)


def test_a_store_that_is_unavailable_fails_all_and_keeps_nothing(bench: Bench) -> None:
    async def scenario() -> None:
        full = StoreUnavailableError("full")
        results = await bench.together([adds("job 1"), fails_after(adds("job 2"), full)])
        assert [type(result) for result in results] == [StoreUnavailableError] * 2
        assert bench.kept() == []
        assert await bench.writer.run(adds("job 3")) == "job 3"

    bench.run(scenario)


def test_a_transaction_that_ended_by_itself_fails_all_and_keeps_nothing(bench: Bench) -> None:
    def undo_everything(db: Database) -> None:
        db.execute("ROLLBACK")  # what SQLite does when the disk is full

    async def scenario() -> None:
        results = await bench.together([adds("job 1"), undo_everything, adds("job 3")])
        assert [type(result) for result in results] == [StoreUnavailableError] * 3
        assert bench.kept() == []

    bench.run(scenario)


def test_jobs_that_fail_together_have_errors_of_their_own(bench: Bench) -> None:
    async def scenario() -> None:
        full = StoreUnavailableError("full")
        first, second = await bench.together([adds("job 1"), fails_after(adds("job 2"), full)])
        assert first is not second
        assert str(first) == str(second) == "full"

    bench.run(scenario)


def test_a_store_that_another_process_writes_to_can_be_used_again(bench: Bench) -> None:
    async def scenario() -> None:
        with bench.seen_from_outside.transaction(), pytest.raises(StoreUnavailableError):
            await bench.writer.run(adds("job 1"))
        assert await bench.writer.run(adds("job 2")) == "job 2"
        assert bench.kept() == ["job 2"]

    bench.run(scenario)


def test_stopping_finishes_what_was_handed_in(bench: Bench) -> None:
    names = [f"job {number}" for number in range(3)]

    async def hand_in_and_stop() -> None:
        bench.writer.start()
        jobs = asyncio.gather(*(bench.writer.run(adds(name)) for name in names))
        await asyncio.sleep(0)
        bench.writer.stop()
        assert bench.kept() == names
        assert await jobs == names

    asyncio.run(hand_in_and_stop())


def test_a_request_that_is_cancelled_does_not_disturb_the_others(bench: Bench) -> None:
    async def scenario() -> None:
        may_go_on = threading.Event()
        waiting = asyncio.ensure_future(bench.writer.run(lambda db: may_go_on.wait(10)))
        cancelled = asyncio.ensure_future(bench.writer.run(adds("job 1")))
        other = asyncio.ensure_future(bench.writer.run(adds("job 2")))
        await asyncio.sleep(0)
        cancelled.cancel()
        may_go_on.set()
        assert await other == "job 2"
        assert await waiting
        assert cancelled.cancelled()

    bench.run(scenario)
