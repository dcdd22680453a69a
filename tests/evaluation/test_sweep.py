"""The sweep: after it nothing is outdated, and every verdict is the one that a read would make."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import NOW, package, report
from fresh_evaluations import anew
from node_store import NODE, SCOPE, NodeStore, new_node_store
from patchwarden.choices import Choices
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.facts import Package
from patchwarden.evaluation import run, sweep
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.sweep import Portion, Sweep, judge_ahead
from patchwarden.store import baselines, nodes, sweep_leases, verdicts
from patchwarden.store.database import Database

OTHER = "mi-0123456789abcdef1"
NEVER = "mi-0123456789abcdef2"
OPEN = package("openssl", "1.0-1", update="1.1-1", security=True)


class Sweeping:
    """One process that sweeps a store: two connections, two engines, as in a server."""

    def __init__(self, store: NodeStore, holder: str = "one", started_at: float = NOW) -> None:
        self.store = store
        self.reader = store.read_only()
        self.own_engine = Engine(store.engine.choices)
        self.sweep = Sweep(holder, started_at)

    def close(self) -> None:
        self.reader.close()

    def step(self, now: float, between: Callable[[Portion], object] = lambda _: None) -> int:
        """Look once, judge what is found, then do something else, then write; give what was."""
        judged = 0
        for portion in self.sweep.look(self.reader, self.own_engine, now):
            ahead = judge_ahead(self.reader, self.own_engine, portion.nodes, lambda: now)
            between(portion)
            with self.store.db.transaction():
                written = self.sweep.write(self.store.db, self.store.engine, portion, ahead, now)
            self.sweep.note_failures(written.failures, now)
            judged += written.judged
        return judged

    def until_nothing_is_left(self, now: float) -> int:
        judged = 0
        for _ in range(10):
            step = self.step(now)
            if not step:
                return judged
            judged += step
        raise AssertionError("the sweep does not end")


@pytest.fixture
def fleet(store: NodeStore) -> NodeStore:
    """Give a store with two nodes that have reported and one that has not."""
    store.register(OTHER)
    store.register(NEVER)
    for instance_id in (NODE, OTHER):
        store.accept(report([package("bash"), OPEN]), instance_id=instance_id)
    return store


@pytest.fixture
def sweeping(fleet: NodeStore) -> Iterator[Sweeping]:
    with closing(Sweeping(fleet)) as made:
        yield made


def outdated(store: NodeStore, now: float = NOW) -> int:
    return verdicts.count_outdated(store.db, engine=store.engine.identity, now=now)


def use(db: Database, number: int, *rejected: str) -> None:
    """Make a new baseline the default, which rejects some packages."""
    content = PatchBaseline(name="rejecting", operating_system="DEBIAN", rejected_patches=rejected)
    baseline_id = f"pb-{number:017x}"
    baselines.add(db, SCOPE, baseline_id, content, now=NOW, by="tester")
    baselines.set_default(db, SCOPE, "DEBIAN", baseline_id)


def test_nothing_is_done_where_everything_holds(sweeping: Sweeping) -> None:
    assert sweeping.step(NOW) == 0


def test_all_nodes_are_judged_again_after_a_change(sweeping: Sweeping) -> None:
    use(sweeping.store.db, 1, "openssl")
    assert outdated(sweeping.store) == 2
    assert sweeping.until_nothing_is_left(NOW) == 2
    assert outdated(sweeping.store) == 0
    for instance_id in (NODE, OTHER):
        assert sweeping.store.provenance(NOW, instance_id).baseline_id == f"pb-{1:017x}"


def test_a_change_that_bears_on_no_node_only_confirms(sweeping: Sweeping) -> None:
    before = sweeping.store.verdict().verdict_id
    baselines.count_policy_change(sweeping.store.db, SCOPE)
    assert sweeping.until_nothing_is_left(NOW) == 2
    assert sweeping.store.verdict().verdict_id == before


def test_what_another_process_works_on_is_left_to_it(sweeping: Sweeping) -> None:
    store = sweeping.store
    use(store.db, 1)
    part = sweep_leases.part_of(store.node().node_key)
    assert part != sweep_leases.part_of(store.node(OTHER).node_key)
    with store.db.transaction():
        assert sweep_leases.take(store.db, part, "another", now=NOW, lasts_s=sweep.LEASE_S)
    assert sweeping.step(NOW) == 1
    assert sweeping.step(NOW) == 0
    assert sweeping.step(NOW + sweep.LEASE_S + 1) == 1


def test_a_lease_that_was_lost_meanwhile_keeps_a_step_from_being_written(
    sweeping: Sweeping,
) -> None:
    store = sweeping.store
    use(store.db, 1)

    def lose(_: Portion) -> None:
        with store.db.transaction():
            for part in range(sweep_leases.PARTS):
                sweep_leases.take(store.db, part, "another", now=NOW, lasts_s=sweep.LEASE_S)

    assert sweeping.step(NOW, lose) == 0
    assert outdated(store) == 2


@pytest.mark.parametrize("change", ["report", "policy", "tags", "removed"])
def test_what_changes_while_it_is_judged_is_not_overwritten(
    sweeping: Sweeping, change: str
) -> None:
    store = sweeping.store
    use(store.db, 1)
    # By now all records are stored, so that nodes can be judged without writing.
    sweeping.until_nothing_is_left(NOW)
    use(store.db, 2)

    def between(portion: Portion) -> None:
        if portion.nodes[0].instance_id != NODE:
            return
        if change == "report":
            store.accept(report([package("zsh")], at=NOW + 1))
        elif change == "policy":
            use(store.db, 3, "openssl")
        elif change == "tags":
            nodes.set_tags(store.db, store.node().node_key, {"Patch Group": "web"})
        else:
            with store.db.transaction():
                verdicts.remove_of_node(store.db, node_key)
                nodes.remove(store.db, node_key)

    node_key = store.node().node_key
    assert sweeping.step(NOW, between) == 1
    left = 1 + (change != "removed")
    with store.db.transaction():
        for instance_id in (NODE, OTHER)[-left:]:
            state = run.current(store.db, store.engine, SCOPE, instance_id, NOW + 1)
            assert state is not None
            assert state.verdict is not None
            fresh = anew(store.db, store.engine, SCOPE, instance_id, NOW + 1)
            assert state.verdict.rows == fresh.rows


def test_a_node_that_cannot_be_judged_keeps_no_other_back(sweeping: Sweeping) -> None:
    store = sweeping.store
    key = store.node().node_key
    store.db.execute("UPDATE facts SET content = ? WHERE node_key = ?", (b"damaged", key))
    use(store.db, 1)
    assert sweeping.step(NOW) == 1
    assert sweeping.sweep.failed == 1
    assert sweeping.sweep.look(sweeping.reader, sweeping.own_engine, NOW + 1) == []
    later = NOW + sweep.RETRY_AFTER_S + 1
    (again,) = sweeping.sweep.look(sweeping.reader, sweeping.own_engine, later)
    assert [node.instance_id for node in again.nodes] == [NODE]


def test_two_engines_do_not_judge_again_for_ever_what_the_other_has_judged(
    sweeping: Sweeping,
) -> None:
    store = sweeping.store
    other = replace(store, engine=Engine(Choices(apt_approval_delay="honoured")))
    with closing(Sweeping(other, "two", started_at=NOW + 1)) as newer:
        assert newer.until_nothing_is_left(NOW + 2) == 2
        assert sweeping.step(NOW + 3) == 0
        assert newer.step(NOW + 4) == 0


def test_new_records_are_stored_where_writing_is_allowed(sweeping: Sweeping) -> None:
    store = sweeping.store
    use(store.db, 1)
    store.db.execute(
        "DELETE FROM baseline_contents WHERE digest NOT IN (SELECT digest FROM baselines)"
    )
    assert sweeping.until_nothing_is_left(NOW) == 2
    assert outdated(store) == 0


Action = Callable[[NodeStore, float], object]


def _reports(instance_id: str, packages: Sequence[Package]) -> Action:
    return lambda store, now: store.accept(report(packages, at=now), instance_id=instance_id)


def _tags(instance_id: str, group: str) -> Action:
    return lambda store, _: nodes.set_tags(
        store.db, store.node(instance_id).node_key, {"Patch Group": group}
    )


_ids = st.sampled_from([NODE, OTHER])
_packages = st.lists(
    st.sampled_from([OPEN, package("bash"), package("zsh", "2", update="3")]), unique_by=id
)
actions = st.one_of(
    st.builds(_reports, _ids, _packages),
    st.builds(_tags, _ids, st.sampled_from(["web", ""])),
    st.sampled_from([(), ("openssl",), ("zsh*",)]).map(
        lambda rejected: lambda store, _: use(store.db, store.count("baselines"), *rejected)
    ),
    st.just(lambda store, _: baselines.count_policy_change_everywhere(store.db)),
)


@settings(max_examples=30)
@given(st.lists(st.lists(actions, max_size=3), min_size=1, max_size=4))
def test_after_a_sweep_every_verdict_is_that_of_a_fresh_judgement(
    fresh_store: Path, rounds: list[list[Action]]
) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        shutil.copytree(fresh_store, name, dirs_exist_ok=True)
        store = new_node_store(Path(name))
        stack.callback(store.db.close)
        store.db.execute("PRAGMA synchronous = OFF")
        store.register(OTHER)
        sweeping = stack.enter_context(closing(Sweeping(store)))
        for number, some in enumerate(rounds):
            now = NOW + number
            for action in some:
                action(store, now)
            sweeping.until_nothing_is_left(now)
            assert outdated(store, now) == 0
            assert (
                verdicts.some_outdated(
                    store.db, SCOPE, engine=store.engine.identity, now=now, limit=10
                )
                == []
            )
            _check_all(store, now)


def _check_all(store: NodeStore, now: float) -> None:
    with store.db.transaction():
        for instance_id in (NODE, OTHER):
            state = verdicts.of_node(store.db, SCOPE, instance_id)
            assert state is not None
            if state.scan_id is not None:
                assert state.verdict is not None
                fresh = anew(store.db, store.engine, SCOPE, instance_id, now)
                assert state.verdict.rows == fresh.rows
