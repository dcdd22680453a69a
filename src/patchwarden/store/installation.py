"""A data directory: the store, and the master key that its secrets are sealed with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from patchwarden.errors import InstallationError
from patchwarden.store.database import Database
from patchwarden.store.drafts import draft_of
from patchwarden.store.sqlite import FILE_NAME, SqliteDatabase
from patchwarden.store.vault import KEY_BYTES, Vault

KEY_FILE_NAME = "master.key"
_CHECK_NAME = "key check"
_CHECK_TEXT = "patchwarden"


@dataclass(frozen=True, slots=True)
class Installation:
    """An opened data directory."""

    directory: Path
    vault: Vault

    def connect(self, *, read_only: bool = False) -> Database:
        """Open one more connection to the store."""
        return SqliteDatabase(self.directory / FILE_NAME, read_only=read_only)


def open_installation(directory: Path, random_bytes: Callable[[int], bytes]) -> Installation:
    """Open the data directory, creating what is not there yet, for its owner only.

    Several processes may do so at once. Raises InstallationError if it cannot be used,
    WrongMasterKeyError if its key was replaced, and what `Database` raises.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _master_key(directory / KEY_FILE_NAME, random_bytes)
    except OSError as error:
        raise InstallationError(
            f"The data directory {directory} cannot be used: {error.strerror}. "
            "Choose another with --data."
        ) from error
    installation = Installation(directory, Vault(key))
    db = installation.connect()
    try:
        _check_key(db, installation.vault, random_bytes)
    finally:
        db.close()
    return installation


def _master_key(path: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    if not path.exists() and not (path.parent / FILE_NAME).exists():
        with draft_of(path) as draft:
            draft.write_bytes(random_bytes(KEY_BYTES))
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        raise InstallationError(
            f"The store in {path.parent} has lost its {KEY_FILE_NAME}; put it back from a backup."
        ) from None
    if len(key) != KEY_BYTES:
        raise InstallationError(f"{path} is no master key: it must have {KEY_BYTES} bytes.")
    if path.stat().st_mode & 0o077:
        raise InstallationError(f"{path} can be read by others; run: chmod 600 {path}")
    return key


def _check_key(db: Database, vault: Vault, random_bytes: Callable[[int], bytes]) -> None:
    row = db.one("SELECT value FROM installation WHERE name = ?", (_CHECK_NAME,))
    if row is not None:
        vault.open(row[0], _CHECK_NAME)
        return
    with db.transaction():
        db.execute(
            "INSERT INTO installation (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (_CHECK_NAME, vault.seal(_CHECK_TEXT, _CHECK_NAME, random_bytes(12))),
        )
