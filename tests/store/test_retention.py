"""What is dropped of the history of nodes, and what never is."""

import pytest

from fakes import NOW, package, report
from node_store import NODE, NodeStore
from patchwarden.store import baselines, retention, scans
from patchwarden.store.retention import Limits, NodeRange

DAY_S = 86_400.0
NOTHING = Limits(reports=0.0, superseded=0.0)


def everything(store: NodeStore) -> NodeRange:
    nodes = retention.next_range(store.db, -1)
    assert nodes is not None
    assert retention.next_range(store.db, nodes.last) is None
    return nodes


def drop(store: NodeStore, limits: Limits) -> int:
    nodes, dropped = everything(store), 0
    while retention.has_old(store.db, nodes, limits):
        with store.db.transaction():
            dropped += retention.drop_old(store.db, nodes, limits)
    return dropped


def before(now: float) -> Limits:
    return Limits(reports=now, superseded=now)


@pytest.fixture
def history(store: NodeStore) -> NodeStore:
    """Give a store whose node has reported three times, something else each time."""
    for day in range(3):
        store.accept(report([package("bash", f"{day}-1")], at=NOW + day * DAY_S))
    return store


def test_the_newest_report_is_never_dropped(history: NodeStore) -> None:
    newest = history.node().scan_id
    assert drop(history, before(NOW + 1000 * DAY_S)) == 2
    assert history.db.all("SELECT scan_id FROM scans") == [(newest,)]
    assert (history.count("facts"), history.count("node_facts")) == (1, 1)
    assert newest is not None
    assert b"2-1" in scans.load(history.db, history.node().node_key, newest).packages_facts


def test_what_arrived_later_is_kept(history: NodeStore) -> None:
    assert drop(history, before(NOW + DAY_S)) == 1
    assert (history.count("scans"), history.count("facts")) == (2, 2)


def test_what_an_evaluation_refers_to_is_kept_while_it_can_be_paged_through(
    store: NodeStore,
) -> None:
    for minute in range(3):
        store.accept(report([package("bash", f"{minute}-1")], at=NOW + 60 * minute))
    # Each was judged, and its evaluation superseded by that of the next.
    later = NOW + 1000 * DAY_S
    assert drop(store, Limits(reports=later, superseded=NOW)) == 0
    assert store.count("scans") == 3
    assert drop(store, Limits(reports=later, superseded=NOW + 90)) == 1
    assert drop(store, Limits(reports=later, superseded=NOW + 180)) == 1


def test_facts_that_a_later_report_shares_are_kept(store: NodeStore) -> None:
    for day in range(3):
        store.accept(report([package("bash")], at=NOW + day * DAY_S))
    assert drop(store, before(NOW + 1000 * DAY_S)) == 2
    assert (store.count("scans"), store.count("facts"), store.count("node_facts")) == (1, 1, 1)


def test_a_node_is_judged_after_its_history_was_dropped(history: NodeStore) -> None:
    later = NOW + 1000 * DAY_S
    drop(history, before(later))
    baselines.count_policy_change_everywhere(history.db)
    assert history.verdict(later).scan_id == history.node(NODE).scan_id


def test_where_nothing_is_old_nothing_is_found(history: NodeStore) -> None:
    assert not retention.has_old(history.db, everything(history), NOTHING)


def test_a_store_without_nodes_has_no_range(history: NodeStore) -> None:
    assert retention.next_range(history.db, history.node().node_key) is None
