"""Leaves out the updates of Windows that a later one on offer takes the place of (contract 4.5).

Windows Update does not offer them. Where it was not asked, and what is on offer comes from the
catalog, each month since the last installation would else be missing by itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple, TypeAlias

from patchwarden.domain.facts import WindowsUpdate
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.domain.windows import key_of

_ON_OFFER = frozenset({PatchState.MISSING, PatchState.FAILED, PatchState.AVAILABLE_SECURITY_UPDATE})


class Judged(NamedTuple):
    """An update and what came of judging it."""

    update: WindowsUpdate
    state: PatchState
    level: ComplianceLevel | None
    """None if nothing approves it."""


_Edges: TypeAlias = Mapping[str, Collection[str]]
"""Key of each update on offer → those on offer that it supersedes by its own word."""


def without_superseded(judged: Sequence[Judged]) -> list[Judged]:
    """Leave out what a later update brings along; that one fixes what is left out, too.

    What is approved gives way only to what is approved: an update whose delay is running does not
    hide the one before it. Of updates that supersede each other, all stay.
    """
    on_offer: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        if each.state in _ON_OFFER:
            on_offer[key_of(each.update)].append(each)
    offers = _Offers.of(on_offer)
    return [
        offers.with_cve_ids(each) if each.state in _ON_OFFER else each
        for each in judged
        if each.state not in _ON_OFFER or not offers.brings(each)
    ]


@dataclass(frozen=True, slots=True)
class _Offers:
    """The updates on offer, and what of them supersedes what."""

    by_key: Mapping[str, Sequence[Judged]]
    edges: _Edges
    groups: Mapping[str, int]
    """Key → number of its group: of those that supersede each other, or by itself."""
    superseded: Collection[int]
    """Groups that any other group supersedes, directly or not."""
    superseded_by_approved: Collection[int]
    """Those that one with something approved in it supersedes."""
    brought: dict[tuple[int, bool], Sequence[Judged]] = field(default_factory=dict)
    """What groups bring along, once for what is approved in them and once for the rest."""

    @classmethod
    def of(cls, by_key: Mapping[str, Sequence[Judged]]) -> "_Offers":
        """Find out, in one walk, what is superseded: a node may list a chain of thousands."""
        edges = {key: _superseded_by(same, by_key) for key, same in by_key.items()}
        groups = _groups(edges)
        numbers = {key: number for number, keys in enumerate(groups) for key in keys}
        superseded: set[int] = set()
        by_approved: set[int] = set()
        for number, keys in enumerate(groups):
            later = {numbers[each] for key in keys for each in edges[key]} - {number}
            superseded |= later
            is_approved = any(each.level is not None for key in keys for each in by_key[key])
            if is_approved or number in by_approved:
                by_approved |= later
        return cls(by_key, edges, numbers, superseded, by_approved)

    def brings(self, each: Judged) -> bool:
        """Say whether a later update brings this one along."""
        by = self.superseded if each.level is None else self.superseded_by_approved
        return self.groups[key_of(each.update)] in by

    def with_cve_ids(self, later: Judged) -> Judged:
        """Add what is fixed by the updates that this one brings along."""
        brought = self._brought(later)
        if not brought:
            return later
        fixed = chain(later.update.cve_ids, *(each.update.cve_ids for each in brought))
        return later._replace(update=replace(later.update, cve_ids=tuple(sorted(set(fixed)))))

    def _brought(self, later: Judged) -> Sequence[Judged]:
        """Give what an update brings along: the same for all of its group."""
        own_key, is_approved = key_of(later.update), later.level is not None
        own_group = self.groups[own_key]
        if (own_group, is_approved) not in self.brought:
            self.brought[own_group, is_approved] = [
                each
                for key in _in_postorder([own_key], self.edges)
                if self.groups[key] != own_group
                for each in self.by_key[key]
                if is_approved or each.level is None
            ]
        return self.brought[own_group, is_approved]


def _superseded_by(same: Sequence[Judged], by_key: Mapping[str, object]) -> Collection[str]:
    keys = {key.lower() for each in same for key in each.update.supersedes}
    return sorted(keys & by_key.keys())


def _groups(edges: _Edges) -> Sequence[Sequence[str]]:
    """Put together the keys that reach each other; each group comes before what it reaches.

    Origin: Kosaraju's algorithm for strongly connected components.
    """
    backward: dict[str, list[str]] = {key: [] for key in edges}
    for key, reached in edges.items():
        for each in reached:
            backward[each].append(key)
    grouped: set[str] = set()
    return [
        list(_in_postorder([key], backward, grouped))
        for key in reversed(list(_in_postorder(edges, edges)))
        if key not in grouped
    ]


def _in_postorder(
    starts: Collection[str], edges: _Edges, seen: set[str] | None = None
) -> Iterator[str]:
    """Give `starts` and all they reach, each after what it reaches; none that was `seen`."""
    seen = set() if seen is None else seen
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(edges[start]))]
        while path:
            key, left = path[-1]
            following = next((each for each in left if each not in seen), None)
            if following is None:
                path.pop()
                yield key
            else:
                seen.add(following)
                path.append((following, iter(edges[following])))
