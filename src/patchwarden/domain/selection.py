"""Does this patch match this filter, or this list of approved or rejected names?"""

import fnmatch
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from patchwarden.domain.baselines import ANY, PatchFilter

_GLOB_CHARACTERS = frozenset("*?[")

Field: TypeAlias = tuple[str, str]
"""A filter key and the value that a patch has for it, in lower case."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Filters made ready to be asked many times; all of them must match.

    Values are compared without regard to case (contract 4.5).
    """

    accepted: tuple[frozenset[Field], ...]
    """What each filter accepts; a filter with `*` is left out: it matches all."""

    @classmethod
    def of(cls, filters: Iterable[PatchFilter]) -> "Selector":
        """Prepare `filters`."""
        return cls(
            tuple(
                frozenset((filter_.key, value.lower()) for value in filter_.values)
                for filter_ in filters
                if ANY not in filter_.values
            )
        )

    def matches(self, fields: frozenset[Field]) -> bool:
        """Say whether `fields` pass every filter.

        A filter on a field that is absent does not match.
        """
        return not any(map(fields.isdisjoint, self.accepted))


@dataclass(frozen=True, slots=True, eq=False)
class NameList:
    """ApprovedPatches or RejectedPatches made ready: whole names, or globs with `*`, `?`, `[…]`.

    Names are compared without regard to case, but for some package managers (contract 4.7).
    """

    names: frozenset[str]
    glob: re.Pattern[str] | None
    ignores_case: bool

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def of(
        cls, patterns: tuple[str, ...], *, ignores_case: bool = True, has_globs: bool = True
    ) -> "NameList":
        """Prepare `patterns`; the same patterns give the same object.

        Without `has_globs` every pattern is a whole name.
        """
        folded = [pattern.lower() for pattern in patterns] if ignores_case else patterns
        globs = [each for each in folded if has_globs and _GLOB_CHARACTERS & set(each)]
        return cls(
            names=frozenset(folded).difference(globs),
            glob=re.compile("|".join(map(fnmatch.translate, globs))) if globs else None,
            ignores_case=ignores_case,
        )

    def __bool__(self) -> bool:
        return bool(self.names) or self.glob is not None

    def matches(self, name_forms: Iterable[str]) -> bool:
        """Say whether any of `name_forms` is listed."""
        if self.ignores_case:
            name_forms = map(str.lower, name_forms)
        return any(
            form in self.names or (self.glob is not None and self.glob.match(form) is not None)
            for form in name_forms
        )


class Mention(NamedTuple):
    """What the lists of names in a baseline say about a patch."""

    as_approved: bool
    as_rejected: bool
    """Whether RejectedPatches names the version to judge."""
    as_installed_and_rejected: bool
    """Whether RejectedPatches names the version that is installed."""
    obeys_global_filters: bool = False
    """Whether the approval by name counts only for what passes the global filters, whatever the
    installation has chosen: yum's, of what an advisory fixes (contract 3.2, step 3)."""


UNMENTIONED = Mention(as_approved=False, as_rejected=False, as_installed_and_rejected=False)
