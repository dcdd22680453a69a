"""Whether this server can do its work, and how much of it there is, for those who watch it."""

import os
from collections.abc import Callable

import msgspec

from patchwarden import __version__
from patchwarden.errors import PatchwardenError
from patchwarden.server.admission import Admission, Reason
from patchwarden.server.http import HttpAnswer
from patchwarden.store.database import Database

_JSON = [(b"content-type", b"application/json")]


def health(snapshot: Callable[[], Database], admission: Admission) -> HttpAnswer:
    """Answer 200 if the store that `snapshot` gives can be read, else 503."""
    try:
        snapshot().one("SELECT count(*) FROM installation")
    except PatchwardenError:
        return HttpAnswer(503, _body("the store cannot be read", admission), _JSON)
    return HttpAnswer(200, _body("ok", admission), _JSON)


def _body(status: str, admission: Admission) -> bytes:
    return msgspec.json.encode(
        {
            "status": status,
            "version": __version__,
            # With several workers, each has numbers of its own.
            "process": os.getpid(),
            "under_way": {
                reason: admission.under_way[reason] for reason in Reason if reason != Reason.RATE
            },
            "refused": {reason: admission.refused[reason] for reason in Reason},
        }
    )
