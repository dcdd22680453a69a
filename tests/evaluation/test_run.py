import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import NOW, package, report
from inventory_uploads import patch_row, rows_item, summary_item
from node_store import NODE, SCOPE, NodeStore, new_node_store
from patchwarden.choices import Choices
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline
from patchwarden.domain.facts import Package, Report
from patchwarden.evaluation import run
from patchwarden.evaluation.assignment import default_predefined
from patchwarden.evaluation.engine import Engine
from patchwarden.ingest.patch_uploads import accept_inventory
from patchwarden.store import baselines, nodes, records, verdicts
from patchwarden.store.errors import WriteRequiredError
from patchwarden.store.packed_rows import record_id_of, state_of

DAY_S = 86_400
HOUR_S = 3600
PACKAGES = (
    package("bash", "5.2-1"),
    package("openssl", "3.0.15-1", update="3.0.17-1", security=True, priority="important"),
)
NOTHING = PatchBaseline(name="Nothing", operating_system="DEBIAN")


def everything(after_days: int | None = None) -> PatchBaseline:
    rule = ApprovalRule(filters=(), approve_after_days=after_days, enable_non_security=True)
    return PatchBaseline(name="Everything", operating_system="DEBIAN", approval_rules=(rule,))


def use(store: NodeStore, content: PatchBaseline, baseline_id: str = "pb-0123456789abcdef0") -> str:
    with store.db.transaction():
        baselines.add(store.db, SCOPE, baseline_id, content, now=NOW, by="tester")
        baselines.set_default(store.db, SCOPE, content.operating_system, baseline_id)
    return baseline_id


def shown(store: NodeStore, now: float = NOW) -> dict[str, str]:
    """Give KBId → state."""
    rows = store.verdict(now).rows
    codes = rows.pick_codes(range(len(rows)))
    known = records.fetch(store.db, [record_id_of(code) for code in codes])
    return {known[record_id_of(code)].kb_id: state_of(code).value for code in codes}


def released(package: Package, at: float) -> Package:
    return replace(package, available=(replace(package.available[0], released_at=at),))


def id_in_force(store: NodeStore, now: float = NOW) -> int:
    return store.verdict(now).verdict_id


def can_be_read(store: NodeStore, verdict_id: int | None) -> bool:
    assert verdict_id is not None
    return verdicts.pinned_rows(store.db, SCOPE, NODE, verdict_id) is not None


def test_a_node_that_never_reported_has_no_evaluation(store: NodeStore) -> None:
    with closing(store.read_only()) as reader:
        state = run.current(reader, store.engine, SCOPE, NODE, NOW)
    assert state is not None
    assert state.verdict is None


def test_an_unknown_node_is_none(store: NodeStore) -> None:
    assert run.current(store.db, store.engine, SCOPE, "mi-other", NOW) is None


def test_a_report_is_judged_as_it_arrives(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    with closing(store.read_only()) as reader:
        state = run.current(reader, store.engine, SCOPE, NODE, NOW)
    assert state is not None
    assert state.verdict is not None
    assert store.evaluated_at() == NOW
    assert store.provenance().baseline_id == default_predefined("DEBIAN").baseline_id
    assert shown(store) == {"bash.amd64": "INSTALLED_OTHER", "openssl.amd64": "MISSING"}


def test_a_current_evaluation_needs_no_writing(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    with closing(store.read_only()) as reader:
        assert run.current(reader, store.engine, SCOPE, NODE, NOW + 365 * DAY_S) is not None


def test_an_outdated_evaluation_needs_writing_to_be_read(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    use(store, NOTHING)
    with closing(store.read_only()) as reader:
        with pytest.raises(WriteRequiredError):
            run.current(reader, store.engine, SCOPE, NODE, NOW)
        store.state()
        assert run.current(reader, store.engine, SCOPE, NODE, NOW) is not None


def test_to_judge_needs_a_transaction(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    with pytest.raises(AssertionError):
        run.judge(store.db, store.engine, SCOPE, NODE, NOW)


def test_an_unchanged_rescan_confirms_the_evaluation(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    before = store.state()
    store.accept(report(PACKAGES, at=NOW + HOUR_S))
    after = store.state(NOW + HOUR_S)
    assert before.verdict is not None
    assert after.verdict == before.verdict._replace(scan_id=store.node().scan_id or 0)
    assert after.verdict.scan_id == after.scan_id != before.scan_id
    assert store.count("verdicts") == 1
    assert store.evaluated_at(NOW + HOUR_S) == NOW


def test_changed_packages_are_judged_anew(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    before = id_in_force(store)
    store.accept(report(PACKAGES[:1], at=NOW + 1))
    assert id_in_force(store) != before
    assert shown(store) == {"bash.amd64": "INSTALLED_OTHER"}


def test_changed_node_facts_are_judged_anew(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    before = id_in_force(store)
    waiting = {"required": True, "packages": ["bash"], "reasons": []}
    store.accept(report(PACKAGES, at=NOW + 1, node={"reboot": waiting}))
    assert id_in_force(store) != before
    assert shown(store)["bash.amd64"] == "INSTALLED_PENDING_REBOOT"


def test_another_default_baseline_is_seen_without_a_rescan(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    baseline_id = use(store, NOTHING)
    assert shown(store) == {"bash.amd64": "INSTALLED_OTHER", "openssl.amd64": "INSTALLED_OTHER"}
    provenance = store.provenance()
    assert provenance.baseline_id == baseline_id
    assert provenance.baseline_digest == baselines.digest_of(NOTHING)


def test_what_was_judged_by_is_kept(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    digest = store.provenance().baseline_digest
    assert store.db.one("SELECT 1 FROM baseline_contents WHERE digest = ?", (digest,)) == (1,)


@pytest.mark.parametrize("operating_system", ["UBUNTU", "DEBIAN"])
def test_a_policy_change_that_does_not_concern_a_node_confirms_its_evaluation(
    store: NodeStore, operating_system: str
) -> None:
    baseline_id = use(store, everything())
    store.accept(report(PACKAGES))
    before = store.state()
    with store.db.transaction():
        baselines.set_default(
            store.db,
            SCOPE,
            operating_system,
            baseline_id if operating_system == "DEBIAN" else "pb-0000000000000000f",
        )
    with closing(store.read_only()) as reader, pytest.raises(WriteRequiredError):
        run.current(reader, store.engine, SCOPE, NODE, NOW)
    after = store.state()
    assert store.count("verdicts") == 1
    assert before.verdict is not None
    assert after.verdict is not None
    assert after.verdict.verdict_id == before.verdict.verdict_id
    assert after.verdict.generation == after.generation != before.generation


def test_policies_of_other_regions_do_not_concern_a_node(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    with store.db.transaction():
        baselines.set_default(store.db, SCOPE._replace(region="eu-west-1"), "DEBIAN", "pb-1")
    with closing(store.read_only()) as reader:
        assert run.current(reader, store.engine, SCOPE, NODE, NOW) is not None


def test_another_patch_group_is_seen_without_a_rescan(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    before = id_in_force(store)
    with store.db.transaction():
        nodes.set_tags(store.db, store.node().node_key, {"Patch Group": "web"})
    assert store.provenance().patch_group == "web"
    assert id_in_force(store) != before


def test_a_tag_that_is_no_patch_group_changes_nothing(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    before = id_in_force(store)
    with store.db.transaction():
        nodes.set_tags(store.db, store.node().node_key, {"Owner": "ann"})
    assert id_in_force(store) == before


def test_another_version_of_the_engine_judges_anew(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    before = id_in_force(store)
    with store.db.transaction():
        store.db.execute("UPDATE verdicts SET engine = 'older'")
    assert id_in_force(store) != before
    assert store.provenance().engine == store.engine.identity


@pytest.mark.parametrize(
    "choices",
    [
        Choices(apt_approval_delay="honoured"),
        Choices(approved_patches_bypass_global_filters=False),
    ],
)
def test_a_choice_that_bears_on_verdicts_judges_anew(store: NodeStore, choices: Choices) -> None:
    store.accept(report(PACKAGES))
    before = id_in_force(store)
    assert id_in_force(replace(store, engine=Engine(choices))) != before


def test_a_choice_that_does_not_changes_nothing(store: NodeStore) -> None:
    store.accept(report(PACKAGES))
    before = id_in_force(store)
    other = Engine(Choices(state_spelling="service", default_page_size=7))
    assert id_in_force(replace(store, engine=other)) == before


class TestApprovalDelays:
    """With delays that count, an evaluation is valid until one ends."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[NodeStore]:
        """Open a store whose node waits for an update that is approved after 7 days."""
        opened = new_node_store(tmp_path, Choices(apt_approval_delay="honoured"))
        use(opened, everything(after_days=7))
        opened.accept(self.scanned(NOW))
        yield opened
        opened.db.close()

    def scanned(self, at: float) -> Report:
        """Scan the node."""
        return report([released(PACKAGES[1], NOW - DAY_S)], at=at)

    def test_it_is_valid_until_the_delay_ends(self, store: NodeStore) -> None:
        assert store.verdict().valid_until == NOW + 6 * DAY_S
        assert shown(store) == {"openssl.amd64": "INSTALLED_OTHER"}

    def test_it_holds_up_to_that_instant(self, store: NodeStore) -> None:
        before = id_in_force(store)
        assert id_in_force(store, NOW + 6 * DAY_S) == before

    def test_it_is_judged_anew_after_it(self, store: NodeStore) -> None:
        now = NOW + 6 * DAY_S + 0.001
        with closing(store.read_only()) as reader, pytest.raises(WriteRequiredError):
            run.current(reader, store.engine, SCOPE, NODE, now)
        assert shown(store, now) == {"openssl.amd64": "MISSING"}
        assert store.verdict(now).valid_until == math.inf

    def test_a_rescan_after_it_does_not_confirm(self, store: NodeStore) -> None:
        store.accept(self.scanned(NOW + 7 * DAY_S))
        assert shown(store, NOW + 7 * DAY_S) == {"openssl.amd64": "MISSING"}

    def test_delays_do_not_count_unless_chosen(self, store: NodeStore) -> None:
        plain = replace(store, engine=Engine(Choices()))
        assert shown(plain) == {"openssl.amd64": "MISSING"}
        assert plain.verdict().valid_until == math.inf


class TestPinnedEvaluations:
    """Who pages through an evaluation can go on while newer ones come into force."""

    def test_one_survives_a_newer_scan(self, store: NodeStore) -> None:
        store.accept(report(PACKAGES))
        first = id_in_force(store)
        before = store.verdict().rows
        store.accept(report(PACKAGES[:1], at=NOW + 10))
        assert verdicts.pinned_rows(store.db, SCOPE, NODE, first) == before

    def test_one_survives_for_the_lifetime_of_a_token(self, store: NodeStore) -> None:
        lifetime_s = store.engine.choices.token_lifetime_s
        store.accept(report(PACKAGES))
        first = id_in_force(store)
        store.accept(report(PACKAGES[:1], at=NOW + 10))
        store.accept(report(PACKAGES[1:], at=NOW + 10 + lifetime_s))
        assert can_be_read(store, first)

    @pytest.mark.parametrize("then", [PACKAGES[:1], PACKAGES[1:]], ids=["unchanged", "changed"])
    def test_the_next_scan_after_that_drops_it(
        self, store: NodeStore, then: tuple[Package, ...]
    ) -> None:
        lifetime_s = store.engine.choices.token_lifetime_s
        store.accept(report(PACKAGES))
        first = id_in_force(store)
        store.accept(report(PACKAGES[:1], at=NOW + 10))
        store.accept(report(then, at=NOW + 11 + lifetime_s))
        assert not can_be_read(store, first)

    def test_those_of_other_nodes_stay(self, store: NodeStore) -> None:
        other = "mi-0123456789abcdef1"
        store.register(other)
        for packages, at in ((PACKAGES, NOW), (PACKAGES[:1], NOW + 10)):
            store.accept(report(packages, at=at), instance_id=other)
        store.accept(report(PACKAGES, at=NOW + 2 * DAY_S))
        assert store.count("verdicts") == 3


def test_everything_of_a_node_goes_with_it(store: NodeStore) -> None:
    other = "mi-0123456789abcdef1"
    store.register(other)
    store.accept(report(PACKAGES), instance_id=other)
    tables = ("nodes", "scans", "facts", "node_facts", "verdicts")
    before = [store.count(table) for table in tables]
    key = store.node().node_key
    store.accept(report(PACKAGES))
    store.accept(report(PACKAGES[:1], at=NOW + 10))
    with store.db.transaction():
        nodes.remove(store.db, key)
    before[0] -= 1
    assert [store.count(table) for table in tables] == before
    assert store.state(instance_id=other).verdict is not None


def test_what_a_node_is_judged_by_is_its_newest_report(store: NodeStore) -> None:
    store.accept(report(PACKAGES, at=NOW))
    store.accept(report((), at=NOW - 10), now=NOW + 1)
    assert set(shown(store)) == {"bash.amd64", "openssl.amd64"}


class TestVerdictsMadeOnTheNode:
    """What the node judged by itself is put in force as it is."""

    @pytest.fixture
    def store(self, store: NodeStore) -> NodeStore:
        """Have the node upload its patches."""
        items = [summary_item(PatchGroup="web"), rows_item([patch_row("bash")])]
        with store.db.transaction():
            assert accept_inventory(store.db, store.engine, SCOPE, NODE, items, NOW)
        return store

    def test_the_provenance_is_what_the_node_said(self, store: NodeStore) -> None:
        provenance = store.provenance()
        assert provenance.baseline_id == "pb-0c7e89f711c3095f4"
        assert (provenance.engine, provenance.patch_group) == (verdicts.REPORTED, "web")
        assert shown(store) == {"bash.amd64": "INSTALLED"}

    @pytest.mark.parametrize("choices", [Choices(), Choices(apt_approval_delay="honoured")])
    def test_neither_policy_nor_time_nor_engine_outdates_it(
        self, store: NodeStore, choices: Choices
    ) -> None:
        use(store, NOTHING)
        with closing(store.read_only()) as reader:
            later = NOW + 365 * DAY_S
            state = run.current(reader, Engine(choices), SCOPE, NODE, later)
        assert state is not None
        assert state.verdict is not None

    def test_changed_tags_outdate_it(self, store: NodeStore) -> None:
        before = id_in_force(store)
        with store.db.transaction():
            nodes.set_tags(store.db, store.node().node_key, {"PatchGroup": "db"})
        with closing(store.read_only()) as reader, pytest.raises(WriteRequiredError):
            run.current(reader, store.engine, SCOPE, NODE, NOW)
        assert store.provenance().patch_group == "db"
        assert id_in_force(store) != before

    def test_tags_that_change_nothing_confirm_it(self, store: NodeStore) -> None:
        before = id_in_force(store)
        with store.db.transaction():
            nodes.set_tags(store.db, store.node().node_key, {"Owner": "ann"})
        assert id_in_force(store) == before
        with closing(store.read_only()) as reader:
            assert run.current(reader, store.engine, SCOPE, NODE, NOW) is not None

    def test_facts_that_come_later_take_its_place(self, store: NodeStore) -> None:
        store.accept(report(PACKAGES, at=NOW + 10))
        assert set(shown(store)) == {"bash.amd64", "openssl.amd64"}
        assert store.provenance().patch_group == ""
