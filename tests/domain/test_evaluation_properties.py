"""What holds for every report and every baseline."""

import copy
import math
from collections import Counter
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from patchwarden.domain.approval import NEVER
from patchwarden.domain.baselines import ANY, ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.policy import Policy
from patchwarden.domain.states import NON_COMPLIANT_STATES, ComplianceLevel, PatchState
from patchwarden.domain.summary import summarize
from patchwarden.domain.versions import dpkg
from strategies import (
    HONOURED,
    IGNORED,
    approval_rules,
    baselines,
    delays,
    instants,
    kb_id,
    patterns,
    reports,
    rules,
)

APPROVED = {PatchState.INSTALLED, PatchState.MISSING, PatchState.FAILED}
UPDATES = {PatchState.MISSING, PatchState.FAILED}

Item = TypeVar("Item")


def judge(
    report: Report,
    baseline: PatchBaseline,
    rules: OperatingSystemRules,
    now: float,
    *,
    bypass: bool = True,
) -> Evaluation:
    policy = Policy.of(baseline, rules, now, approved_bypass_global_filters=bypass)
    return evaluate(report, policy, rules)


def approved(evaluation: Evaluation) -> set[str]:
    return {verdict.record.kb_id for verdict in evaluation.verdicts if verdict.state in APPROVED}


few = settings(max_examples=60, deadline=None)


@few
@given(reports(), baselines(), rules, instants)
def test_every_installed_package_gives_one_record(
    report: Report, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
) -> None:
    verdicts = judge(report, baseline, rules, now).verdicts
    assert Counter(verdict.record.kb_id for verdict in verdicts) == Counter(
        map(kb_id, report.packages.installed)
    )


@few
@given(reports(), baselines(), rules, instants)
def test_records_come_by_state_then_by_name(
    report: Report, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
) -> None:
    verdicts = judge(report, baseline, rules, now).verdicts
    names = {kb_id(package): package.name for package in report.packages.installed}
    order = [
        (list(PatchState).index(verdict.state), names[verdict.record.kb_id]) for verdict in verdicts
    ]
    assert order == sorted(order)


@few
@given(reports(), baselines(), rules, instants)
def test_missing_and_failed_are_newer_and_installed_is_not_older_than_its_candidate(
    report: Report, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
) -> None:
    packages = {kb_id(package): package for package in report.packages.installed}
    for verdict in judge(report, baseline, rules, now).verdicts:
        package = packages[verdict.record.kb_id]
        shown = verdict.record.title.removeprefix(f"{verdict.record.kb_id}:")
        if verdict.state in UPDATES:
            assert dpkg.compare(shown, package.version) > 0
            assert shown == package.available[0].version
            assert verdict.installed_at == 0.0
        else:
            assert shown == package.version
            assert verdict.installed_at == (package.installed_at or 0.0)
        if verdict.state == PatchState.INSTALLED:
            assert all(dpkg.compare(o.version, shown) <= 0 for o in package.available)


@few
@given(reports(), baselines(), rules, instants)
def test_failed_are_what_the_operation_could_not_install(
    report: Report, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
) -> None:
    packages = {kb_id(package): package for package in report.packages.installed}
    for verdict in judge(report, baseline, rules, now).verdicts:
        if verdict.state in UPDATES:
            package = packages[verdict.record.kb_id]
            tried = [
                result
                for result in report.scan.results
                if (result.name, result.architecture) == (package.name, package.architecture)
                and result.version == package.available[0].version
                and result.outcome == "failed"
            ]
            has_failed = report.scan.operation == "Install" and bool(tried)
            assert verdict.state == (PatchState.FAILED if has_failed else PatchState.MISSING)


@few
@given(reports(), baselines(), rules, instants)
def test_details_are_blank_on_other_and_only_there(
    report: Report, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
) -> None:
    for verdict in judge(report, baseline, rules, now).verdicts:
        record = verdict.record
        if verdict.state == PatchState.INSTALLED_OTHER:
            assert (record.classification, record.severity) == ("", "")
            assert verdict.compliance_level == ComplianceLevel.UNSPECIFIED
        assert record.classification in {"", "Security"}
        assert record.severity in {"", "required", "optional", "extra"}
        assert record.cve_ids == ""


@few
@given(reports(), baselines(), rules, instants)
def test_counts_equal_the_records(
    report: Report, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
) -> None:
    evaluation = judge(report, baseline, rules, now)
    summary = summarize(evaluation.verdicts, not_applicable_count=evaluation.not_applicable_count)
    states = Counter(verdict.state for verdict in evaluation.verdicts)
    assert {
        PatchState.INSTALLED: summary.installed,
        PatchState.INSTALLED_OTHER: summary.installed_other,
        PatchState.INSTALLED_REJECTED: summary.installed_rejected,
        PatchState.INSTALLED_PENDING_REBOOT: summary.installed_pending_reboot,
        PatchState.MISSING: summary.missing,
        PatchState.FAILED: summary.failed,
    } == {state: states[state] for state in PatchState if state in states or state in _LINUX}
    bad = [one for one in evaluation.verdicts if one.state in NON_COMPLIANT_STATES]
    critical = [one.compliance_level == ComplianceLevel.CRITICAL for one in bad]
    security = [one.record.classification == "Security" for one in bad]
    neither = [not (c or s) for c, s in zip(critical, security, strict=True)]
    assert summary.non_compliant == len(bad)
    assert summary.critical_non_compliant == sum(critical)
    assert summary.security_non_compliant == sum(security)
    assert summary.other_non_compliant == sum(neither)
    assert (summary.overall_severity is None) == (not bad)


_LINUX = {
    PatchState.INSTALLED,
    PatchState.INSTALLED_OTHER,
    PatchState.INSTALLED_REJECTED,
    PatchState.INSTALLED_PENDING_REBOOT,
    PatchState.MISSING,
    PatchState.FAILED,
}


@few
@given(reports(), baselines(), rules, instants, st.randoms(use_true_random=False), st.booleans())
def test_order_of_the_input_does_not_matter(
    report: Report,
    baseline: PatchBaseline,
    rules: OperatingSystemRules,
    now: float,
    random: Random,
    bypass: bool,
) -> None:
    def shuffled(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(random.sample(items, len(items)))

    def shuffled_filters(filters: tuple[PatchFilter, ...]) -> tuple[PatchFilter, ...]:
        return shuffled(tuple(replace(one, values=shuffled(one.values)) for one in filters))

    other_baseline = replace(
        baseline,
        global_filters=shuffled_filters(baseline.global_filters),
        approval_rules=shuffled(
            tuple(
                replace(rule, filters=shuffled_filters(rule.filters))
                for rule in baseline.approval_rules
            )
        ),
        approved_patches=shuffled(baseline.approved_patches),
        rejected_patches=shuffled(baseline.rejected_patches),
    )
    other_report = replace(
        report,
        scan=replace(report.scan, results=shuffled(report.scan.results)),
        packages=replace(
            report.packages,
            installed=shuffled(report.packages.installed),
            not_installed=shuffled(report.packages.not_installed),
        ),
    )
    first = judge(report, baseline, rules, now, bypass=bypass)
    assert judge(other_report, other_baseline, rules, now, bypass=bypass) == first


@few
@given(reports(), baselines(), rules, instants)
def test_judging_twice_gives_the_same_and_changes_nothing(
    report: Report, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
) -> None:
    before = copy.deepcopy((report, baseline))
    policy = Policy.of(baseline, rules, now, approved_bypass_global_filters=True)
    assert evaluate(report, policy, rules) == evaluate(report, policy, rules)
    assert (report, baseline) == before


@few
@given(reports(), baselines(), rules, instants, patterns, st.booleans())
def test_approving_one_more_pattern_never_unapproves(
    report: Report,
    baseline: PatchBaseline,
    rules: OperatingSystemRules,
    now: float,
    pattern: str,
    bypass: bool,
) -> None:
    wider = replace(baseline, approved_patches=(*baseline.approved_patches, pattern))
    before = judge(report, baseline, rules, now, bypass=bypass)
    after = judge(report, wider, rules, now, bypass=bypass)
    assert approved(before) <= approved(after)


@few
@given(reports(), baselines(), rules, instants, approval_rules())
def test_one_more_rule_never_unapproves(
    report: Report,
    baseline: PatchBaseline,
    rules: OperatingSystemRules,
    now: float,
    rule: ApprovalRule,
) -> None:
    wider = replace(baseline, approval_rules=(*baseline.approval_rules, rule))
    before = judge(report, baseline, rules, now)
    after = judge(report, wider, rules, now)
    assert approved(before) <= approved(after)
    assert before.not_applicable_count <= after.not_applicable_count


@few
@given(reports(), baselines(), rules, instants, st.data())
def test_wider_global_filters_never_unapprove(
    report: Report,
    baseline: PatchBaseline,
    rules: OperatingSystemRules,
    now: float,
    data: st.DataObject,
) -> None:
    assume(baseline.global_filters)
    chosen = data.draw(st.sampled_from(baseline.global_filters))
    value = data.draw(st.sampled_from(("Debian12", "Required", "Optional", "libs", "net", ANY)))
    wider = tuple(
        replace(one, values=(*one.values, value)) if one is chosen else one
        for one in baseline.global_filters
    )
    narrow = judge(report, baseline, rules, now)
    assert approved(narrow) <= approved(
        judge(report, replace(baseline, global_filters=wider), rules, now)
    )
    assert approved(narrow) <= approved(
        judge(report, replace(baseline, global_filters=()), rules, now)
    )


@few
@given(reports(), baselines(), rules, instants, instants)
def test_a_later_instant_never_unapproves(
    report: Report,
    baseline: PatchBaseline,
    rules: OperatingSystemRules,
    one: float,
    another: float,
) -> None:
    earlier = judge(report, baseline, rules, min(one, another))
    later = judge(report, baseline, rules, max(one, another))
    assert approved(earlier) <= approved(later)


@few
@given(reports(), baselines(), rules, instants, st.data())
def test_what_is_rejected_is_never_approved(
    report: Report,
    baseline: PatchBaseline,
    rules: OperatingSystemRules,
    now: float,
    data: st.DataObject,
) -> None:
    assume(report.packages.installed)
    package = data.draw(st.sampled_from(report.packages.installed))
    rejected = replace(
        baseline,
        rejected_patches=(*baseline.rejected_patches, package.name.upper()),
        approved_patches=(*baseline.approved_patches, package.name),
    )
    [verdict] = [
        verdict
        for verdict in judge(report, rejected, rules, now).verdicts
        if verdict.record.kb_id == kb_id(package)
    ]
    expected = (
        PatchState.INSTALLED_REJECTED
        if baseline.rejected_patches_action == "BLOCK"
        else PatchState.INSTALLED_OTHER
    )
    assert verdict.state in {expected, PatchState.INSTALLED_PENDING_REBOOT}
    assert verdict.compliance_level == ComplianceLevel.UNSPECIFIED


@few
@given(reports(), baselines(), rules, instants)
def test_without_the_action_nothing_is_installed_rejected(
    report: Report, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
) -> None:
    allowing = replace(baseline, rejected_patches_action="ALLOW_AS_DEPENDENCY")
    states = {verdict.state for verdict in judge(report, allowing, rules, now).verdicts}
    assert PatchState.INSTALLED_REJECTED not in states


@few
@given(reports(), baselines(), rules, instants, instants)
def test_verdicts_hold_until_valid_until(
    report: Report,
    baseline: PatchBaseline,
    rules: OperatingSystemRules,
    now: float,
    another: float,
) -> None:
    evaluation = judge(report, baseline, rules, now)
    for later in (another, evaluation.valid_until):
        if now <= later <= evaluation.valid_until and later != NEVER:
            again = judge(report, baseline, rules, later)
            assert again.verdicts == evaluation.verdicts
            assert again.not_applicable_count == evaluation.not_applicable_count
            assert again.valid_until == evaluation.valid_until


@few
@given(
    reports(reboots=False),
    baselines(st.lists(approval_rules(delays), min_size=1, max_size=3).map(tuple)),
    instants,
)
def test_a_verdict_changes_right_after_valid_until(
    report: Report, baseline: PatchBaseline, now: float
) -> None:
    evaluation = judge(report, baseline, HONOURED, now)
    if evaluation.valid_until == NEVER:
        return
    assert evaluation.valid_until >= now
    after = judge(report, baseline, HONOURED, math.nextafter(evaluation.valid_until, math.inf))
    assert after.verdicts != evaluation.verdicts


@few
@given(reports(), baselines(), instants, instants)
def test_where_delays_are_ignored_verdicts_hold_for_ever(
    report: Report, baseline: PatchBaseline, one: float, another: float
) -> None:
    evaluation = judge(report, baseline, IGNORED, one)
    assert evaluation.valid_until == NEVER
    assert judge(report, baseline, IGNORED, another).verdicts == evaluation.verdicts
