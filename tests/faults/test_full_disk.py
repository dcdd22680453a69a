"""A full disk: an error for those who write, answers for those who read, and no harm done."""

import contextlib
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from botocore.exceptions import ClientError

from accounts import EnrolledNode, new_account
from fakes import open_store
from numbered_sends import KINDS, Kind
from serving import RunningServer, running_server

DISK_BYTES = 8 * 1024 * 1024
ATTEMPTS = 200
"""Sends until the disk must be full: SQLite first uses the room that its files have."""


class Disk(Protocol):
    """Where the server has its data, and how to fill it."""

    @property
    def directory(self) -> Path:
        """The data directory."""

    def fill(self, server: RunningServer) -> None:
        """Leave no room for more."""

    def make_room(self, server: RunningServer) -> None:
        """Undo that."""


class SmallDisk:
    """A file system of a few MiB in memory: SQLite finds the disk full."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ballast = directory / "ballast"

    def fill(self, server: RunningServer) -> None:
        """Write until nothing fits any more."""
        with self._ballast.open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass

    def make_room(self, server: RunningServer) -> None:
        """Remove what filled it."""
        self._ballast.unlink()


class LimitedFiles:
    """Files that the system does not let grow: SQLite finds that it cannot write."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def fill(self, server: RunningServer) -> None:
        """Let no file grow beyond what the largest has."""
        self._limit(server, max(file.stat().st_size for file in self.directory.iterdir()))

    def make_room(self, server: RunningServer) -> None:
        """Let files grow again."""
        self._limit(server, resource.RLIM_INFINITY)

    def _limit(self, server: RunningServer, size_bytes: int) -> None:
        pid = server.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, most))


@contextmanager
def small_disk(directory: Path) -> Iterator[Disk]:
    """Mount a small file system."""
    directory.mkdir()
    mount = shutil.which("mount")
    if mount is None:
        pytest.skip("there is no mount command")
    command = [mount, "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(directory)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user cannot mount a file system")
    try:
        yield SmallDisk(directory)
    finally:
        subprocess.run(["umount", str(directory)], check=True)


@contextmanager
def limited_files(directory: Path) -> Iterator[Disk]:
    """Use a usual directory."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux limits a process from outside")
    yield LimitedFiles(directory)


@pytest.fixture(params=[small_disk, limited_files])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with request.param(tmp_path / "data") as made:
        yield made


@pytest.fixture(params=["reports", "inventory", "compliance"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def send_until_it_fails(kind: Kind, node: EnrolledNode) -> tuple[int, ClientError]:
    """Give the number of the last that was acknowledged, and the error of the next."""
    for number in range(2, ATTEMPTS):
        try:
            kind.send(node, number)
        except ClientError as error:
            return number - 1, error
    raise AssertionError("the disk never was full")


def test_a_full_disk_costs_only_what_could_not_be_written(disk: Disk, kind: Kind) -> None:
    with running_server(disk.directory) as server:
        account = new_account(server)
        node = account.new_node()
        kind.send(node, 1)
        disk.fill(server)
        last, error = send_until_it_fails(kind, node)
        assert error.response["Error"] == {
            "Code": "InternalServerError",
            "Message": "An error occurred on the server side.",
        }
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert kind.shown(account, node) == last
        acknowledged = last
        with contextlib.suppress(ClientError):
            # SQLite may have found room in its files since.
            kind.send(node, ATTEMPTS)
            last, acknowledged = ATTEMPTS, acknowledged + 1
        assert kind.shown(account, node) == last

        disk.make_room(server)
        kind.send(node, ATTEMPTS + 1)
        assert kind.shown(account, node) == ATTEMPTS + 1
        assert "check that the disk has room" in server.log.lower()
    with closing(open_store(disk.directory)) as db:
        assert db.all("PRAGMA integrity_check") == [("ok",)]
        (stored,) = db.all("SELECT count(*) FROM scans")
        assert stored == (acknowledged + 1 if kind is KINDS["reports"] else 0,)
