"""Does this patch match this filter, or this list of approved or rejected names?"""

import fnmatch
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from patchwarden.domain.baselines import ANY, PatchFilter

_GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Selector:
    """Filters made ready to be asked many times; all of them must match.

    Values are compared without regard to case (contract 4.5).
    """

    accepted: tuple[tuple[str, frozenset[str]], ...]
    """Filter key and its values in lower case; a filter with `*` is left out: it matches all."""

    @classmethod
    def of(cls, filters: Iterable[PatchFilter]) -> "Selector":
        """Prepare `filters`."""
        return cls(
            tuple(
                (filter_.key, frozenset(value.lower() for value in filter_.values))
                for filter_ in filters
                if ANY not in filter_.values
            )
        )

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Say whether `fields` (filter key to lower-case value) pass every filter.

        A filter on a field that is absent or empty does not match.
        """
        return all(fields.get(key, "") in values for key, values in self.accepted)


@dataclass(frozen=True, slots=True)
class NameList:
    """ApprovedPatches or RejectedPatches made ready: whole names, or globs with `*`, `?`, `[…]`.

    Names are compared without regard to case (contract 4.7).
    """

    names: frozenset[str]
    glob: re.Pattern[str] | None

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def of(cls, patterns: tuple[str, ...]) -> "NameList":
        """Prepare `patterns`."""
        lowered = [pattern.lower() for pattern in patterns]
        globs = [pattern for pattern in lowered if _GLOB_CHARACTERS & set(pattern)]
        return cls(
            names=frozenset(lowered).difference(globs),
            glob=re.compile("|".join(map(fnmatch.translate, globs))) if globs else None,
        )

    def __bool__(self) -> bool:
        return bool(self.names) or self.glob is not None

    def matches(self, name_forms: Iterable[str]) -> bool:
        """Say whether any of `name_forms` (lower case) is listed."""
        return any(
            form in self.names or (self.glob is not None and self.glob.match(form) is not None)
            for form in name_forms
        )


def apt_name_forms(name: str, architecture: str, version: str) -> tuple[str, ...]:
    """Give the lower-case forms by which a baseline may name an apt package (contract 4.7).

    They are n, n.a, n-v, v, a:v and n.a:v.
    """
    name, architecture, version = name.lower(), architecture.lower(), version.lower()
    return (
        name,
        f"{name}.{architecture}",
        f"{name}-{version}",
        version,
        f"{architecture}:{version}",
        f"{name}.{architecture}:{version}",
    )
