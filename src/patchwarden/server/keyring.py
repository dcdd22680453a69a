"""Access keys as the server needs them for every request: found once, opened once."""

from collections.abc import Callable
from typing import NamedTuple

from patchwarden.store import credentials
from patchwarden.store.credentials import Holder
from patchwarden.store.database import Database
from patchwarden.store.vault import Vault

_MAX_KNOWN = 10_000


class Key(NamedTuple):
    """An access key in force."""

    holder: Holder
    secret: str

    def __repr__(self) -> str:
        return f"Key(holder={self.holder!r})"


class _KnownKey(NamedTuple):
    """A key, and the state of the store in which it was found."""

    key: Key
    as_of: int


class Keyring:
    """Remembers the keys it has opened until anything in the store changes.

    So a key that was revoked, also by another process, is refused from then on.
    """

    def __init__(self, snapshot: Callable[[], Database], vault: Vault) -> None:
        """Read the store that `snapshot` gives each time; open secrets with `vault`."""
        self._snapshot = snapshot
        self._vault = vault
        self._known: dict[str, _KnownKey] = {}

    def find(self, access_key_id: str) -> Key | None:
        """Give the key with this id; None if there is none in force."""
        db = self._snapshot()
        counter = db.change_counter()
        known = self._known.get(access_key_id)
        if known is not None and known.as_of == counter:
            return known.key
        key = self._open(db, access_key_id)
        if key is not None:
            # Another thread may be reading what is known: nothing is ever taken out of it.
            if len(self._known) > _MAX_KNOWN:
                self._known = {}
            self._known[access_key_id] = _KnownKey(key, counter)
        return key

    def _open(self, db: Database, access_key_id: str) -> Key | None:
        credential = credentials.find(db, access_key_id)
        if credential is None:
            return None
        secret = self._vault.open(credential.sealed_secret, credential.access_key_id)
        return Key(credential.holder, secret)
