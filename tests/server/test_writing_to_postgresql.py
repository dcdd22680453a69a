"""Two servers that write to one database: whoever is come between tries again."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from patchwarden.server.admission import Admission
from patchwarden.server.limits import Limits
from patchwarden.server.pooled_reader import THREADS, PooledReader
from patchwarden.server.writer import Writer
from patchwarden.store.database import Database
from patchwarden.store.errors import StoreUnavailableError
from patchwarden.store.postgresql import PostgresqlDatabase
from stores import EmptiedDatabase

pytestmark = pytest.mark.postgresql


@pytest.fixture
def url(emptied_database: EmptiedDatabase) -> str:
    emptied_database.empty()
    return emptied_database.url


@pytest.fixture
def other(url: str) -> Iterator[Database]:
    with closing(PostgresqlDatabase(url)) as opened:
        yield opened


def count_up(db: Database, name: str) -> int:
    row = db.one("SELECT count(*) FROM installation")
    assert row is not None
    db.execute("INSERT INTO installation (name, value) VALUES (?, ?)", (name, b""))
    return int(row[0])


def write(url: str, *works: Callable[[Database], int]) -> list[int | BaseException]:
    """Hand all of it to one writer at once; give what came of each."""

    async def run() -> list[int | BaseException]:
        writer = Writer(PostgresqlDatabase(url), Admission(Limits()))
        writer.start()
        try:
            return await asyncio.gather(*map(writer.run, works), return_exceptions=True)
        finally:
            writer.stop()

    return asyncio.run(run())


@pytest.mark.parametrize("times", [1, 2])
def test_what_another_comes_between_is_tried_again(url: str, other: Database, times: int) -> None:
    tries: list[int] = []

    def work(db: Database) -> int:
        tries.append(len(tries))
        before = count_up(db, f"ours {tries[-1]}")
        if len(tries) <= times:
            with other.transaction():
                count_up(other, f"theirs {len(tries)}")
        return before

    assert write(url, work, lambda db: count_up(db, "beside")) == [times, times + 1]
    assert len(tries) == times + 1
    rows = other.all("SELECT name FROM installation ORDER BY name")
    assert [name for (name,) in rows] == [
        "beside",
        f"ours {times}",
        *(f"theirs {number + 1}" for number in range(times)),
    ]


def test_a_key_that_is_there_already_fails_its_own_job_alone(url: str) -> None:
    first, twice, after = write(
        url,
        lambda db: count_up(db, "once"),
        lambda db: count_up(db, "once"),
        lambda db: count_up(db, "after"),
    )
    assert (first, after) == (0, 1)
    assert "UniqueViolation" in repr(twice)


def test_two_writers_count_as_if_they_were_one(url: str) -> None:
    async def run() -> list[int]:
        writers = [Writer(PostgresqlDatabase(url), Admission(Limits())) for _ in range(2)]
        for writer in writers:
            writer.start()

        async def count(writer: Writer, who: int) -> list[int]:
            return [
                await writer.run(lambda db, name=f"{who} {number}": count_up(db, name))  # type: ignore[misc]
                for number in range(20)
            ]

        try:
            counts = await asyncio.gather(*(count(each, who) for who, each in enumerate(writers)))
        finally:
            for writer in writers:
                writer.stop()
        return [number for numbers in counts for number in numbers]

    assert sorted(asyncio.run(run())) == list(range(40))


def test_reads_at_once_have_connections_of_their_own(url: str) -> None:
    async def run() -> list[int]:
        reader = PooledReader(lambda: PostgresqlDatabase(url, read_only=True), Admission(Limits()))

        def read() -> int:
            row = reader.snapshot().one("SELECT pg_backend_pid(), pg_sleep(0.05)::text")
            assert row is not None
            return int(row[0])

        try:
            return await asyncio.gather(*(reader.run(read) for _ in range(2 * THREADS)))
        finally:
            reader.close()

    assert 1 < len(set(asyncio.run(run()))) <= THREADS


def test_a_read_sees_one_instant_and_the_next_what_came_since(url: str, other: Database) -> None:
    async def run() -> list[list[int]]:
        reader = PooledReader(lambda: PostgresqlDatabase(url, read_only=True), Admission(Limits()))

        def read() -> list[int]:
            counts = []
            for number in range(2):
                row = reader.snapshot().one("SELECT count(*) FROM installation")
                assert row is not None
                counts.append(int(row[0]))
                count_up(other, f"{row[0]} {number}")
            return counts

        try:
            return [await reader.run(read), await reader.run(read)]
        finally:
            reader.close()

    assert asyncio.run(run()) == [[0, 0], [2, 2]]


def test_a_read_that_fails_spoils_no_later_one(url: str) -> None:
    async def run() -> int:
        reader = PooledReader(lambda: PostgresqlDatabase(url, read_only=True), Admission(Limits()))

        def lose() -> None:
            reader.snapshot().one("SELECT pg_terminate_backend(pg_backend_pid())")

        def read() -> int:
            row = reader.snapshot().one("SELECT 1")
            assert row is not None
            return int(row[0])

        try:
            for _ in range(THREADS):
                with pytest.raises(StoreUnavailableError):
                    await reader.run(lose)
            return await reader.run(read)
        finally:
            reader.close()

    assert asyncio.run(run()) == 1
