"""Whether this server can do its work, and how much of it there is, for those who watch it."""

import os
from collections.abc import Callable, Mapping

import msgspec

from patchwarden import __version__
from patchwarden.errors import PatchwardenError
from patchwarden.server.admission import Admission, Reason
from patchwarden.server.http import HttpAnswer
from patchwarden.store.database import Database

_JSON = [(b"content-type", b"application/json")]


def health(
    snapshot: Callable[[], Database], admission: Admission, sweep: Mapping[str, object]
) -> HttpAnswer:
    """Answer 200 if the store that `snapshot` gives can be read, else 503.

    `sweep` says how far the sweeper is.
    """
    try:
        snapshot().one("SELECT count(*) FROM installation")
    except PatchwardenError:
        return HttpAnswer(503, _body("the store cannot be read", admission, sweep), _JSON)
    return HttpAnswer(200, _body("ok", admission, sweep), _JSON)


def _body(status: str, admission: Admission, sweep: Mapping[str, object]) -> bytes:
    return msgspec.json.encode(
        {
            "status": status,
            "version": __version__,
            # With several workers, each has numbers of its own.
            "process": os.getpid(),
            "under_way": {
                reason: admission.under_way[reason] for reason in Reason if reason != Reason.RATE
            },
            "sweep": sweep,
            "refused": {reason: admission.refused[reason] for reason in Reason},
        }
    )
