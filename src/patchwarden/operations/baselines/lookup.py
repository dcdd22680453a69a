"""Finds patch baselines, an account's own and the predefined ones alike (contract 4.8, 4.9)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from patchwarden.data.load import operating_systems, predefined_baseline_arn
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.os_rules import PredefinedBaseline
from patchwarden.evaluation.assignment import default_predefined, find_predefined
from patchwarden.operations.errors import DoesNotExistError, InvalidResourceIdError
from patchwarden.store import baselines
from patchwarden.store.baselines import StoredBaseline
from patchwarden.store.database import Database, Scope

_FORMS = re.compile(
    r"(?P<owner>arn:aws(?:-[a-z]+)*:ssm:[a-z0-9-]+:[0-9]{12}:patchbaseline/)?(?P<id>pb-[0-9a-f]{17})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBaseline:
    """One baseline that can be named in requests of an account."""

    baseline_id: str
    """As answers have it: bare if it is the account's own, the ARN of a predefined one."""
    is_predefined: bool
    created_at: float
    modified_at: float
    content: PatchBaseline


def find_baseline(db: Database, scope: Scope, named: str) -> KnownBaseline:
    """Give the baseline that a request names: an own one bare or by ARN, a predefined by ARN.

    Raises DoesNotExistError, and InvalidResourceIdError if it is not the id of a baseline.
    """
    if _FORMS.fullmatch(named) is None:
        raise InvalidResourceIdError(f"{named} is not the id or ARN of a patch baseline.")
    predefined = find_predefined(scope.region, named)
    if predefined is not None:
        return _predefined(scope, predefined)
    return find_own_baseline(db, scope, named)


def find_own_baseline(db: Database, scope: Scope, named: str) -> KnownBaseline:
    """Give the baseline of the account that a request names, bare or by ARN.

    Raises DoesNotExistError, also for a predefined baseline, which nobody can change.
    """
    baseline_id = own_baseline_id(scope, named)
    own = None if baseline_id is None else baselines.find(db, scope, baseline_id)
    if own is not None:
        return _own(own)
    if find_predefined(scope.region, named) is not None:
        raise DoesNotExistError(
            f"{named} is a predefined patch baseline, which stays as it is; create one of your own."
        )
    raise DoesNotExistError("Patch Baseline to be retrieved does not exist.")


def own_baseline_id(scope: Scope, named: str) -> str | None:
    """Give the bare id of the baseline of `scope` that a request names, whether it is there or not.

    None if no baseline of `scope` can have that name.
    """
    form = _FORMS.fullmatch(named)
    own = f"arn:aws:ssm:{scope.region}:{scope.account_id}:patchbaseline/"
    return form["id"] if form is not None and form["owner"] in {None, own} else None


def every_baseline(db: Database, scope: Scope) -> list[KnownBaseline]:
    """Give all baselines, the predefined ones first, each kind by id (contract 5.5)."""
    known = [_predefined(scope, predefined) for predefined in _every_predefined()]
    known += map(_own, baselines.in_scope(db, scope))
    return sorted(known, key=lambda each: each.baseline_id)


def default_baseline_ids(db: Database, scope: Scope) -> dict[str, str]:
    """Give operating system → id of its default baseline, as answers have it."""
    registered = baselines.defaults(db, scope)
    return {
        operating_system: registered.get(operating_system)
        or predefined_baseline_arn(scope.region, default_predefined(operating_system).baseline_id)
        for operating_system in operating_systems()
    }


def _every_predefined() -> Iterator[PredefinedBaseline]:
    for rules in operating_systems().values():
        yield from rules.predefined_baselines


def _predefined(scope: Scope, predefined: PredefinedBaseline) -> KnownBaseline:
    return KnownBaseline(
        baseline_id=predefined_baseline_arn(scope.region, predefined.baseline_id),
        is_predefined=True,
        created_at=predefined.created_at,
        modified_at=predefined.modified_at,
        content=predefined.content,
    )


def _own(stored: StoredBaseline) -> KnownBaseline:
    return KnownBaseline(
        baseline_id=stored.baseline_id,
        is_predefined=False,
        created_at=stored.created_at,
        modified_at=stored.modified_at,
        content=stored.content,
    )
