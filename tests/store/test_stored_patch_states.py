import math

import pytest

from fakes import NOW, package, report
from node_store import NODE, SCOPE, NodeStore
from patchwarden.domain.states import ComplianceLevel
from patchwarden.domain.summary import Summary
from patchwarden.evaluation import run
from patchwarden.store import baselines, nodes, patch_states, verdicts
from patchwarden.store.node_selection import NodeSelection
from patchwarden.store.patch_states import GroupState, NodePatchState
from patchwarden.store.scans import ScanOperation

WEB = NodeSelection(SCOPE, "web")
IDS = tuple(f"mi-{number:017x}" for number in range(5))
MISSING = report([package("bash", update="2.0-1", security=True), package("nano")])
KINDS = GroupState._fields[1:]


def join_group(store: NodeStore, *ids: str) -> None:
    for instance_id in ids:
        store.register(instance_id, {"Patch Group": "web"})


def execute(store: NodeStore, sql: str) -> None:
    with store.db.transaction():
        store.db.execute(sql)


def outdated(store: NodeStore, members: NodeSelection = WEB, now: float = NOW) -> list[str]:
    return verdicts.outdated(store.db, members, engine=store.engine.identity, now=now)


def test_a_state_is_what_its_evaluation_and_its_report_say(store: NodeStore) -> None:
    scan = {"operation": "Install", "reboot_option": "NoReboot"}
    store.accept(report(MISSING.packages.installed, scan=scan))
    execute(
        store,
        "UPDATE scans SET snapshot_id = 's', install_override_list = 'l',"
        " unreported_not_applicable = 7",
    )
    verdict = store.verdict()
    assert patch_states.of_verdict(
        store.db, store.node().node_key, verdict.verdict_id
    ) == NodePatchState(
        instance_id=NODE,
        last_no_reboot_install_at=NOW,
        baseline_id=store.provenance().baseline_id,
        patch_group="",
        operation=ScanOperation(
            started_at=NOW - 2,
            ended_at=NOW,
            received_at=NOW,
            operation="Install",
            reboot_option="NoReboot",
            snapshot_id="s",
            install_override_list="l",
            unreported_not_applicable=7,
        ),
        counts=verdicts.summary(store.db, store.node().node_key, verdict.verdict_id),
    )


@pytest.mark.parametrize("level", [None, *ComplianceLevel])
def test_a_row_of_counts_is_read_with_its_level(level: ComplianceLevel | None) -> None:
    counts = Summary._make((*range(12), level))
    row = (*counts[:-1], None if level is None else int(level))
    assert verdicts.read_summary(row) == counts


def test_a_superseded_evaluation_has_a_state_too(store: NodeStore) -> None:
    store.accept(MISSING)
    first = store.verdict().verdict_id
    store.accept(report(at=NOW + 1))
    assert patch_states.of_verdict(store.db, store.node().node_key, first).counts.missing == 1


def test_members_come_by_id_with_those_that_never_reported(store: NodeStore) -> None:
    join_group(store, *IDS)
    for instance_id in (NODE, IDS[3], IDS[1]):
        store.accept(MISSING, instance_id=instance_id)
    members = patch_states.of_nodes(store.db, WEB)
    assert [instance_id for instance_id, _ in members] == list(IDS)
    with_state = {each.instance_id: each for _, each in members if each is not None}
    assert with_state.keys() == {IDS[1], IDS[3]}
    for instance_id, state in with_state.items():
        verdict_id = store.node(instance_id).verdict_id
        assert verdict_id is not None
        node_key = store.node(instance_id).node_key
        assert state == patch_states.of_verdict(store.db, node_key, verdict_id)


def test_a_part_of_the_members_can_be_read(store: NodeStore) -> None:
    join_group(store, *IDS)
    part = WEB._replace(after=IDS[0], limit=2)
    assert [each for each, _ in patch_states.of_nodes(store.db, part)] == list(IDS[1:3])
    assert patch_states.of_nodes(store.db, WEB._replace(after=IDS[-1])) == []


@pytest.mark.parametrize(
    "members",
    [
        WEB._replace(patch_group="db"),
        WEB._replace(patch_group="Web"),
        WEB._replace(scope=SCOPE._replace(region="eu-west-1")),
        WEB._replace(scope=SCOPE._replace(account_id="210987654321")),
    ],
)
def test_other_groups_and_scopes_have_no_members(store: NodeStore, members: NodeSelection) -> None:
    join_group(store, *IDS)
    store.accept(MISSING, instance_id=IDS[0])
    execute(store, "UPDATE verdicts SET engine = 'older'")
    assert patch_states.of_nodes(store.db, members) == []
    assert outdated(store, members) == []
    assert patch_states.count_nodes(store.db, members) == GroupState(*[0] * 13)


def test_members_are_counted_by_what_they_have_any_of(store: NodeStore) -> None:
    join_group(store, *IDS)
    for instance_id in IDS[:3]:
        store.accept(MISSING, instance_id=instance_id)
    store.accept(report(at=NOW + 1), instance_id=IDS[0])
    counted = patch_states.count_nodes(store.db, WEB)
    assert counted == GroupState(*[0] * 13)._replace(
        nodes=5, installed_other=2, missing=2, security_non_compliant=2
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("count", "counts"), [(-1, 0), (0, 0), (1, 1), (2, 1)])
def test_each_kind_is_counted_where_there_is_any(
    store: NodeStore, kind: str, count: int, counts: int
) -> None:
    join_group(store, IDS[0])
    store.accept(report(), instance_id=IDS[0])
    table = "scans" if kind == "unreported_not_applicable" else "verdicts"
    execute(store, f"UPDATE {table} SET {kind} = {count}")
    expected = GroupState(1, *[0] * 12)._replace(**{kind: counts})
    assert patch_states.count_nodes(store.db, WEB) == expected


class TestOutdated:
    """The query that finds outdated evaluations agrees with the rule for one of them."""

    @pytest.fixture(autouse=True)
    def _web_node(self, store: NodeStore) -> None:
        join_group(store, IDS[0])

    @staticmethod
    def agree(store: NodeStore, now: float = NOW) -> bool:
        """Say whether the node is outdated, as the query and the rule have it."""
        found = outdated(store, now=now)
        before = store.db.one("SELECT * FROM verdicts"), store.node(IDS[0])
        store.state(now, IDS[0])
        was_outdated = (store.db.one("SELECT * FROM verdicts"), store.node(IDS[0])) != before
        assert found == [IDS[0]] * was_outdated
        assert outdated(store, now=now) == []
        return was_outdated

    def test_a_node_that_never_reported_is_not_outdated(self, store: NodeStore) -> None:
        assert not self.agree(store)

    def test_what_was_just_judged_is_not(self, store: NodeStore) -> None:
        store.accept(MISSING, instance_id=IDS[0])
        assert not self.agree(store)

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE verdicts SET engine = 'older'",
            "UPDATE verdicts SET generation = generation - 1",
            "UPDATE verdicts SET scan_id = scan_id - 1",
            f"UPDATE verdicts SET valid_until = {NOW - 0.001}",
            "DELETE FROM verdicts",
        ],
    )
    def test_each_cause_makes_it_outdated(self, store: NodeStore, change: str) -> None:
        store.accept(MISSING, instance_id=IDS[0])
        store.accept(MISSING, instance_id=IDS[0], now=NOW + 1)
        execute(store, change)
        assert self.agree(store)

    @pytest.mark.parametrize(
        ("change", "is_outdated"),
        [
            ("generation = generation + 1", False),
            (f"valid_until = {NOW - 1}", False),
            ("generation = -1", True),
            ("scan_id = scan_id - 1", True),
        ],
    )
    def test_no_policy_outdates_what_was_judged_on_the_node(
        self, store: NodeStore, change: str, is_outdated: bool
    ) -> None:
        store.accept(MISSING, instance_id=IDS[0])
        store.accept(MISSING, instance_id=IDS[0], now=NOW + 1)
        execute(store, f"UPDATE verdicts SET engine = '{verdicts.REPORTED}', {change}")
        assert self.agree(store) == is_outdated

    def test_it_holds_up_to_the_instant_at_which_it_ends(self, store: NodeStore) -> None:
        store.accept(MISSING, instance_id=IDS[0])
        execute(store, f"UPDATE verdicts SET valid_until = {NOW}")
        assert not self.agree(store)

    def test_a_policy_change_makes_it_outdated(self, store: NodeStore) -> None:
        store.accept(MISSING, instance_id=IDS[0])
        with store.db.transaction():
            baselines.count_policy_change(store.db, SCOPE)
        assert self.agree(store)

    def test_other_tags_make_it_outdated(self, store: NodeStore) -> None:
        store.accept(MISSING, instance_id=IDS[0])
        with store.db.transaction():
            tags = {"PatchGroup": "web"}
            nodes.set_tags(store.db, store.node(IDS[0]).node_key, tags)
        assert self.agree(store)

    def test_only_members_of_the_part_are_found(self, store: NodeStore) -> None:
        join_group(store, *IDS[1:])
        for instance_id in IDS:
            store.accept(MISSING, instance_id=instance_id)
        execute(store, "UPDATE verdicts SET engine = 'older'")
        part = WEB._replace(after=IDS[0], limit=2)
        assert outdated(store, part) == list(IDS[1:3])
        with store.db.transaction():
            run.bring_up_to_date(store.db, store.engine, part, NOW)
        assert outdated(store) == [IDS[0], *IDS[3:]]


def test_an_evaluation_without_an_end_never_ends(store: NodeStore) -> None:
    join_group(store, IDS[0])
    store.accept(MISSING, instance_id=IDS[0])
    assert store.verdict(instance_id=IDS[0]).valid_until == math.inf
    assert outdated(store, now=NOW * 2) == []
