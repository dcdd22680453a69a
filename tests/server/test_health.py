"""Whether the server says that it can work."""

import asyncio
import json
import os
from contextlib import closing
from pathlib import Path

from fakes import open_store
from patchwarden import __version__
from patchwarden.server.admission import Admission, Reason
from patchwarden.server.health import health
from patchwarden.server.http import HttpAnswer
from patchwarden.server.limits import Limits
from patchwarden.store.sqlite import FILE_NAME, SqliteDatabase

PAGE_BYTES = 4096


def test_a_store_that_can_be_read_is_healthy(tmp_path: Path) -> None:
    admission = Admission(Limits())
    with closing(open_store(tmp_path)) as db:
        answer = health(lambda: db, admission, {"outdated": 0})
    assert answer.status == 200
    nothing = dict.fromkeys(("connections", "writes", "reads", "body_bytes"), 0)
    assert json.loads(answer.body) == {
        "status": "ok",
        "version": __version__,
        "process": os.getpid(),
        "under_way": nothing,
        "sweep": {"outdated": 0},
        "refused": {**nothing, "rate": 0},
    }
    assert answer.headers == [(b"content-type", b"application/json")]


def test_a_damaged_store_is_not_healthy(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    open_store(tmp_path).close()
    with closing(SqliteDatabase(path, read_only=True)) as db:
        damage = path.stat().st_size - PAGE_BYTES
        with path.open("r+b") as file:
            file.seek(PAGE_BYTES)
            file.write(b"\xff" * damage)
        answer = health(lambda: db, Admission(Limits()), {})
    assert answer.status == 503
    assert json.loads(answer.body)["status"] == "the store cannot be read"


def test_what_is_under_way_and_what_was_refused_is_told(tmp_path: Path) -> None:
    async def tell() -> HttpAnswer:
        admission = Admission(Limits(waiting_writes=1))
        with admission.waiting(Reason.WRITES), closing(open_store(tmp_path)) as db:
            assert not admission.has_room(Reason.WRITES)
            return health(lambda: db, admission, {})

    told = json.loads(asyncio.run(tell()).body)
    assert (told["under_way"]["writes"], told["refused"]["writes"]) == (1, 1)
