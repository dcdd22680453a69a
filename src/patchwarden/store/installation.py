"""An installation: the master key in its data directory, and the store that it seals secrets of.

The store is a file in the same directory, or a database that several servers share; each of them
then has the same key in its own data directory.
"""

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from patchwarden.errors import InstallationError
from patchwarden.store.database import Database
from patchwarden.store.drafts import draft_of
from patchwarden.store.errors import TryAgainError
from patchwarden.store.opening import StoreLocation
from patchwarden.store.vault import KEY_BYTES, Vault

KEY_FILE_NAME = "master.key"
_CHECK_NAME = "key check"
_CHECK_TEXT = "patchwarden"


@dataclass(frozen=True, slots=True)
class Installation:
    """An opened installation."""

    store: StoreLocation
    vault: Vault

    def connect(self, *, read_only: bool = False) -> Database:
        """Open one more connection to the store."""
        return self.store.connect(read_only=read_only)


def open_installation(
    directory: Path, random_bytes: Callable[[int], bytes], store_url: str | None = None
) -> Installation:
    """Open the data directory and its store, creating what is not there yet, for its owner only.

    With `store_url` the store is that database. Several processes may do so at once. Raises
    InstallationError if it cannot be used, WrongMasterKeyError if its key is another than the one
    that the store began with, and what `Database` raises.
    """
    store = StoreLocation(directory, store_url)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        store.prepare()
        key = _master_key(directory / KEY_FILE_NAME, store, random_bytes)
    except OSError as error:
        raise InstallationError(
            f"The data directory {directory} cannot be used: {error.strerror}. "
            "Choose another with --data."
        ) from error
    installation = Installation(store, Vault(key))
    with closing(installation.connect()) as db:
        _check_key(db, installation.vault, random_bytes)
    return installation


def bring_key(source: Path, target: Path) -> None:
    """Have the data directory `target`, made if need be, use the master key of `source`.

    Raises InstallationError if `source` has none or `target` has another.
    """
    if source == target:
        return
    try:
        key = (source / KEY_FILE_NAME).read_bytes()
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (target / KEY_FILE_NAME).exists():
            with draft_of(target / KEY_FILE_NAME) as draft:
                draft.write_bytes(key)
        is_same = (target / KEY_FILE_NAME).read_bytes() == key
    except OSError as error:
        raise InstallationError(
            f"The master key of {source} cannot be copied to {target}: {error.strerror}."
        ) from error
    if not is_same:
        raise InstallationError(
            f"{target} has another {KEY_FILE_NAME} than {source}; name an empty directory."
        )


def _master_key(path: Path, store: StoreLocation, random_bytes: Callable[[int], bytes]) -> bytes:
    if not path.exists() and not _is_sealed(store):
        with draft_of(path) as draft:
            draft.write_bytes(random_bytes(KEY_BYTES))
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        raise InstallationError(
            f"The store {store.name} has lost its {KEY_FILE_NAME}; put it back into {path.parent} "
            "from a backup or from another server of the same store."
        ) from None
    if len(key) != KEY_BYTES:
        raise InstallationError(f"{path} is no master key: it must have {KEY_BYTES} bytes.")
    if path.stat().st_mode & 0o077:
        raise InstallationError(f"{path} can be read by others; run: chmod 600 {path}")
    return key


def _is_sealed(store: StoreLocation) -> bool:
    if not store.exists():
        return False
    with closing(store.connect()) as db:
        return _sealed_check(db) is not None


def _check_key(db: Database, vault: Vault, random_bytes: Callable[[int], bytes]) -> None:
    if not _is_right_key(db, vault):
        # Another process may be faster.
        with suppress(TryAgainError), db.transaction():
            db.execute(
                "INSERT INTO installation (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (_CHECK_NAME, vault.seal(_CHECK_TEXT, _CHECK_NAME, random_bytes(12))),
            )
        _is_right_key(db, vault)


def _is_right_key(db: Database, vault: Vault) -> bool:
    """Say whether the store has a key, which is this one; raises WrongMasterKeyError if not."""
    sealed = _sealed_check(db)
    if sealed is not None:
        vault.open(sealed, _CHECK_NAME)
    return sealed is not None


def _sealed_check(db: Database) -> bytes | None:
    row = db.one("SELECT value FROM installation WHERE name = ?", (_CHECK_NAME,))
    return None if row is None else bytes(row[0])
