"""Whether the server says that it can work."""

import json
from contextlib import closing
from pathlib import Path

from fakes import open_store
from patchwarden import __version__
from patchwarden.server.health import health
from patchwarden.store.sqlite import FILE_NAME, SqliteDatabase

PAGE_BYTES = 4096


def test_a_store_that_can_be_read_is_healthy(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as db:
        answer = health(lambda: db)
    assert answer.status == 200
    assert json.loads(answer.body) == {"status": "ok", "version": __version__}
    assert answer.headers == [(b"content-type", b"application/json")]


def test_a_damaged_store_is_not_healthy(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    open_store(tmp_path).close()
    with closing(SqliteDatabase(path, read_only=True)) as db:
        damage = path.stat().st_size - PAGE_BYTES
        with path.open("r+b") as file:
            file.seek(PAGE_BYTES)
            file.write(b"\xff" * damage)
        answer = health(lambda: db)
    assert answer.status == 503
    assert json.loads(answer.body)["status"] == "the store cannot be read"
