"""Judges many nodes again, those whose evaluations do not hold any more."""

from collections.abc import Sequence

from patchwarden.evaluation import run
from patchwarden.evaluation.run import Engine
from patchwarden.store import verdicts
from patchwarden.store.database import Database, Scope


def bring_up_to_date(
    db: Database,
    engine: Engine,
    scope: Scope,
    now: float,
    *,
    instance_ids: Sequence[str] | None = None,
) -> None:
    """Have the nodes of `scope`, or those named, judged again where they are not as at `now`.

    Raises WriteRequiredError as `run.current` does.
    """
    for instance_id in verdicts.outdated(
        db, scope, engine=engine.identity, now=now, instance_ids=instance_ids
    ):
        run.current(db, engine, scope, instance_id, now)
