"""Files that appear whole or not at all, also where several processes make the same one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Give a place to prepare a file; it becomes `path` at the end, durably.

    If another process was faster, its file stays and the draft is dropped. Raises OSError.
    """
    with TemporaryDirectory(prefix=".draft-", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        draft.touch(mode=0o600)
        yield draft
        _sync(draft)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    # A new name is durable only once its directory is.
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
