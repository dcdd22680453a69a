"""Keeps the changelogs that were read: those of one version of a source package never change."""

import contextlib
import json
import os
import tempfile
import urllib.parse
from pathlib import Path
from typing import Any, Optional

from patchwarden_agent.changelogs.text import Changelog, Entry
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.target import read_file

MAX_KEPT = 1000
_MAX_BYTES = 32 * 1024 * 1024
_SUFFIX = ".json"


class ChangelogCache:
    """A directory with one file for each changelog; what cannot be kept is left out."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, source: str, version: str) -> Optional[Changelog]:
        """Give the changelog of a version of a source package; None if it is not kept."""
        try:
            kept = json.loads(read_file(self._path(source, version), _MAX_BYTES))
            return Changelog(source, version, tuple(_entry(each) for each in kept))
        except (UnreadableFileError, ValueError, TypeError, RecursionError):
            return None

    def keep(self, changelog: Changelog) -> None:
        """Keep a changelog, and drop the oldest if there are more than MAX_KEPT."""
        with contextlib.suppress(OSError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._directory, suffix=".tmp")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(changelog.entries, file)
            Path(name).replace(self._path(changelog.source, changelog.version))
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        files = list(self._directory.iterdir())
        if len(files) > MAX_KEPT:
            by_age = sorted(files, key=lambda path: path.stat().st_mtime)
            for path in by_age[: len(files) - MAX_KEPT]:
                path.unlink()

    def _path(self, source: str, version: str) -> Path:
        name = urllib.parse.quote(f"{source}_{version}", safe="+~:")
        return self._directory / (name + _SUFFIX)


def _entry(kept: Any) -> Entry:  # noqa: ANN401 - what JSON gave
    version, released_at, cve_ids = kept
    is_sound = isinstance(version, str) and all(isinstance(each, str) for each in cve_ids)
    if not is_sound or not (released_at is None or isinstance(released_at, (int, float))):
        raise ValueError("It is no entry of a changelog.")
    return Entry(version, released_at, tuple(cve_ids))
