"""Hands out patch snapshots to whoever has a link to one."""

from dataclasses import dataclass

from patchwarden.errors import UnavailableError
from patchwarden.operations.snapshot_links import SnapshotLinks
from patchwarden.protocol.page_token import InvalidPageToken
from patchwarden.server.admission import ThrottlingError
from patchwarden.server.background import Background
from patchwarden.server.http import HttpAnswer
from patchwarden.store import patch_snapshots
from patchwarden.store.vault import Vault

_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]
_JSON = [(b"content-type", b"application/json")]
_AGAIN = b"ask GetDeployablePatchSnapshotForInstance for a new one.\n"


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Answers links."""

    links: SnapshotLinks
    vault: Vault
    background: Background
    """Reads them: for Windows they can have many megabytes."""

    async def answer(self, name: str, query: str, now: float) -> HttpAnswer:
        """Answer a link, given by the end of its path and its query."""
        try:
            key = self.links.open(name, query, now)
        except InvalidPageToken:
            return HttpAnswer(403, b"This link has expired or was altered; " + _AGAIN, _TEXT)
        try:
            content = await self.background.run(
                lambda db: patch_snapshots.content_of(db, self.vault, key)
            )
        except (UnavailableError, ThrottlingError):
            return HttpAnswer(503, b"The store cannot be read now; try again later.\n", _TEXT)
        if content is None:
            return HttpAnswer(404, b"This patch snapshot is gone; " + _AGAIN, _TEXT)
        return HttpAnswer(200, content, _JSON)
