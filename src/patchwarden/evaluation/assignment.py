"""Which patch baseline a node uses (contract 4.9): its patch group's, else the default."""

from dataclasses import dataclass
from functools import cached_property

from patchwarden.data.load import operating_systems, predefined_baseline_arn
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.os_rules import PredefinedBaseline
from patchwarden.store import baselines, patch_groups
from patchwarden.store.database import Database, Scope

_MAX_KNOWN = 10_000


@dataclass(frozen=True, kw_only=True)
class AssignedBaseline:
    """The baseline a node is judged by."""

    baseline_id: str
    """Bare, also for a predefined baseline, as in patch states and snapshots."""
    content: PatchBaseline

    @cached_property
    def digest(self) -> bytes:
        """Give the name of the content."""
        return baselines.digest_of(self.content)


class Assignments:
    """Remembers which baselines nodes use, until anything that decides it changes."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._known: dict[tuple[Scope, int, str, str], AssignedBaseline] = {}

    def find(
        self, db: Database, scope: Scope, operating_system: str, patch_group: str
    ) -> AssignedBaseline:
        """Give the baseline of a node of `operating_system` in `patch_group`, empty if in none.

        What it says is kept for good, so that evaluations can refer to it. Must run inside a
        transaction.
        """
        generation = baselines.policy_generation(db, scope)
        key = (scope, generation, operating_system, patch_group)
        assigned = self._known.get(key)
        if assigned is None:
            if len(self._known) > _MAX_KNOWN:
                self._known.clear()
            assigned = assigned_baseline(db, scope, operating_system, patch_group)
            baselines.keep_content(db, assigned.content)
            self._known[key] = assigned
            # If a change is undone, the next one counts as the same generation.
            db.if_undone(self._known.clear)
        return assigned


def assigned_baseline(
    db: Database, scope: Scope, operating_system: str, patch_group: str
) -> AssignedBaseline:
    """Give the baseline of a node of `operating_system` in `patch_group`, empty if in none."""
    registered = patch_group and patch_groups.baseline_of(db, scope, patch_group, operating_system)
    registered = registered or baselines.defaults(db, scope).get(operating_system)
    if registered is not None:
        stored = baselines.find(db, scope, registered)
        if stored is not None:
            return AssignedBaseline(baseline_id=registered, content=stored.content)
    predefined = find_predefined(scope.region, registered or "") or default_predefined(
        operating_system
    )
    return AssignedBaseline(baseline_id=predefined.baseline_id, content=predefined.content)


def default_predefined(operating_system: str) -> PredefinedBaseline:
    """Give the predefined baseline that is the default until another is registered."""
    rules = operating_systems()[operating_system]
    return next(baseline for baseline in rules.predefined_baselines if baseline.is_default)


def find_predefined(region: str, arn: str) -> PredefinedBaseline | None:
    """Give the predefined baseline with this ARN in `region`."""
    baseline_id = arn.rpartition("/")[2]
    for rules in operating_systems().values():
        for baseline in rules.predefined_baselines:
            if baseline.baseline_id == baseline_id:
                return baseline if predefined_baseline_arn(region, baseline_id) == arn else None
    return None
