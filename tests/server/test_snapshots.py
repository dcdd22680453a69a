"""What a link to a patch snapshot answers."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fakes import NOW, open_store
from in_process import InProcessServer, in_process_server
from patchwarden.operations.snapshot_links import LINK_LIFETIME_S, SNAPSHOTS_PATH, SnapshotLinks
from patchwarden.server.admission import Admission
from patchwarden.server.background import Background
from patchwarden.server.http import HttpAnswer
from patchwarden.server.limits import Limits
from patchwarden.server.settings import Settings
from patchwarden.server.snapshots import Snapshots
from patchwarden.store import patch_snapshots
from patchwarden.store.database import Database
from patchwarden.store.errors import StoreUnavailableError
from patchwarden.store.patch_snapshots import SnapshotKey
from patchwarden.store.sqlite import SqliteDatabase
from patchwarden.store.vault import Vault

KEY = SnapshotKey("123456789012", "us-east-1", "", "DEBIAN", "6d03d6c5-f79d-41d0-8d0e-00a9a0000000")
LINKS = SnapshotLinks(bytes(32), public_url=None, listening_url="http://127.0.0.1:8440")
VAULT = Vault(bytes(32))
DOCUMENT = b'{"patchBaseline":{}}'
JSON = [(b"content-type", b"application/json")]
TEXT = [(b"content-type", b"text/plain; charset=utf-8")]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with closing(open_store(tmp_path)) as opened:
        yield opened


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    directory = tmp_path_factory.mktemp("snapshots")
    with in_process_server(Settings(data_directory=directory, no_auth=True)) as started:
        yield started


def link() -> tuple[str, str]:
    """Give the end of a link's path, and its query."""
    url = urlsplit(LINKS.url(KEY, host="patches.example.test", now=NOW, nonce=bytes(12)))
    return url.path.removeprefix(SNAPSHOTS_PATH), url.query


class BurningBackground(Background):
    """Cannot read the store."""

    async def run(self, work: object) -> Any:
        raise StoreUnavailableError("the disk is on fire")


def answer(
    db: Database,
    *,
    query: str | None = None,
    now: float = NOW,
    background_type: type[Background] = Background,
) -> HttpAnswer:
    name, usual = link()

    async def ask() -> HttpAnswer:
        assert isinstance(db, SqliteDatabase)
        reading = SqliteDatabase(db.path, read_only=True)
        with closing(background_type(reading, Admission(Limits()))) as background:
            snapshots = Snapshots(LINKS, VAULT, background)
            return await snapshots.answer(name, usual if query is None else query, now)

    return asyncio.run(ask())


def test_a_link_gives_the_snapshot(db: Database) -> None:
    patch_snapshots.keep(db, VAULT, KEY, DOCUMENT, NOW)
    assert answer(db) == HttpAnswer(200, DOCUMENT, JSON)


@pytest.mark.parametrize(
    ("query", "age"), [(None, LINK_LIFETIME_S), ("", 0), ("X-Amz-Signature=AAAA", 0)]
)
def test_an_expired_or_altered_link_is_forbidden(
    db: Database, query: str | None, age: float
) -> None:
    patch_snapshots.keep(db, VAULT, KEY, DOCUMENT, NOW)
    assert answer(db, query=query, now=NOW + age) == HttpAnswer(
        403,
        b"This link has expired or was altered; ask GetDeployablePatchSnapshotForInstance for a "
        b"new one.\n",
        TEXT,
    )


def test_a_snapshot_that_is_gone_is_not_found(db: Database) -> None:
    gone = answer(db)
    assert gone.status == 404
    assert gone.body.startswith(b"This patch snapshot is gone; ask ")


def test_a_store_that_cannot_be_read_is_told_as_such(db: Database) -> None:
    told = answer(db, background_type=BurningBackground)
    assert told.status == 503
    assert b"fire" not in told.body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", ["", f"DEBIAN-{KEY.snapshot_id}", "a/b", "é"])
def test_the_route_refuses_whoever_has_no_link(
    app: InProcessServer, method: str, name: str
) -> None:
    assert app.get(SNAPSHOTS_PATH + name, method).status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_snapshot_cannot_be_changed(app: InProcessServer, method: str) -> None:
    assert app.get(f"{SNAPSHOTS_PATH}DEBIAN-{KEY.snapshot_id}", method).status == 404
