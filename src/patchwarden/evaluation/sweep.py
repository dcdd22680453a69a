"""Brings the fleet up to date ahead of the questions about it, a few nodes at a time.

A step judges nodes on a connection that only reads, so that others go on writing meanwhile; then it
writes the results in one short transaction. A node that was changed in between is left for the next
look. What a process works on it holds by a lease (store.sweep_leases); all else it knows is what
the store says is outdated, so a process that is killed leaves nothing that must be put right.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from patchwarden.errors import UnavailableError
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.run import (
    Judgement,
    judge_again,
    judged_ahead,
    put_ahead_in_force,
)
from patchwarden.store import sweep_leases, verdicts
from patchwarden.store.database import Database
from patchwarden.store.errors import StoreUnavailableError, WriteRequiredError
from patchwarden.store.verdicts import OutdatedNode

LOOK_AHEAD = 4_096
"""Nodes that one look finds at most."""
LEASE_S = 5.0
"""A step takes some hundredths of a second, and keeps the lease for longer."""
RETRY_AFTER_S = 600.0
"""When a node that could not be judged is tried again."""

Failure = tuple[OutdatedNode, Exception]


class Portion(NamedTuple):
    """The outdated nodes of one part that one look has found."""

    part: int
    nodes: Sequence[OutdatedNode]


class Ahead(NamedTuple):
    """Nodes that were judged and are to be written."""

    judgements: Sequence[Judgement]
    to_judge: Sequence[OutdatedNode]
    """Those that have to be judged where writing is allowed."""
    failures: Sequence[Failure]


class Written(NamedTuple):
    """What became of a step."""

    is_held: bool
    """False if another process has the part; then nothing was written."""
    judged: int
    failures: Sequence[Failure]


@dataclass(slots=True)
class Sweep:
    """What one process knows while it sweeps."""

    holder: str
    """Names the process among all that use the store."""
    started_at: float
    """What another engine has judged since is left to it: both may be right in their own way."""
    _not_before: dict[int, float] = field(default_factory=dict)
    """By the keys of nodes that could not be judged, when to try again."""

    @property
    def failed(self) -> int:
        """Give the number of nodes that could not be judged and wait to be tried again."""
        return len(self._not_before)

    def look(self, db: Database, engine: Engine, now: float) -> list[Portion]:
        """Find outdated nodes that nobody else works on; each process begins elsewhere."""
        self._not_before = {key: at for key, at in self._not_before.items() if at > now}
        found = verdicts.outdated_anywhere(
            db,
            engine=engine.identity,
            now=now,
            others_before=self.started_at,
            limit=LOOK_AHEAD + self.failed,
        )
        taken = sweep_leases.held_by_others(db, self.holder, now) if found else frozenset()
        return list(self._portions(found, taken))

    def write(
        self, db: Database, engine: Engine, portion: Portion, ahead: Ahead, now: float
    ) -> Written:
        """Write a step of a part, which is taken or kept for that; must run in a transaction."""
        if not sweep_leases.take(db, portion.part, self.holder, now=now, lasts_s=LEASE_S):
            return Written(is_held=False, judged=0, failures=())
        judged = sum(put_ahead_in_force(db, engine, judgement) for judgement in ahead.judgements)
        failures = list(ahead.failures)
        for node in ahead.to_judge:
            try:
                with db.savepoint():
                    judge_again(db, engine, node.scope, [node.instance_id], now)
                judged += 1
            except StoreUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - one node must not keep the others back
                failures.append((node, error))
        return Written(is_held=True, judged=judged, failures=failures)

    def note_failures(self, failures: Sequence[Failure], now: float) -> None:
        """Leave nodes that could not be judged alone for a while."""
        self._not_before.update((node.node_key, now + RETRY_AFTER_S) for node, _ in failures)

    def _portions(self, found: Sequence[OutdatedNode], taken: Collection[int]) -> Iterator[Portion]:
        by_part: dict[int, list[OutdatedNode]] = {}
        for node in found:
            if node.node_key not in self._not_before:
                by_part.setdefault(sweep_leases.part_of(node.node_key), []).append(node)
        first = sum(self.holder.encode()) % sweep_leases.PARTS
        for part in sorted(by_part, key=lambda part: (part - first) % sweep_leases.PARTS):
            if part not in taken:
                yield Portion(part, by_part[part])


def judge_ahead(
    db: Database, engine: Engine, nodes: Sequence[OutdatedNode], clock: Callable[[], float]
) -> Ahead:
    """Judge nodes without writing; `engine` must be used by no other thread.

    Raises UnavailableError if the store cannot be read.
    """
    judgements: list[Judgement] = []
    to_judge: list[OutdatedNode] = []
    failures: list[Failure] = []
    for node in nodes:
        db.begin_snapshot()
        try:
            judged = judged_ahead(db, engine, node.scope, node.instance_id, clock())
            if judged is not None:
                judgements.append(judged)
        except WriteRequiredError:
            to_judge.append(node)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one node must not keep the others back
            failures.append((node, error))
        finally:
            db.end_snapshot()
    return Ahead(tuple(judgements), tuple(to_judge), tuple(failures))
