"""Properties of the verdicts on Windows, over random reports, baselines and instants."""

import math
from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_patches import DAY_S
from fakes import NOW
from patchwarden.data.load import operating_systems
from patchwarden.domain.approval import NEVER
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.effective_policy import APPROVED_STATUSES, EffectivePolicy
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report, WindowsUpdate
from patchwarden.domain.patches import Verdict
from patchwarden.domain.policy import Policy
from patchwarden.domain.states import (
    NON_COMPLIANT_STATES,
    STATES_WITH_CVES,
    STATES_WITHOUT_DETAILS,
    STATES_WITHOUT_INSTALL,
    ComplianceLevel,
    PatchState,
)
from patchwarden.domain.summary import Summary, summarize
from patchwarden.domain.windows import key_of
from patchwarden.domain.windows_enrichment import WindowsCatalog
from windows_strategies import (
    KB_IDS,
    NODE_PRODUCT,
    catalog_patches,
    updates,
    windows_baselines,
    windows_reports,
)

RULES = operating_systems()["WINDOWS"]
APPROVED = {PatchState.INSTALLED, PatchState.MISSING, PatchState.FAILED, PatchState.NOT_APPLICABLE}
INSTALLED = frozenset(PatchState) - STATES_WITHOUT_INSTALL
instants = st.sampled_from([NOW + days * DAY_S for days in (-9, -3, 0, 0.5, 4, 12)])
few = settings(max_examples=60, deadline=None)


def judge(report: Report, baseline: PatchBaseline, now: float = NOW) -> Evaluation:
    policy = Policy.of(baseline, RULES, now, approved_bypass_global_filters=True)
    return evaluate(report, policy, RULES)


def summary_of(evaluation: Evaluation, baseline: PatchBaseline) -> Summary:
    setting = baseline.available_security_updates_compliance_status
    return summarize(
        evaluation.verdicts,
        not_applicable_count=evaluation.not_applicable_count,
        available_security_updates_are_compliant=setting != "NON_COMPLIANT",
    )


def with_updates(report: Report, *given: WindowsUpdate) -> Report:
    return replace(report, packages=replace(report.packages, updates=given))


@few
@given(windows_reports(), windows_baselines())
def test_a_kb_number_has_one_record_at_most_and_what_is_installed_has_one(
    report: Report, baseline: PatchBaseline
) -> None:
    verdicts = judge(report, baseline).verdicts
    listed = Counter(verdict.record.kb_id.lower() for verdict in verdicts)
    assert set(listed.values()) <= {1}
    given_keys = {key_of(update) for update in report.packages.updates}
    installed = {key_of(each) for each in report.packages.updates if each.presence == "installed"}
    offered = {
        key_of(each) for each in report.packages.updates if each.presence in {"available", "failed"}
    }
    assert installed <= set(listed) <= given_keys
    shown = {v.record.kb_id.lower() for v in verdicts if v.state in INSTALLED}
    assert installed - offered <= shown <= installed


@few
@given(windows_reports(), windows_baselines())
def test_records_of_windows_come_by_state_then_by_kb_number(
    report: Report, baseline: PatchBaseline
) -> None:
    states = list(PatchState)
    order = [
        (states.index(verdict.state), verdict.record.kb_id)
        for verdict in judge(report, baseline).verdicts
    ]
    assert order == sorted(order)


@few
@given(windows_reports(), windows_baselines(), st.randoms(use_true_random=False))
def test_the_order_of_updates_does_not_matter(
    report: Report, baseline: PatchBaseline, random: Random
) -> None:
    given_updates = report.packages.updates
    shuffled = with_updates(report, *random.sample(given_updates, len(given_updates)))
    assert judge(shuffled, baseline) == judge(report, baseline)


@few
@given(windows_reports(), windows_baselines(), st.sampled_from(KB_IDS))
def test_a_rejected_update_is_never_approved(
    report: Report, baseline: PatchBaseline, kb_id: str
) -> None:
    rejecting = replace(
        baseline,
        approved_patches=(*baseline.approved_patches, kb_id),
        rejected_patches=(*baseline.rejected_patches, kb_id.lower()),
    )
    blocks = baseline.rejected_patches_action == "BLOCK"
    rejected = PatchState.INSTALLED_REJECTED if blocks else PatchState.INSTALLED_OTHER
    for verdict in judge(report, rejecting).verdicts:
        if verdict.record.kb_id.upper() == kb_id:
            assert verdict.state in {rejected, PatchState.INSTALLED_PENDING_REBOOT}
            assert verdict.compliance_level == ComplianceLevel.UNSPECIFIED


@few
@given(windows_reports(), windows_baselines())
def test_records_of_windows_show_what_their_state_shows(
    report: Report, baseline: PatchBaseline
) -> None:
    for verdict in judge(report, baseline).verdicts:
        record = verdict.record
        if verdict.state in STATES_WITHOUT_DETAILS:
            assert (record.title, record.classification, record.severity) == ("", "", "")
        else:
            assert record.severity
        if verdict.state not in STATES_WITH_CVES:
            assert record.cve_ids == ""
        if verdict.state in STATES_WITHOUT_INSTALL:
            assert (verdict.installed_at, verdict.installed_by) == (0.0, None)
        if verdict.state == PatchState.AVAILABLE_SECURITY_UPDATE:
            assert verdict.compliance_level == ComplianceLevel.UNSPECIFIED
            assert record.classification in {"SecurityUpdates", ""}


@few
@given(windows_reports(), windows_baselines())
def test_counts_of_windows_equal_the_records(report: Report, baseline: PatchBaseline) -> None:
    evaluation = judge(report, baseline)
    summary = summary_of(evaluation, baseline)
    states = Counter(verdict.state for verdict in evaluation.verdicts)
    assert {state: getattr(summary, state.value.lower()) for state in PatchState} == {
        state: states[state] for state in PatchState
    }
    bad = NON_COMPLIANT_STATES
    if baseline.available_security_updates_compliance_status == "NON_COMPLIANT":
        bad |= {PatchState.AVAILABLE_SECURITY_UPDATE}
    assert summary.non_compliant == sum(states[state] for state in bad)


@few
@given(windows_reports(), windows_baselines())
def test_only_an_operation_has_failed(report: Report, baseline: PatchBaseline) -> None:
    scan = replace(report, scan=replace(report.scan, operation="Scan"))
    install = replace(report, scan=replace(report.scan, operation="Install"))
    assert summary_of(judge(scan, baseline), baseline).failed == 0
    failed = {
        result.name.lower() for result in report.scan.results if result.outcome == "failed"
    } | {key_of(each) for each in report.packages.updates if each.presence == "failed"}
    for verdict in judge(install, baseline).verdicts:
        if verdict.state == PatchState.FAILED:
            assert verdict.record.kb_id.lower() in failed


@few
@given(windows_reports(), windows_baselines(), instants, instants)
def test_a_later_instant_never_unapproves_an_update(
    report: Report, baseline: PatchBaseline, one: float, another: float
) -> None:
    # On a bare list what is approved later takes the place of what it supersedes.
    asked = replace(report, packages=replace(report.packages, knows_available=True))

    def approved(now: float) -> set[str]:
        verdicts = judge(asked, baseline, now).verdicts
        return {verdict.record.kb_id.lower() for verdict in verdicts if verdict.state in APPROVED}

    assert approved(min(one, another)) <= approved(max(one, another))


@few
@given(windows_reports(), windows_baselines(), instants, instants)
def test_verdicts_on_windows_hold_until_valid_until(
    report: Report, baseline: PatchBaseline, now: float, another: float
) -> None:
    evaluation = judge(report, baseline, now)
    for later in (another, evaluation.valid_until):
        if now <= later <= evaluation.valid_until and later != NEVER:
            assert judge(report, baseline, later) == evaluation


@few
@given(windows_reports(), windows_baselines(), updates())
def test_a_verdict_on_an_update_that_waits_changes_right_after_valid_until(
    report: Report, baseline: PatchBaseline, update: WindowsUpdate
) -> None:
    alone = with_updates(report, replace(update, products=(), classification="SecurityUpdates"))
    evaluation = judge(alone, baseline)
    if evaluation.valid_until == NEVER or evaluation.verdicts == ():
        return
    if evaluation.verdicts[0].state == PatchState.INSTALLED_PENDING_REBOOT:
        return
    after = judge(alone, baseline, math.nextafter(evaluation.valid_until, math.inf))
    assert after.verdicts != evaluation.verdicts


NODE_PATCHES = catalog_patches(((NODE_PRODUCT, "Windows"), ("Office 2016", "Office")))


@settings(max_examples=100, deadline=None)
@given(
    windows_reports(),
    windows_baselines(),
    st.lists(NODE_PATCHES, unique_by=lambda patch: patch.kb_number),
    updates(),
    instants,
)
def test_an_update_on_offer_is_missing_exactly_if_its_patch_is_effective_and_approved(
    report: Report,
    baseline: PatchBaseline,
    patches: list[CatalogPatch],
    update: WindowsUpdate,
    now: float,
) -> None:
    # What the node says beside it may contradict the catalog.
    offered = [
        replace(
            update,
            presence="available",
            kb_id=patch.kb_number,
            update_id="",
            msrc_severity="",
            msrc_number="",
            released_at=None if patch.released_at is None else update.released_at,
            supersedes=(),
        )
        for patch in patches
    ]
    scan = replace(with_updates(report, *offered), scan=replace(report.scan, operation="Scan"))
    catalog = WindowsCatalog.of(
        patches, (), products=(NODE_PRODUCT,), product_named=lambda name: None
    )
    verdicts = judge(catalog.enrich(scan), baseline, now).verdicts
    missing = {each.record.kb_id for each in verdicts if each.state == PatchState.MISSING}
    policy = EffectivePolicy.of(baseline, RULES, now)
    statuses = {patch.kb_number: policy.status(patch) for patch in patches}
    assert missing == {
        kb_id
        for kb_id, status in statuses.items()
        if status is not None and status.deployment_status in APPROVED_STATUSES
    }
    levels = {
        each.record.kb_id: each.compliance_level
        for each in verdicts
        if each.state == PatchState.MISSING
    }
    for kb_id, level in levels.items():
        status = statuses[kb_id]
        assert status is not None
        assert level == status.compliance_level


@few
@given(windows_reports(), windows_baselines())
def test_a_bare_list_leaves_out_only_what_a_later_update_brings(
    report: Report, baseline: PatchBaseline
) -> None:
    def shown(*, asked: bool) -> dict[str, Verdict]:
        packages = replace(report.packages, knows_available=asked)
        verdicts = judge(replace(report, packages=packages), baseline).verdicts
        return {verdict.record.kb_id.lower(): verdict for verdict in verdicts}

    every, left = shown(asked=True), shown(asked=False)
    superseded = {name.lower() for each in report.packages.updates for name in each.supersedes}
    assert left.keys() <= every.keys()
    assert every.keys() - left.keys() <= superseded
    # What is missing at all is still missing in another form.
    assert (PatchState.MISSING in {each.state for each in every.values()}) <= (
        PatchState.MISSING in {each.state for each in left.values()}
        or PatchState.FAILED in {each.state for each in left.values()}
    )
