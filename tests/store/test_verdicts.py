import math
from collections.abc import Sequence

import pytest

from patchwarden.domain.states import ComplianceLevel
from patchwarden.domain.summary import Summary
from patchwarden.store import baselines, nodes, verdicts
from patchwarden.store.database import Database, Scope
from patchwarden.store.packed_rows import PackedRows
from patchwarden.store.verdicts import NodeVerdict, Provenance, VerdictInForce

SCOPE = Scope("123456789012", "us-east-1")
NODE = "mi-0123456789abcdef0"
COUNTS = Summary(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, overall_severity=None)


@pytest.fixture
def node_key(db: Database) -> int:
    registration = nodes.Registration(
        instance_id=NODE, activation_id="", name=None, iam_role="role", tags={}
    )
    return nodes.add(db, SCOPE, registration, 0.0)


def verdict(
    evaluated_at: float = 100.0,
    *,
    valid_until: float = math.inf,
    installers: Sequence[str] = (),
    summary: Summary = COUNTS,
) -> NodeVerdict:
    return NodeVerdict(
        provenance=Provenance(
            scan_id=1,
            baseline_id="pb-1",
            baseline_digest=b"digest",
            patch_group="group",
            engine="engine",
            knowledge=7,
        ),
        generation=3,
        evaluated_at=evaluated_at,
        valid_until=valid_until,
        rows=_rows(installers),
        summary=summary,
    )


def _rows(installers: Sequence[str]) -> PackedRows:
    data = bytes(range(90 + 10 * bool(installers)))
    return PackedRows(data, tuple(installers))


@pytest.mark.parametrize(
    "kept",
    [
        verdict(),
        verdict(valid_until=200.5),
        verdict(installers=["root", 'é"']),
        verdict(summary=COUNTS._replace(overall_severity=ComplianceLevel.CRITICAL)),
        verdict(summary=COUNTS._replace(overall_severity=ComplianceLevel.UNSPECIFIED)),
    ],
)
def test_an_evaluation_comes_back_as_it_was(db: Database, node_key: int, kept: NodeVerdict) -> None:
    verdict_id = verdicts.put_in_force(db, node_key, kept)
    state = verdicts.of_node(db, SCOPE, NODE)
    assert state is not None
    assert state.node_key == node_key
    assert state.verdict == VerdictInForce(
        verdict_id, 1, kept.generation, kept.valid_until, "engine", kept.rows
    )
    assert verdicts.pinned_rows(db, SCOPE, NODE, verdict_id) == kept.rows
    assert verdicts.provenance(db, node_key, verdict_id) == kept.provenance
    assert verdicts.summary(db, node_key, verdict_id) == kept.summary


def test_a_node_without_an_evaluation_has_a_state(db: Database, node_key: int) -> None:
    state = verdicts.of_node(db, SCOPE, NODE)
    assert state is not None
    assert (state.scan_id, state.verdict) == (None, None)


@pytest.mark.parametrize(
    ("scope", "instance_id"),
    [
        (SCOPE, "mi-other"),
        (SCOPE._replace(account_id="210987654321"), NODE),
        (SCOPE._replace(region="eu-west-1"), NODE),
    ],
)
def test_another_scope_sees_nothing(
    db: Database, node_key: int, scope: Scope, instance_id: str
) -> None:
    verdict_id = verdicts.put_in_force(db, node_key, verdict())
    assert verdicts.of_node(db, scope, instance_id) is None
    assert verdicts.pinned_rows(db, scope, instance_id, verdict_id) is None


def test_the_last_evaluation_is_in_force_and_the_one_before_can_be_read(
    db: Database, node_key: int
) -> None:
    first = verdicts.put_in_force(db, node_key, verdict(100.0))
    second = verdicts.put_in_force(db, node_key, verdict(200.0))
    state = verdicts.of_node(db, SCOPE, NODE)
    assert state is not None
    assert state.verdict is not None
    assert state.verdict.verdict_id == second
    assert verdicts.pinned_rows(db, SCOPE, NODE, first) is not None


def left(db: Database, ids: Sequence[int]) -> list[int]:
    return [each for each in ids if verdicts.pinned_rows(db, SCOPE, NODE, each) is not None]


def test_what_was_superseded_early_enough_is_dropped(db: Database, node_key: int) -> None:
    ids = [verdicts.put_in_force(db, node_key, verdict(at)) for at in (100.0, 200.0, 300.0)]
    verdicts.drop_superseded(db, node_key, before=300.0)
    assert left(db, ids) == ids[1:]
    verdicts.drop_superseded(db, node_key, before=math.inf)
    assert left(db, ids) == ids[2:]


def test_the_id_of_an_evaluation_that_was_dropped_is_not_used_again(
    db: Database, node_key: int
) -> None:
    first = verdicts.put_in_force(db, node_key, verdict())
    nodes.remove(db, node_key)
    registration = nodes.Registration(
        instance_id=NODE, activation_id="", name=None, iam_role="role", tags={}
    )
    again = nodes.add(db, SCOPE, registration, 60.0)
    assert again == node_key
    assert verdicts.put_in_force(db, again, verdict()) != first
    assert verdicts.pinned_rows(db, SCOPE, NODE, first) is None


def test_to_confirm_changes_only_what_it_stands_for(db: Database, node_key: int) -> None:
    verdict_id = verdicts.put_in_force(db, node_key, verdict())
    verdicts.confirm(db, node_key, verdict_id, scan_id=8, generation=9)
    state = verdicts.of_node(db, SCOPE, NODE)
    assert state is not None
    assert state.verdict == VerdictInForce(verdict_id, 8, 9, math.inf, "engine", verdict().rows)
    assert verdicts.provenance(db, node_key, verdict_id) == verdict().provenance._replace(scan_id=8)
    assert verdicts.summary(db, node_key, verdict_id) == COUNTS


def test_a_doubted_evaluation_is_of_no_generation(db: Database, node_key: int) -> None:
    verdicts.put_in_force(db, node_key, verdict()._replace(generation=0))
    verdicts.doubt(db, node_key)
    state = verdicts.of_node(db, SCOPE, NODE)
    assert state is not None
    assert state.verdict is not None
    assert state.generation == 0
    assert state.verdict.generation < 0


def test_a_changed_default_is_a_new_generation_in_its_scope_only(
    db: Database, node_key: int
) -> None:
    elsewhere = SCOPE._replace(region="eu-west-1")
    before = baselines.policy_generation(db, SCOPE), baselines.policy_generation(db, elsewhere)
    baselines.set_default(db, SCOPE, "DEBIAN", "pb-1")
    state = verdicts.of_node(db, SCOPE, NODE)
    assert state is not None
    assert state.generation == baselines.policy_generation(db, SCOPE) > before[0]
    assert baselines.policy_generation(db, elsewhere) == before[1]
