"""The index of fleet questions says what the evaluations in force say, whatever happened before."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fakes import NOW, package, report
from node_store import NODE, SCOPE, NodeStore, new_node_store
from patchwarden.domain.approval import DAY_S
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.states import PatchState
from patchwarden.evaluation.run import judge_again
from patchwarden.store import baselines, nodes, open_patches, scopes, verdicts
from patchwarden.store.node_keys import node_key_of
from patchwarden.store.node_selection import NodeSelection
from patchwarden.store.nodes import Registration
from patchwarden.store.open_patches import OPEN_STATES, OpenPatch
from patchwarden.store.packed_rows import record_id_of, state_of

NAMES = ("bash", "openssl", "telnet")
NODES = tuple(f"mi-{number:017x}" for number in range(3))
BASELINE = "pb-0123456789abcdef0"
node_ids = st.sampled_from(NODES)
name_sets = st.sets(st.sampled_from(NAMES))


def expected(store: NodeStore) -> dict[int, set[tuple[int, PatchState]]]:
    """Read the evaluation in force of every node: its open patches, by the node's key."""
    found = {}
    for node in nodes.after(store.db, SCOPE, "", 10):
        state = verdicts.of_node(store.db, SCOPE, node.instance_id)
        assert state is not None
        if state.verdict is not None:
            codes = state.verdict.rows.pick_codes(range(len(state.verdict.rows)))
            found[node.node_key] = {
                (record_id_of(code), state_of(code))
                for code in codes
                if state_of(code) in OPEN_STATES
            }
    return {node_key: patches for node_key, patches in found.items() if patches}


def indexed(store: NodeStore) -> dict[int, set[tuple[int, PatchState]]]:
    found: dict[int, set[tuple[int, PatchState]]] = {}
    for node_key, record_id, state in store.db.all(
        "SELECT node_key, record_id, state FROM open_patches"
    ):
        found.setdefault(node_key, set()).add((record_id, state_of(state)))
    return found


class Fleet(RuleBasedStateMachine):
    """Nodes that come, report, are judged again and go."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.now = NOW

    @initialize()
    def begin(self) -> None:
        self.store = new_node_store(Path(self.directory.name) / "data")
        self.store.db.execute("PRAGMA synchronous = OFF")
        with self.store.db.transaction():
            content = PatchBaseline(name="mine", operating_system="DEBIAN")
            baselines.add(self.store.db, SCOPE, BASELINE, content, now=NOW, by="test")
            baselines.set_default(self.store.db, SCOPE, "DEBIAN", BASELINE)

    @rule(node=node_ids, installed=name_sets, outdated=name_sets, failing=st.booleans())
    def report(self, node: str, installed: set[str], outdated: set[str], failing: bool) -> None:
        if nodes.find(self.store.db, SCOPE, node) is None:
            self.store.register(node)
        self.now += 1
        found = [
            package(name, update="2.0-1" if name in outdated else None, security=failing)
            for name in sorted(installed)
        ]
        self.store.accept(report(found, at=self.now), instance_id=node, now=self.now)

    @rule(approved=name_sets, rejected=name_sets, days=st.integers(0, 2))
    def change_baseline(self, approved: set[str], rejected: set[str], days: int) -> None:
        content = PatchBaseline(
            name="mine",
            operating_system="DEBIAN",
            description=str(days),
            approved_patches=tuple(sorted(approved)),
            rejected_patches=tuple(sorted(rejected)),
            rejected_patches_action="BLOCK",
        )
        with self.store.db.transaction():
            baselines.update(self.store.db, SCOPE, BASELINE, content, now=self.now, by="test")

    @rule(node=node_ids)
    def read(self, node: str) -> None:
        with self.store.db.transaction():
            judge_again(self.store.db, self.store.engine, SCOPE, [node], self.now)

    @rule(node=node_ids, group=st.sampled_from(["web", "db"]))
    def tag(self, node: str, group: str) -> None:
        found = nodes.find(self.store.db, SCOPE, node)
        if found is not None:
            with self.store.db.transaction():
                nodes.set_tags(self.store.db, found.node_key, {"Patch Group": group})

    @rule(node=node_ids)
    def deregister(self, node: str) -> None:
        with self.store.db.transaction():
            nodes.remove(self.store.db, node_key_of(SCOPE, node))

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.now += days * DAY_S

    @invariant()
    def the_index_says_what_the_evaluations_in_force_say(self) -> None:
        if hasattr(self, "store"):
            assert indexed(self.store) == expected(self.store)

    @invariant()
    def outdated_nodes_are_found_without_a_look_at_the_others(self) -> None:
        if hasattr(self, "store"):
            engine = self.store.engine.identity
            every = verdicts.outdated(
                self.store.db, NodeSelection(SCOPE), engine=engine, now=self.now
            )
            some = verdicts.some_outdated(
                self.store.db, SCOPE, engine=engine, now=self.now, limit=10
            )
            assert sorted(some) == every

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.db.close()
        self.directory.cleanup()


TestFleet = Fleet.TestCase
TestFleet.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


@pytest.fixture
def fleet(store: NodeStore) -> NodeStore:
    """Give a store with three nodes that miss two packages each, and one that misses none."""
    for instance_id in NODES:
        store.register(instance_id)
        found = [package(name, update="2.0-1", security=True) for name in NAMES[:2]]
        store.accept(report(found), instance_id=instance_id)
    store.accept(report([package("bash")]))
    return store


def all_missing(store: NodeStore) -> list[OpenPatch]:
    records = [row[0] for row in store.db.all("SELECT record_id FROM patch_records")]
    return open_patches.existing(store.db, scope_id(store), records, OPEN_STATES)


def scope_id(store: NodeStore) -> int:
    found = scopes.find(store.db, SCOPE)
    assert found is not None
    return found


def test_only_what_some_node_has_exists(fleet: NodeStore) -> None:
    assert [patch.state for patch in all_missing(fleet)] == [PatchState.MISSING] * 2
    assert open_patches.existing(fleet.db, scope_id(fleet) + 1, [1, 2, 3], OPEN_STATES) == []
    failed = frozenset({PatchState.FAILED})
    assert open_patches.existing(fleet.db, scope_id(fleet), [1, 2, 3], failed) == []


def test_nodes_come_by_their_keys_with_all_their_patches(fleet: NodeStore) -> None:
    patches = all_missing(fleet)
    keys = sorted(node_key_of(SCOPE, instance_id) for instance_id in NODES)
    found = open_patches.nodes_after(fleet.db, scope_id(fleet), patches, -1, 2)
    assert [(node.node_key, node.patches) for node in found] == [(key, patches) for key in keys[:2]]
    rest = open_patches.nodes_after(fleet.db, scope_id(fleet), patches, keys[1], 2)
    assert [node.node_key for node in rest] == keys[2:]


def test_more_patches_than_one_statement_takes(fleet: NodeStore) -> None:
    patches = all_missing(fleet)
    strangers = [OpenPatch(record_id, PatchState.MISSING) for record_id in range(1000, 1200)]
    found = open_patches.nodes_after(
        fleet.db, scope_id(fleet), [patches[0], *strangers, patches[1]], -1, 10
    )
    assert [node.patches for node in found] == [patches] * 3


def test_a_node_counts_once_whatever_number_of_patches_it_has(fleet: NodeStore) -> None:
    counts = open_patches.count_nodes(fleet.db, scope_id(fleet), all_missing(fleet))
    assert counts == (3, [(PatchState.MISSING, 3)])
    assert open_patches.count_nodes(fleet.db, scope_id(fleet), []) == (0, [])


def test_counts_can_be_of_some_patch_groups(fleet: NodeStore) -> None:
    with fleet.db.transaction():
        nodes.set_tags(fleet.db, node_key_of(SCOPE, NODES[0]), {"Patch Group": "web"})
    patches = all_missing(fleet)
    for groups, count in (({"web"}, 1), ({"db"}, 0), ({"web", ""}, 3)):
        assert open_patches.count_nodes(fleet.db, scope_id(fleet), patches, groups)[0] == count


def test_other_scopes_keep_what_a_removed_node_had(fleet: NodeStore) -> None:
    elsewhere = SCOPE._replace(region="eu-west-1")
    registration = Registration(
        instance_id=NODE, activation_id="", name=None, iam_role="role", tags={}
    )
    with fleet.db.transaction():
        nodes.add(fleet.db, elsewhere, registration, NOW)
        nodes.remove(fleet.db, node_key_of(elsewhere, NODE))
    assert fleet.count("open_patches") == 6
    with fleet.db.transaction():
        for instance_id in NODES:
            nodes.remove(fleet.db, node_key_of(SCOPE, instance_id))
    assert fleet.count("open_patches") == 0
