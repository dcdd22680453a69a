"""Where a store is, without a database."""

import subprocess
import sys
from pathlib import Path

import pytest

from patchwarden.errors import InstallationError
from patchwarden.store.opening import StoreLocation

PASSWORD = "s3cret-of-the-store"
URL = f"postgresql://me:{PASSWORD}@db.test/ours"
WITHOUT_PSYCOPG = """
import pathlib, sys
sys.modules["psycopg"] = None
from patchwarden.errors import InstallationError
from patchwarden.store.opening import StoreLocation
try:
    StoreLocation(pathlib.Path(), "postgresql://db.test/ours").connect()
except InstallationError as error:
    print(error)
"""
NEEDS_NO_PSYCOPG = """
import os, pathlib, sys
from patchwarden.store.installation import open_installation
open_installation(pathlib.Path(sys.argv[1]), os.urandom).connect().close()
print(sorted(sys.modules.keys() & {"psycopg", "alembic", "sqlalchemy"}))
"""


def printed(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_location_shows_no_password() -> None:
    location = StoreLocation(Path("/srv/data"), URL)
    assert PASSWORD not in repr(location)
    assert location.place == location.name == "postgresql://me@db.test/ours"


def test_without_a_url_it_is_a_file(tmp_path: Path) -> None:
    location = StoreLocation(tmp_path)
    assert (location.name, location.place) == (
        str(tmp_path / "patchwarden.sqlite"),
        str(tmp_path),
    )
    assert not location.exists()
    location.migrate()
    assert location.exists()


@pytest.mark.parametrize("url", [f"mysql://me:{PASSWORD}@db/ours", PASSWORD, ""])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(InstallationError, match="begins with postgresql://") as refused:
        StoreLocation(Path(), url)
    assert PASSWORD not in str(refused.value)


def test_without_psycopg_it_says_how_to_get_it() -> None:
    assert "run: pip install 'patchwarden[postgresql]'" in printed(WITHOUT_PSYCOPG)


def test_sqlite_needs_nothing_of_postgresql(tmp_path: Path) -> None:
    assert printed(NEEDS_NO_PSYCOPG, str(tmp_path)) == "[]\n"
