"""Changelogs of source packages: which version fixed which CVEs, in the packager's words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangelogEntry:
    """What one version of a source package changed."""

    version: str
    released_at: float | None = None
    """When its packager finished it."""
    cve_ids: tuple[str, ...] = ()


class SourceVersion(NamedTuple):
    """One version of a source package."""

    source: str
    version: str


def fixed_since(
    entries: Iterable[ChangelogEntry], installed: str, sort_key: Callable[[str], Any]
) -> tuple[str, ...]:
    """Give the CVEs that versions newer than `installed` name, each once."""
    after = sort_key(installed)
    newer = (entry for entry in entries if sort_key(entry.version) > after)
    return tuple(dict.fromkeys(cve_id for entry in newer for cve_id in entry.cve_ids))
