from collections.abc import Sequence
from contextlib import closing

import pytest

from fakes import NOW, package, report
from node_store import NODE, SCOPE, NodeStore
from patchwarden.evaluation.outdated import bring_up_to_date
from patchwarden.store import baselines, verdicts
from patchwarden.store.errors import WriteRequiredError

OTHER = "mi-0123456789abcdef1"
NEVER = "mi-0123456789abcdef2"


@pytest.fixture
def fleet(store: NodeStore) -> NodeStore:
    """Give a store with two nodes that have reported and one that has not."""
    store.register(OTHER)
    store.register(NEVER)
    for instance_id in (NODE, OTHER):
        store.accept(report([package("bash")]), instance_id=instance_id)
    return store


def outdated(store: NodeStore, named: Sequence[str] | None = None) -> list[str]:
    engine = store.engine.identity
    found = verdicts.outdated(store.db, SCOPE, engine=engine, now=NOW, instance_ids=named)
    return sorted(found)


def test_where_everything_holds_nothing_is_written(fleet: NodeStore) -> None:
    with closing(fleet.read_only()) as reader:
        bring_up_to_date(reader, fleet.engine, SCOPE, NOW)
    assert outdated(fleet) == []


def test_all_nodes_are_judged_again_after_a_change(fleet: NodeStore) -> None:
    baselines.count_policy_change(fleet.db, SCOPE)
    assert outdated(fleet) == [NODE, OTHER]
    with fleet.db.transaction():
        bring_up_to_date(fleet.db, fleet.engine, SCOPE, NOW)
    assert outdated(fleet) == []


def test_only_those_named_are_judged_again(fleet: NodeStore) -> None:
    baselines.count_policy_change(fleet.db, SCOPE)
    named = [OTHER, NEVER, "mi-unknown"]
    assert outdated(fleet, named) == [OTHER]
    with fleet.db.transaction():
        bring_up_to_date(fleet.db, fleet.engine, SCOPE, NOW, instance_ids=named)
    assert outdated(fleet) == [NODE]


def test_a_reader_says_that_it_would_have_to_write(fleet: NodeStore) -> None:
    baselines.count_policy_change(fleet.db, SCOPE)
    with closing(fleet.read_only()) as reader, pytest.raises(WriteRequiredError):
        bring_up_to_date(reader, fleet.engine, SCOPE, NOW)
