"""Which patches of the catalog a Windows baseline is about, and how it stands to each."""

from collections.abc import Iterator
from typing import NamedTuple

from patchwarden.data.load import operating_systems
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.effective_policy import APPROVED_STATUSES, EffectivePolicy, PatchStatus
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.states import ComplianceLevel
from patchwarden.store import catalog
from patchwarden.store.catalog_search import START, Found, Position, Search, find
from patchwarden.store.database import Database

_PART = 1_000


class EffectivePatches(NamedTuple):
    """One part of the effective patches of a baseline."""

    patches: tuple[tuple[CatalogPatch, PatchStatus], ...]
    """By release date."""
    reached: Position | None
    """Where to go on; None if there is nothing more."""


def approved_patches(
    db: Database, baseline: PatchBaseline, now: float
) -> Iterator[tuple[CatalogPatch, ComplianceLevel]]:
    """Give the patches that a WINDOWS baseline approves as of `now`, by release date."""
    policy = _policy(baseline, now)
    search = _search(db, policy)
    reached: Position | None = START
    while reached is not None:
        found = find(db, search, reached, _PART)
        for patch, status in _with_status(policy, found):
            if status.deployment_status in APPROVED_STATUSES:
                yield patch, status.compliance_level
        reached = found.reached


def effective_patches(
    db: Database, baseline: PatchBaseline, now: float, *, after: Position, limit: int
) -> EffectivePatches:
    """Give up to `limit` patches that the rules of a WINDOWS baseline match or its lists name.

    It looks at a bounded number of patches, so that there may be fewer and still more to come.
    """
    policy = _policy(baseline, now)
    found = find(db, _search(db, policy), after, limit)
    return EffectivePatches(tuple(_with_status(policy, found)), found.reached)


def _policy(baseline: PatchBaseline, now: float) -> EffectivePolicy:
    return EffectivePolicy.of(baseline, operating_systems()[WINDOWS], now)


def _search(db: Database, policy: EffectivePolicy) -> Search:
    """Look for all that a policy may be about."""
    matching = (
        each.terms_id
        for each in catalog.every_terms(db)
        if each.operating_system == WINDOWS and policy.may_match(each.fields)
    )
    return Search(operating_system=WINDOWS, terms_ids=frozenset(matching), or_named=policy.names)


def _with_status(
    policy: EffectivePolicy, found: Found
) -> Iterator[tuple[CatalogPatch, PatchStatus]]:
    for patch in found.patches:
        status = policy.status(patch)
        if status is not None:
            yield patch, status
