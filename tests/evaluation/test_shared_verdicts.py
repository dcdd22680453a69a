"""Verdicts made package by package are those of the whole report, whatever was judged before."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from advisories import DAY_S, catalog_advisory, fix
from fakes import NOW, open_store, package, report, report_bytes
from fresh_evaluations import (
    ADVISORIES,
    OwnTexts,
    anew,
    any_reports,
    by_what_is_known,
    own_texts,
    put_advisory,
    told_nothing_of_offers,
)
from node_store import NODE, SCOPE, NodeStore, new_node_store
from patchwarden.choices import Choices
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline
from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.domain.summary import summarize
from patchwarden.evaluation import run
from patchwarden.evaluation.kept_reports import read_head, read_node_facts
from patchwarden.evaluation.shared_packages import own_values
from patchwarden.evaluation.shared_verdicts import Judged, Judges, NodeReport, SharedVerdicts
from patchwarden.ingest.accept import accept_report
from patchwarden.store import baselines, changelogs, nodes, patch_groups, scans, verdicts
from patchwarden.store.database import Database, Scope
from patchwarden.store.node_keys import node_key_of
from patchwarden.store.nodes import Heartbeat, Registration
from patchwarden.store.patch_groups import PatchGroupBaseline
from patchwarden.testing.simulated_fleet import encode, fleet
from rpm_strategies import rpm_baselines
from state_case_inputs import baseline_of, report_of
from state_cases import Case, read_cases
from strategies import NAMES, VERSIONS, instants
from strategies import baselines as debian_baselines

SCOPES = (SCOPE, Scope("210987654321", "us-east-1"), SCOPE._replace(region="eu-west-1"))
IDS = tuple(f"mi-{number:017x}" for number in range(3))
NODES = [(scope, instance_id) for scope in SCOPES for instance_id in IDS]
CHOICES = (
    Choices(),
    Choices(cve_ids="known", apt_approval_delay="honoured"),
    Choices(apt_approval_delay="honoured", approved_patches_bypass_global_filters=False),
)
SECURITY_SETTINGS = (None, "COMPLIANT", "NON_COMPLIANT")
any_baselines = st.builds(
    lambda baseline, setting: replace(
        baseline, available_security_updates_compliance_status=setting
    ),
    debian_baselines() | rpm_baselines,
    st.sampled_from(SECURITY_SETTINGS),
)
_numbers = itertools.count()


class UndoneError(Exception):
    """What undoes a step."""


def register(db: Database) -> None:
    for scope, instance_id in NODES:
        registration = Registration(
            instance_id=instance_id, activation_id="", name=None, iam_role="role", tags={}
        )
        nodes.add(db, scope, registration, NOW)


def use(db: Database, scope: Scope, baseline: PatchBaseline, operating_system: str) -> None:
    baseline_id = f"pb-{next(_numbers):017x}"
    content = replace(baseline, operating_system=operating_system)
    baselines.add(db, scope, baseline_id, content, now=NOW, by="tester")
    baselines.set_default(db, scope, operating_system, baseline_id)


def use_for_group(db: Database, scope: Scope, baseline: PatchBaseline) -> None:
    before = patch_groups.baseline_of(db, scope, "web", "DEBIAN")
    if before is not None:
        patch_groups.deregister(db, scope, "web", before)
    baseline_id = f"pb-{next(_numbers):017x}"
    baselines.add(db, scope, baseline_id, baseline, now=NOW, by="tester")
    patch_groups.register(db, scope, PatchGroupBaseline("web", "DEBIAN", baseline_id))


def tell_changelogs(db: Database) -> None:
    for scope, name, version in itertools.product(SCOPES[:2], NAMES[::2], VERSIONS[::2]):
        entries = (
            ChangelogEntry(version="2", cve_ids=("CVE-2024-2",)),
            ChangelogEntry(version="1.10", cve_ids=("CVE-2024-1",)),
        )
        of = SourceVersion(name, version)
        changelogs.keep(db, scope.account_id, "DEBIAN", of, entries, NOW)


def ended_at(told: Report, at: float) -> Report:
    return replace(told, scan=replace(told.scan, started_at=at - 2, ended_at=at))


@contextmanager
def step(db: Database, undone: str) -> Iterator[None]:
    """Do a step in a transaction, or undo it after all, and nothing else."""
    if undone == "savepoint":
        with db.transaction(), suppress(UndoneError), db.savepoint():
            yield
            raise UndoneError
    elif undone == "transaction":
        with suppress(UndoneError), db.transaction():
            with db.savepoint():
                yield
            raise UndoneError
    else:
        with db.transaction():
            yield


nodes_of_fleet = st.sampled_from(NODES)
undoing = st.sampled_from(["no", "no", "no", "savepoint", "transaction"])


@pytest.mark.parametrize("choices", CHOICES)
def test_whatever_was_judged_before_the_verdicts_are_those_of_the_whole_report(
    choices: Choices, tmp_path: Path
) -> None:
    store = new_node_store(tmp_path / "data", choices)
    store.db.execute("PRAGMA synchronous = OFF")
    with store.db.transaction():
        register(store.db)
        tell_changelogs(store.db)
        for advisory in ADVISORIES:
            put_advisory(store.db, advisory)

    @settings(max_examples=40)
    @given(
        st.sampled_from(NODES),
        any_reports,
        own_texts,
        any_baselines,
        st.lists(instants, min_size=1, max_size=3),
        undoing,
    )
    def check(
        node: tuple[Scope, str],
        told: Report,
        texts: OwnTexts,
        baseline: PatchBaseline,
        times: Sequence[float],
        undone: str,
    ) -> None:
        scope, instance_id = node
        at = NOW + next(_numbers) / 1000
        with step(store.db, undone):
            use(store.db, scope, baseline, told.node.operating_system)
            sent = texts.encode(ended_at(told, at))
            assert accept_report(store.db, store.engine, scope, instance_id, sent, at)
            for now in times:
                judged = by_what_is_known(store.db, store.engine, *node, now)
                assert judged == anew(store.db, store.engine, *node, now)

    with closing(store.db):
        check()


def test_nodes_of_a_simulated_fleet_are_judged_as_by_their_whole_reports(store: NodeStore) -> None:
    for number, simulated in enumerate(fleet(12, 1, now=NOW)):
        instance_id = f"mi-{number:017x}"
        store.register(instance_id)
        store.accept(encode(simulated.report), now=NOW, instance_id=instance_id)
        with store.db.transaction():
            judged = by_what_is_known(store.db, store.engine, SCOPE, instance_id, NOW)
            assert judged == anew(store.db, store.engine, SCOPE, instance_id, NOW)


CASE_LIST = [case for case in read_cases() if case.operating_system not in {WINDOWS, "MACOS"}]


def test_every_state_case_is_judged_as_by_its_whole_report(tmp_path: Path) -> None:
    """All by one engine for each set of choices, and each as the other node of its kind."""
    stores: dict[Choices, NodeStore] = {}
    for number, case in enumerate(CASE_LIST):
        delay = case.approval_delay or "ignored"
        choices = Choices(
            apt_approval_delay=delay,
            approved_patches_bypass_global_filters=case.approved_patches_bypass_global_filters,
        )
        if choices not in stores:
            stores[choices] = new_node_store(tmp_path / str(len(stores)), choices)
            stores[choices].db.execute("PRAGMA synchronous = OFF")
        check_case(stores[choices], case, number)
    for opened in stores.values():
        opened.db.close()


def check_case(store: NodeStore, case: Case, number: int) -> None:
    now = case.now.timestamp()
    told = report_of(case)
    baseline = baseline_of(case, store.engine.rules(case.operating_system))
    with store.db.transaction():
        use(store.db, SCOPE, baseline, case.operating_system)
    for instance_id in (f"mi-{number:016x}{end}" for end in "ab"):
        store.register(instance_id)
        store.accept(ended_at(told, now), instance_id=instance_id)
        with store.db.transaction():
            judged = by_what_is_known(store.db, store.engine, SCOPE, instance_id, now)
            assert judged == anew(store.db, store.engine, SCOPE, instance_id, now), case.name


def everything(after_days: int | None = None) -> PatchBaseline:
    every = ApprovalRule(filters=(), approve_after_days=after_days, enable_non_security=True)
    return PatchBaseline(name="Everything", operating_system="DEBIAN", approval_rules=(every,))


def check_both_ways(store: NodeStore, now: float = NOW, instance_id: str = NODE) -> Judged:
    with store.db.transaction():
        judged = by_what_is_known(store.db, store.engine, SCOPE, instance_id, now)
        assert judged == anew(store.db, store.engine, SCOPE, instance_id, now)
    return judged


OTHER = "mi-0fedcba9876543210"


def test_what_an_undone_import_told_is_forgotten(store: NodeStore) -> None:
    tool = report([package("tool", "1.0-1", update="1.0-9")])
    for fixed_version in ("1.0-2", "1.0-1"):
        advisory = catalog_advisory("DSA-1", fix("tool", fixed_version), cve_ids=["CVE-1"])
        undone = "transaction" if fixed_version == "1.0-2" else "no"
        with step(store.db, undone):
            put_advisory(store.db, advisory)
            accept_report(store.db, store.engine, SCOPE, NODE, report_bytes(tool), NOW)
            judged = by_what_is_known(store.db, store.engine, SCOPE, NODE, NOW)
            assert judged == anew(store.db, store.engine, SCOPE, NODE, NOW)


def test_a_version_told_by_a_heartbeat_lends_no_verdict_to_others(store: NodeStore) -> None:
    store.register(OTHER)
    tool = (replace(package("tool", "1.0-1"), available=()),)
    with store.db.transaction():
        put_advisory(store.db, catalog_advisory("DSA-1", fix("tool", "1.0-0")))
        for number in range(2):
            elsewhere = fix("other", f"1.0-{number}", "Debian13")
            put_advisory(store.db, catalog_advisory(f"DSA-9{number}", elsewhere))
    bare = told_nothing_of_offers(report(tool))
    store.accept(bare)
    heartbeat = Heartbeat(platform_version="13")
    with store.db.transaction():
        nodes.note_heartbeat(store.db, SCOPE, NODE, heartbeat, NOW)
    check_both_ways(store)
    with store.db.transaction():
        put_advisory(store.db, catalog_advisory("DSA-2", fix("tool", "1.0-5")))
    store.accept(bare, instance_id=OTHER)
    check_both_ways(store, instance_id=OTHER)


def test_a_node_that_became_another_system_counts_as_one_that_saw_its_offers(
    tmp_path: Path,
) -> None:
    store = new_node_store(tmp_path / "data", CHOICES[1])
    store.register(OTHER)
    with store.db.transaction():
        use(store.db, SCOPE, everything(after_days=3), "UBUNTU")
    told = report([package("tool", "1.0-1", update="1.0-9")])
    store.accept(told)
    turned = replace(ended_at(told, NOW + 1), node=replace(told.node, operating_system="UBUNTU"))
    store.accept(turned)
    check_both_ways(store, NOW + 1)
    store.accept(ended_at(turned, NOW + DAY_S), instance_id=OTHER)
    for instance_id, now in itertools.product((NODE, OTHER), (NOW + DAY_S, NOW + 4 * DAY_S)):
        check_both_ways(store, now, instance_id)
    store.db.close()


def test_a_running_delay_ends_for_each_package_by_itself(tmp_path: Path) -> None:
    store = new_node_store(tmp_path / "data", CHOICES[1])
    with store.db.transaction():
        use(store.db, SCOPE, everything(after_days=2), "DEBIAN")
    early = package("early", "1.0-1", update="1.0-2")
    store.accept(report([early, package("same")]))
    store.register(OTHER)
    store.accept(
        report([early, package("late", "1.0-1", update="1.0-2")], at=NOW + DAY_S),
        instance_id=OTHER,
    )
    ends = [check_both_ways(store, NOW + days * DAY_S, OTHER).valid_until for days in (1, 2.5)]
    assert ends[0] < ends[1]
    for days in (2.5, 1, 4, 2, 3, 0):
        for instance_id in (NODE, OTHER):
            check_both_ways(store, NOW + days * DAY_S, instance_id)
    store.db.close()


class CountingJudges:
    """Judges that make every package Installed, and count what they are asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def judges(self) -> Judges:
        return Judges(
            enrich=lambda told: told,
            judge=self._judge,
            intern=lambda asked: [NAMES.index(record.kb_id) for record in asked],
            summarize=lambda found, count: summarize(found, not_applicable_count=count),
        )

    def _judge(self, told: Report) -> Evaluation:
        found = sorted(each.name for each in told.packages.installed)
        self.asked += found
        return Evaluation(
            verdicts=tuple(
                Verdict(
                    PatchRecord(name, name, "", "", ""),
                    PatchState.INSTALLED,
                    ComplianceLevel.UNSPECIFIED,
                )
                for name in found
            ),
            not_applicable_count=0,
            valid_until=float("inf"),
        )


def judged_by(
    counting: CountingJudges, memory: SharedVerdicts, store: NodeStore, told: Report, **scope: str
) -> Judged | None:
    store.accept(told)
    node = store.node()
    assert node.scan_id is not None
    shared = scans.load_shared(store.db, node.node_key, node.scan_id)
    assert shared is not None
    found = store.engine.shared_packages.find(store.db, shared.packages.text_ids)
    assert found is not None
    scan, told_node = read_node_facts(shared)
    account_id = scope.get("account_id", SCOPE.account_id)
    head, own = read_head(shared.packages), own_values(shared.packages)
    read = NodeReport(account_id, scan, told_node, head, found, own)
    return memory.judge(read, store.provenance(), counting.judges(), NOW)


def test_the_same_package_is_judged_once(store: NodeStore) -> None:
    counting, memory = CountingJudges(), SharedVerdicts()
    judged_by(counting, memory, store, report(map(package, "ab")))
    assert counting.asked == ["a", "b"]
    later = [package("b", installed_at=NOW - 1), package("a")]
    judged = judged_by(counting, memory, store, report(later, at=NOW + 1))
    assert judged is not None
    assert counting.asked == [
        "a",
        "b",
    ]


def test_another_account_is_judged_anew(store: NodeStore) -> None:
    counting, memory = CountingJudges(), SharedVerdicts()
    told = report([package("a")])
    judged_by(counting, memory, store, told)
    judged_by(counting, memory, store, ended_at(told, NOW + 1), account_id="2")
    assert counting.asked == ["a", "a"]


def test_after_forgetting_all_is_judged_anew(store: NodeStore) -> None:
    counting, memory = CountingJudges(), SharedVerdicts()
    told = report([package("a")])
    judged_by(counting, memory, store, told)
    memory.forget()
    judged_by(counting, memory, store, ended_at(told, NOW + 1))
    assert counting.asked == ["a", "a"]


def test_a_node_that_tells_of_advisories_is_judged_as_a_whole(store: NodeStore) -> None:
    told = report([package("a")])
    advised = replace(told.packages, advisories=(catalog_advisory("DSA-1").advisory,))
    counting = CountingJudges()
    told = replace(told, packages=advised)
    assert judged_by(counting, SharedVerdicts(), store, told) is None
    assert counting.asked == []


class Fleet(RuleBasedStateMachine):
    """A store whose engine lives through all that happens to it, some of which is undone."""

    template: Path
    """A data directory with the nodes, to copy."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        place = Path(self.directory.name) / "data"
        shutil.copytree(self.template, place)
        self.store = new_node_store(place, CHOICES[1])
        self.store.db.execute("PRAGMA synchronous = OFF")
        self.now = NOW
        self.told: dict[tuple[Scope, str], bytes] = {}

    def teardown(self) -> None:
        self.store.db.close()
        self.directory.cleanup()

    def do(self, undone: str, *acts: Callable[[Database], object]) -> None:
        """Do something, and look at all nodes, so that there is something to forget if undone."""
        with step(self.store.db, undone):
            for act in acts:
                act(self.store.db)
            self._judge_all(self.store.db)

    def _judge_all(self, db: Database) -> None:
        for node in NODES:
            run.current(db, self.store.engine, *node, self.now)

    def _report(self, node: tuple[Scope, str], sent: bytes, undone: str) -> None:
        self.now += 1
        self.do(undone, lambda db: accept_report(db, self.store.engine, *node, sent, self.now))

    @rule(node=nodes_of_fleet, told=any_reports, texts=own_texts, undone=undoing)
    def report(self, node: tuple[Scope, str], told: Report, texts: OwnTexts, undone: str) -> None:
        self._report(node, texts.encode(ended_at(told, self.now)), undone)

    @rule(node=nodes_of_fleet, pending=st.sampled_from(VERSIONS), undone=undoing)
    def report_something_usual(self, node: tuple[Scope, str], pending: str, undone: str) -> None:
        told = report([package("a", "1.0-1", update=pending), package("b")], at=self.now)
        self._report(node, report_bytes(told), undone)

    @rule(
        scope=st.sampled_from(SCOPES),
        baseline=any_baselines,
        system=st.sampled_from(["DEBIAN", "ROCKY_LINUX", "SUSE"]),
        undone=undoing,
    )
    def use(self, scope: Scope, baseline: PatchBaseline, system: str, undone: str) -> None:
        self.do(undone, lambda db: use(db, scope, baseline, system))

    @rule(scope=st.sampled_from(SCOPES), undone=undoing, days=st.integers(0, 2))
    def approve_everything(self, scope: Scope, undone: str, days: int) -> None:
        self.do(undone, lambda db: use(db, scope, everything(days), "DEBIAN"))

    @rule(scope=st.sampled_from(SCOPES), baseline=debian_baselines(), undone=undoing)
    def register_group(self, scope: Scope, baseline: PatchBaseline, undone: str) -> None:
        self.do(undone, lambda db: use_for_group(db, scope, baseline))

    @rule(node=nodes_of_fleet, group=st.sampled_from(["web", ""]), undone=undoing)
    def tag(self, node: tuple[Scope, str], group: str, undone: str) -> None:
        tags = {"Patch Group": group} if group else {}
        node_key = node_key_of(*node)
        self.do(
            undone,
            lambda db: nodes.set_tags(db, node_key, tags),
            lambda db: verdicts.doubt(db, node_key),
        )

    @rule(
        name=st.sampled_from(NAMES[:3]),
        version=st.sampled_from(VERSIONS),
        number=st.integers(0, 2),
        product=st.sampled_from(["Debian12", "RockyLinux9.4", "RockyLinux9"]),
        is_source=st.booleans(),
        undone=undoing,
    )
    def learn(
        self, name: str, version: str, number: int, product: str, is_source: bool, undone: str
    ) -> None:
        fixed = fix(name, version, product, is_source=is_source)
        advisory = catalog_advisory(f"ADV-{number}", fixed, cve_ids=[f"CVE-2026-{number}"])
        self.do(undone, lambda db: put_advisory(db, advisory))

    @rule(seconds=st.sampled_from([1.0, DAY_S / 2, DAY_S, 3 * DAY_S]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def every_node_is_judged_as_by_its_whole_report(self) -> None:
        db, engine = self.store.db, self.store.engine
        with db.transaction():
            for node in NODES:
                state = run.current(db, engine, *node, self.now)
                assert state is not None
                if state.verdict is not None:
                    whole = anew(db, engine, *node, self.now)
                    summary = verdicts.summary(db, state.node_key, state.verdict.verdict_id)
                    in_force = Judged(state.verdict.rows, summary, state.verdict.valid_until)
                    assert in_force == whole


def test_whatever_happens_every_node_is_judged_as_by_its_whole_report(tmp_path: Path) -> None:
    Fleet.template = tmp_path / "data"
    with closing(open_store(Fleet.template)) as db, db.transaction():
        register(db)
        tell_changelogs(db)
    run_state_machine_as_test(Fleet, settings=settings(max_examples=15, stateful_step_count=20))
