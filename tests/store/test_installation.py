import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from fakes import CountedBytes
from patchwarden.errors import InstallationError
from patchwarden.store.errors import StoreDamagedError
from patchwarden.store.installation import KEY_FILE_NAME, open_installation
from patchwarden.store.sqlite import FILE_NAME
from patchwarden.store.vault import WrongMasterKeyError

PROCESSES = 4
OPEN_WHEN_TOLD = """
import os, pathlib, sys
from patchwarden.store.installation import open_installation
print("ready", flush=True)
sys.stdin.readline()
installation = open_installation(pathlib.Path(sys.argv[1]), os.urandom)
db = installation.connect()
with db.transaction():
    db.execute("INSERT INTO installation VALUES (?, x'00')", (str(os.getpid()),))
print(installation.vault.derived_key("test").hex())
"""


def key_of(directory: Path) -> str:
    return open_installation(directory, CountedBytes()).vault.derived_key("test").hex()


def test_an_installation_stays_the_same(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "data"
    assert key_of(directory) == key_of(directory)
    assert sorted(path.name for path in directory.iterdir()) == [KEY_FILE_NAME, FILE_NAME]


def test_installations_have_keys_of_their_own(tmp_path: Path) -> None:
    random_bytes = CountedBytes()
    first = open_installation(tmp_path / "a", random_bytes)
    second = open_installation(tmp_path / "b", random_bytes)
    assert first.vault.derived_key("test") != second.vault.derived_key("test")


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    key_of(directory)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_the_key_shows_nowhere(tmp_path: Path) -> None:
    installation = open_installation(tmp_path, CountedBytes())
    key = (tmp_path / KEY_FILE_NAME).read_bytes()
    assert key.hex() not in repr(installation)
    assert hashlib.sha256(key).hexdigest() not in repr(installation)
    assert key not in (tmp_path / FILE_NAME).read_bytes()


def test_processes_that_open_a_fresh_directory_at_once_agree(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN_WHEN_TOLD, str(tmp_path / "data")]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    keys = {process.communicate()[0].strip() for process in processes}
    assert keys == {key_of(tmp_path / "data")}
    db = open_installation(tmp_path / "data", CountedBytes()).connect()
    assert db.one("SELECT count(*) FROM installation") == (PROCESSES + 1,)
    db.close()


def test_a_lost_key_is_told_and_not_replaced(tmp_path: Path) -> None:
    key_of(tmp_path)
    (tmp_path / KEY_FILE_NAME).unlink()
    with pytest.raises(InstallationError, match="has lost its"):
        key_of(tmp_path)
    assert not (tmp_path / KEY_FILE_NAME).exists()


def test_a_swapped_key_is_told(tmp_path: Path) -> None:
    key_of(tmp_path)
    (tmp_path / KEY_FILE_NAME).write_bytes(bytes(32))
    with pytest.raises(WrongMasterKeyError, match="put back the"):
        key_of(tmp_path)


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_damaged_key_is_told(tmp_path: Path, content: bytes) -> None:
    key_of(tmp_path)
    (tmp_path / KEY_FILE_NAME).write_bytes(content)
    with pytest.raises(InstallationError, match="must have 32 bytes"):
        key_of(tmp_path)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key_of(tmp_path)
    (tmp_path / KEY_FILE_NAME).chmod(0o640)
    with pytest.raises(InstallationError, match="chmod 600"):
        key_of(tmp_path)


def test_a_lost_store_begins_anew_with_the_same_key(tmp_path: Path) -> None:
    before = key_of(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    assert key_of(tmp_path) == before


def test_an_empty_file_is_no_store(tmp_path: Path) -> None:
    key_of(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"")
    with pytest.raises(StoreDamagedError):
        key_of(tmp_path)


def test_a_path_that_is_no_directory_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(InstallationError, match="cannot be used: File exists"):
        key_of(path)
