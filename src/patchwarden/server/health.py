"""Whether this server can do its work, for those who watch it."""

from collections.abc import Callable

import msgspec

from patchwarden import __version__
from patchwarden.errors import PatchwardenError
from patchwarden.server.http import HttpAnswer
from patchwarden.store.database import Database

_JSON = [(b"content-type", b"application/json")]


def health(snapshot: Callable[[], Database]) -> HttpAnswer:
    """Answer 200 if the store that `snapshot` gives can be read, else 503."""
    try:
        snapshot().one("SELECT count(*) FROM installation")
    except PatchwardenError:
        return HttpAnswer(503, _body("the store cannot be read"), _JSON)
    return HttpAnswer(200, _body("ok"), _JSON)


def _body(status: str) -> bytes:
    return msgspec.json.encode({"status": status, "version": __version__})
