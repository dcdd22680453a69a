"""Which patch baseline a node uses (contract 4.9): its patch group's, else the default."""

from dataclasses import dataclass

from patchwarden.data.load import operating_systems, predefined_baseline_arn
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.os_rules import PredefinedBaseline
from patchwarden.store import baselines, patch_groups
from patchwarden.store.database import Database, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedBaseline:
    """The baseline a node is judged by."""

    baseline_id: str
    """Bare, also for a predefined baseline, as in patch states and snapshots."""
    content: PatchBaseline


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
