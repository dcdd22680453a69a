from contextlib import closing

import pytest

from fakes import NOW, package, report
from node_store import NODE, SCOPE, NodeStore
from patchwarden.evaluation.run import OutdatedError, bring_up_to_date
from patchwarden.store import baselines, verdicts
from patchwarden.store.node_selection import NodeSelection

OTHER = "mi-0123456789abcdef1"
NEVER = "mi-0123456789abcdef2"
EVERY_NODE = NodeSelection(SCOPE)


@pytest.fixture
def fleet(store: NodeStore) -> NodeStore:
    """Give a store with two nodes that have reported and one that has not."""
    store.register(OTHER)
    store.register(NEVER)
    for instance_id in (NODE, OTHER):
        store.accept(report([package("bash")]), instance_id=instance_id)
    return store


def outdated(store: NodeStore, selection: NodeSelection = EVERY_NODE) -> list[str]:
    return verdicts.outdated(store.db, selection, engine=store.engine.identity, now=NOW)


def test_where_everything_holds_nothing_is_written(fleet: NodeStore) -> None:
    with closing(fleet.read_only()) as reader:
        bring_up_to_date(reader, fleet.engine, EVERY_NODE, NOW)
    assert outdated(fleet) == []


def test_all_nodes_are_judged_again_after_a_change(fleet: NodeStore) -> None:
    baselines.count_policy_change(fleet.db, SCOPE)
    assert outdated(fleet) == [NODE, OTHER]
    with fleet.db.transaction():
        bring_up_to_date(fleet.db, fleet.engine, EVERY_NODE, NOW)
    assert outdated(fleet) == []


def test_only_those_named_are_judged_again(fleet: NodeStore) -> None:
    baselines.count_policy_change(fleet.db, SCOPE)
    named = NodeSelection(SCOPE, instance_ids=[OTHER, NEVER, "mi-unknown"])
    assert outdated(fleet, named) == [OTHER]
    with fleet.db.transaction():
        bring_up_to_date(fleet.db, fleet.engine, named, NOW)
    assert outdated(fleet) == [NODE]


def test_a_reader_names_the_nodes_that_have_to_be_judged(fleet: NodeStore) -> None:
    baselines.count_policy_change(fleet.db, SCOPE)
    with closing(fleet.read_only()) as reader, pytest.raises(OutdatedError) as caught:
        bring_up_to_date(reader, fleet.engine, EVERY_NODE, NOW)
    assert caught.value.instance_ids == [NODE, OTHER]
