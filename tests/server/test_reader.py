import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fakes import open_store
from patchwarden.server.reader import Reader
from patchwarden.store.database import Database
from patchwarden.store.sqlite import SqliteDatabase


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Database]:
    with closing(open_store(tmp_path)) as db:
        yield db


def keep(writer: SqliteDatabase, name: str) -> None:
    with writer.transaction():
        writer.execute("INSERT INTO installation (name, value) VALUES (?, x'00')", (name,))


def kept(db: Database) -> set[str]:
    return {name for (name,) in db.all("SELECT name FROM installation")}


def test_one_turn_of_the_loop_reads_one_state_and_the_next_one_the_newest(
    writer: SqliteDatabase,
) -> None:
    async def read_twice() -> None:
        with closing(Reader(SqliteDatabase(writer.path, read_only=True))) as reader:
            before = kept(reader.snapshot())
            counter = reader.snapshot().change_counter()
            keep(writer, "new")
            assert kept(reader.snapshot()) == before
            assert reader.snapshot().change_counter() == counter
            await asyncio.sleep(0)
            assert kept(reader.snapshot()) == before | {"new"}
            assert reader.snapshot().change_counter() != counter
            await asyncio.sleep(0)

    asyncio.run(read_twice())


def test_a_turn_that_reads_does_not_hold_up_writing(writer: SqliteDatabase) -> None:
    async def read() -> None:
        with closing(Reader(SqliteDatabase(writer.path, read_only=True))) as reader:
            reader.snapshot().all("SELECT * FROM installation")
            keep(writer, "one")
            keep(writer, "two")
            await asyncio.sleep(0)
            assert {"one", "two"} <= kept(reader.snapshot())
            await asyncio.sleep(0)

    asyncio.run(read())
