"""A PostgreSQL server of the tests' own, in a temporary directory, run by an unprivileged user."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

_USERS = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; one of these runs it then."""
_INSTALLED = Path("/usr/lib/postgresql")
_START_TIMEOUT_S = 60
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
}
_WITHOUT_DISK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_numbers = count(1)


@dataclass
class PostgresqlServer:
    """A server that answers on a socket in `directory`."""

    directory: Path
    programs: Path
    settings: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def url(self, database: str) -> str:
        """Give the URL of a database."""
        return f"postgresql://patchwarden@/{database}?host={self.directory}"

    def new_database(self, template: str = "template0") -> str:
        """Make a database, empty or as `template`; give its URL."""
        name = f"test_{next(_numbers)}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._administer(f"DROP DATABASE IF EXISTS {database_of(url)} WITH (FORCE)")

    def start(self) -> None:
        """Start the server; return once it answers."""
        options = [option for each in self.settings.items() for option in ("-c", "=".join(each))]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, "-k", self.directory, *options],
                stdout=log,
                stderr=log,
                user=_user(),
            )
        limit = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            assert time.monotonic() < limit, (self.directory / "log").read_text()
            assert self.process.poll() is None, (self.directory / "log").read_text()
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server; SIGQUIT ends it at once, as a crash does."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=_START_TIMEOUT_S)
            self.process = None

    def initialize(self) -> None:
        """Make the files of a server that has nothing in it."""
        made_by = ["-U", "patchwarden", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        command: list[str | Path] = [
            self.programs / "initdb",
            "-D",
            self._data,
            "--no-sync",
            *made_by,
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=_user())

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _answers(self) -> bool:
        try:
            self._administer("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _administer(self, sql: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.encode())


def database_of(url: str) -> str:
    """Give the name of the database of a URL of ours."""
    return url.rpartition("@/")[2].partition("?")[0]


def programs() -> Path | None:
    """Give the directory of the server's programs, the newest version; None if there are none."""
    found = [path.parent for path in _INSTALLED.glob("*/bin/postgres")]
    if (named := shutil.which("postgres")) is not None:
        found.append(Path(named).resolve().parent)
    able = [path for path in found if (path / "initdb").exists()]
    return max(able, default=None, key=lambda path: (path.parent.name.isdecimal(), str(path)))


def require_programs() -> Path:
    """Give the directory of the server's programs; skip the test if there are none.

    With PATCHWARDEN_REQUIRE_POSTGRESQL it fails instead: no build may leave it out by mistake.
    """
    found = programs()
    if found is None:
        reason = "PostgreSQL is NOT TESTED: install the package `postgresql`"
        if os.environ.get("PATCHWARDEN_REQUIRE_POSTGRESQL"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def running_postgresql(*, is_durable: bool = False) -> Iterator[PostgresqlServer]:
    """Run a server until the block ends; only if `is_durable` does it outlive a crash."""
    found = require_programs()
    directory = Path(tempfile.mkdtemp(prefix="patchwarden-postgresql-"))
    if (user := _user()) is not None:
        shutil.chown(directory, user)
    settings = _SETTINGS if is_durable else {**_SETTINGS, **_WITHOUT_DISK}
    server = PostgresqlServer(directory, found, settings)
    try:
        server.initialize()
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(directory)


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    return next(name for name in _USERS if _is_user(name))


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
