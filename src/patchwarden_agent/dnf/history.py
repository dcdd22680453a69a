"""Reads dnf's history: who installed a package, and whether only because another one needed it."""

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import InstalledPackage, Slot
from patchwarden_agent.rpm.database import version_of
from patchwarden_agent.target import Target

_HISTORY = "var/lib/dnf/history.sqlite"
_MAX_BYTES = 512 * 1024 * 1024
_MAX_PASSWORD_BYTES = 4 * 1024 * 1024
_TIMEOUT_S = 10.0
_STEPS = 10_000
# libdnf's numbers: install, downgrade, obsolete, upgrade, reinstall. The state 1 is done.
_INSTALLING = frozenset({1, 2, 4, 6, 9})
_REASON_CHANGE = 11
_DEPENDENCY, _WEAK_DEPENDENCY = 1, 4
# Of processes that nobody logged in for, such as those of timers.
_NOBODY = frozenset({-1, 2**32 - 1})
_QUERY = """
SELECT rpm.name, rpm.arch, rpm.epoch, rpm.version, rpm.release,
       trans.user_id, trans_item.action, trans_item.reason
FROM trans_item
JOIN rpm ON rpm.item_id = trans_item.item_id
JOIN trans ON trans.id = trans_item.trans_id
WHERE trans_item.state = 1
ORDER BY trans_item.id
"""


@dataclass(frozen=True)
class History:
    """What dnf's history tells about what is installed."""

    installers: Mapping[Slot, str] = field(default_factory=dict)
    automatic: frozenset[Slot] = frozenset()


class _Row(NamedTuple):
    name: str
    architecture: str
    epoch: int
    version: str
    release: str
    user_id: int
    action: int
    reason: int


def read_history(
    target: Target, installed: Mapping[Slot, InstalledPackage], scratch: Path
) -> History:
    """Read the history of `target`, by way of a copy in the directory `scratch`.

    Raises UnreadableFileError if there is none, or if it cannot be read.
    """
    users: dict[Slot, int] = {}
    reasons: dict[Slot, int] = {}
    for row in _rows(_copied(target, scratch)):
        slot = Slot(row.name, row.architecture)
        if slot not in installed or row.action not in (*_INSTALLING, _REASON_CHANGE):
            continue
        reasons[slot] = row.reason
        evr = version_of(str(row.epoch), row.version, row.release)
        if row.action != _REASON_CHANGE and evr == installed[slot].version:
            users[slot] = row.user_id
    names = _user_names(target)
    return History(
        installers={
            slot: names.get(user, str(user)) for slot, user in users.items() if user not in _NOBODY
        },
        automatic=frozenset(
            slot for slot, why in reasons.items() if why in (_DEPENDENCY, _WEAK_DEPENDENCY)
        ),
    )


def _copied(target: Target, scratch: Path) -> Path:
    """Copy the history, for to read it is to write beside it."""
    if not target.has(_HISTORY):
        raise UnreadableFileError(f"dnf has no history in /{_HISTORY}.")
    # dnf itself has a history in `scratch`.
    copy = scratch / "copied-history.sqlite"
    try:
        for ending in ("", "-wal"):
            path = target.path(_HISTORY + ending)
            if not path.exists():
                continue
            if not path.is_file() or path.stat().st_size > _MAX_BYTES:
                raise UnreadableFileError(
                    f"{path} is not a plain file of at most {_MAX_BYTES} bytes."
                )
            shutil.copyfile(path, f"{copy}{ending}")
    except OSError as error:
        raise UnreadableFileError(f"Cannot read {path}: {error.strerror}.") from error
    return copy


def _rows(path: Path) -> Iterator[_Row]:
    try:
        import sqlite3  # noqa: PLC0415 - some Pythons are built without
    except ImportError as error:
        raise UnreadableFileError(f"This Python cannot read dnf's history: {error}.") from error
    deadline = time.monotonic() + _TIMEOUT_S
    try:
        with contextlib.closing(sqlite3.connect(str(path))) as connection:
            # The file may be anybody's, and a view can go on for ever.
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            for fields in connection.execute(_QUERY):
                yield _row(fields)
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise UnreadableFileError(f"Cannot read dnf's history: {error}.") from error


def _row(fields: "tuple[Any, ...]") -> _Row:
    name, architecture, epoch, version, release, user_id, action, reason = fields
    return _Row(
        str(name),
        str(architecture),
        int(epoch),
        str(version),
        str(release),
        int(user_id),
        int(action),
        int(reason),
    )


def _user_names(target: Target) -> dict[int, str]:
    try:
        text = target.read("etc/passwd", _MAX_PASSWORD_BYTES).decode("utf-8", "replace")
    except UnreadableFileError:
        return {}
    entries = [line.split(":") for line in text.splitlines()]
    return {
        int(entry[2]): entry[0]
        for entry in reversed(entries)
        if len(entry) > 2 and entry[2].isascii() and entry[2].isdigit()
    }
