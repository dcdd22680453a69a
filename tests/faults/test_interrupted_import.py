"""Imports into the catalog that are killed, fail at their last byte, or run beside others."""

import gzip
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from accounts import EnrolledNode, new_account
from archives import zip_of
from fakes import open_store, package
from patchwarden.store.database import Database
from serving import running_server

ADVISORIES = 2_500
FIXES = 40
SECONDS_AT_MOST = 5
"""For a report while imports write: each part takes half a second, and the machine may be busy."""


def record(number: int) -> dict[str, object]:
    """Give an advisory in the form of OSV."""
    events = [{"introduced": "0"}, {"fixed": "2.0"}]
    affected = [
        {
            "package": {"ecosystem": "Debian:12", "name": f"p{each}"},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        for each in range(FIXES)
    ]
    return {"id": f"DSA-{number}-1", "modified": "2026-01-01T00:00:00Z", "affected": affected}


def feed(count: int = ADVISORIES) -> bytes:
    return json.dumps([record(number) for number in range(count)]).encode()


def start(data_directory: Path, file: Path) -> "subprocess.Popen[str]":
    """Start an import; its temporary files would stay where the file is."""
    program = [sys.executable, "-m", "patchwarden", "catalog", "import"]
    return subprocess.Popen(
        [*program, str(file), "--data", str(data_directory)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(file.parent)},
    )


def number_of(db: Database, query: str) -> int:
    row = db.one(f"SELECT count(*) FROM {query}")
    assert row is not None
    return int(row[0])


def everything(db: Database) -> dict[str, int]:
    """Give how many rows each table has."""
    tables = db.all("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name: number_of(db, name) for (name,) in tables}


class Reporter:
    """A node that reports something new each time, and in time."""

    def __init__(self, node: EnrolledNode) -> None:
        self._node = node
        self._number = 0

    def report(self) -> None:
        self._number += 1
        started_at = time.monotonic()
        self._node.submit([package("p1", f"0.{self._number}")])
        assert time.monotonic() - started_at < SECONDS_AT_MOST


def test_an_import_that_is_killed_is_completed_by_others(tmp_path: Path) -> None:
    file = tmp_path / "feed.json"
    file.write_bytes(feed())
    with ExitStack() as open_things:
        server = open_things.enter_context(running_server(tmp_path / "data"))
        db = open_things.enter_context(closing(open_store(server.data_directory)))
        reporter = Reporter(new_account(server).new_node())
        killed = open_things.enter_context(start(server.data_directory, file))
        while not number_of(db, "advisories"):
            assert killed.poll() is None
        killed.kill()
        killed.wait()
        reporter.report()
        assert 0 < number_of(db, "advisories") < ADVISORIES
        assert number_of(db, "catalog_imports WHERE finished = 0") == 1
        others = [start(server.data_directory, file) for _ in range(2)]
        for other in others:
            open_things.enter_context(other)
        while any(other.poll() is None for other in others):
            reporter.report()
        assert [other.returncode for other in others] == [0, 0]
        assert number_of(db, "catalog_imports WHERE finished = 1") == 2
        assert number_of(db, "advisories") == ADVISORIES
        assert number_of(db, "advisory_fixes") == ADVISORIES * FIXES
        assert db.all("PRAGMA integrity_check") == [("ok",)]
    assert {each.name for each in tmp_path.iterdir()} == {"feed.json", "data", "server.log"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.json", feed(50)[:-1]),
        ("cut.json.gz", gzip.compress(feed(50))[:-1]),
        ("cut.zip", zip_of({"a.json": feed(50), "b.json": feed(50)[:-1]})),
    ],
    ids=["json", "gzip", "zip"],
)
def test_a_file_that_is_wrong_at_its_last_byte_leaves_nothing(
    tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / "files" / name
    file.parent.mkdir()
    file.write_bytes(content)
    data_directory = tmp_path / "data"
    with closing(open_store(data_directory)) as db:
        before = everything(db)
        with start(data_directory, file) as failed:
            _, told = failed.communicate()
        assert failed.returncode == 1
        assert "is wrong" in told
        assert everything(db) == before
    assert [each.name for each in file.parent.iterdir()] == [name]
