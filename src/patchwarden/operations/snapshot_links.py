"""Links by which nodes download patch snapshots: they carry their own permission.

```
http://patches.example.net:8440/_patchwarden/snapshots/DEBIAN-6d03d6c5-f79d-41d0-8d0e-00a9a0000000
    ?X-Amz-Date=20251124T160000Z&X-Amz-Expires=86400&X-Amz-Signature=Gk3v…
```
Whoever has a link may download, as with the original's; nobody can make or change one without
the key. Date and lifetime are there for people to read, sealed in is what counts.
"""

import re
from datetime import UTC, datetime

import msgspec

from patchwarden.protocol.page_token import PageTokens
from patchwarden.store.patch_snapshots import SnapshotKey

SNAPSHOTS_PATH = "/_patchwarden/snapshots/"
LINK_LIFETIME_S = 86_400
"""Contract 5.18."""
_SIGNATURE = "&X-Amz-Signature="
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class SnapshotLinks:
    """Makes and reads links."""

    def __init__(self, key: bytes, *, public_url: str | None, listening_url: str) -> None:
        """Take a key of 32 bytes that serves no other purpose, and where clients find the server.

        `listening_url` is for those who do not say by which name they found it.
        """
        # The same sealing as of page tokens: a payload, bound to a text, with an expiry.
        self._seals = PageTokens(key)
        self._public_url = public_url
        self._listening_url = listening_url

    def url(self, key: SnapshotKey, *, host: str, now: float, nonce: bytes) -> str:
        """Make a link to a snapshot for a client that reached the server by the name `host`.

        `nonce` is 12 fresh random bytes.
        """
        name = f"{key.operating_system}-{key.snapshot_id}"
        date = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        query = f"X-Amz-Date={date}&X-Amz-Expires={LINK_LIFETIME_S}"
        seal = self._seals.seal(
            msgspec.json.encode(key),
            binding=_binding(name, query),
            expires_at=now + LINK_LIFETIME_S,
            nonce=nonce,
        )
        return f"{self._base(host)}{SNAPSHOTS_PATH}{name}?{query}{_SIGNATURE}{seal}"

    def open(self, name: str, query: str, now: float) -> SnapshotKey:
        """Give the snapshot that a link is for, out of the end of its path and its query.

        Raises InvalidPageToken if the link was altered or has expired.
        """
        query, _, seal = query.partition(_SIGNATURE)
        payload = self._seals.open(seal, binding=_binding(name, query), now=now)
        return msgspec.json.decode(payload, type=SnapshotKey)

    def _base(self, host: str) -> str:
        if self._public_url is not None:
            return self._public_url.rstrip("/")
        return f"http://{host}" if _HOST.fullmatch(host) else self._listening_url


def _binding(name: str, query: str) -> bytes:
    return f"{name}?{query}".encode()
