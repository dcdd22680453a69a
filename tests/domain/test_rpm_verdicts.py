"""What holds for every report of dnf, yum and zypper, and every baseline."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from patchwarden.domain.approval import NEVER
from patchwarden.domain.baselines import ANY, ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Package, Report
from patchwarden.domain.policy import Policy
from patchwarden.domain.states import STATES_WITH_CVES, ComplianceLevel, PatchState
from patchwarden.domain.summary import summarize
from patchwarden.domain.versions import rpm
from rpm_strategies import (
    ADVISORIES,
    rpm_approval_rules,
    rpm_baselines,
    rpm_kb_id,
    rpm_patterns,
    rpm_reports,
    rpm_rules,
)
from strategies import instants

APPROVED = {PatchState.INSTALLED, PatchState.MISSING, PatchState.FAILED}
EVERYTHING = ApprovalRule(
    filters=(PatchFilter(key="PRODUCT", values=(ANY,)),), enable_non_security=True
)

few = settings(max_examples=60, deadline=None)


def judge(
    report: Report, baseline: PatchBaseline, now: float, *, bypass: bool = True
) -> Evaluation:
    rules = rpm_rules(report)
    policy = Policy.of(baseline, rules, now, approved_bypass_global_filters=bypass)
    return evaluate(report, policy, rules)


def approved(evaluation: Evaluation) -> set[str]:
    return {verdict.record.kb_id for verdict in evaluation.verdicts if verdict.state in APPROVED}


def packages_by_kb_id(report: Report) -> dict[str, Package]:
    return {rpm_kb_id(package): package for package in report.packages.installed}


def title(package: Package, version: str, *, report: Report) -> str:
    epoch, upstream, release = rpm.split(version)
    shown = "0" if report.packages.package_manager == "zypper" else epoch
    return f"{rpm_kb_id(package)}:{shown}:{upstream}-{release}"


@few
@given(rpm_reports(), rpm_baselines, instants)
def test_every_installed_package_gives_one_record_in_order(
    report: Report, baseline: PatchBaseline, now: float
) -> None:
    verdicts = judge(report, baseline, now).verdicts
    packages = packages_by_kb_id(report)
    assert Counter(verdict.record.kb_id for verdict in verdicts) == Counter(list(packages))
    order = [
        (
            list(PatchState).index(verdict.state),
            packages[verdict.record.kb_id].name,
            packages[verdict.record.kb_id].architecture,
        )
        for verdict in verdicts
    ]
    assert order == sorted(order)


@few
@given(rpm_reports(), rpm_baselines, instants)
def test_an_update_is_newer_and_on_offer_and_all_else_is_what_is_installed(
    report: Report, baseline: PatchBaseline, now: float
) -> None:
    packages = packages_by_kb_id(report)
    for verdict in judge(report, baseline, now).verdicts:
        package = packages[verdict.record.kb_id]
        if verdict.state in STATES_WITH_CVES:
            newer = [
                offer.version
                for offer in package.available
                if rpm.compare(offer.version, package.version) > 0
            ]
            titles = [title(package, version, report=report) for version in newer]
            assert verdict.record.title in titles
            assert verdict.installed_at == 0.0
        else:
            assert verdict.record.title == title(package, package.version, report=report)
            assert verdict.installed_at == (package.installed_at or 0.0)


@few
@given(rpm_reports(), rpm_baselines, instants)
def test_cve_ids_are_those_of_all_versions_up_to_the_missing_one(
    report: Report, baseline: PatchBaseline, now: float
) -> None:
    packages = packages_by_kb_id(report)
    for verdict in judge(report, baseline, now).verdicts:
        package = packages[verdict.record.kb_id]
        shown = set(filter(None, verdict.record.cve_ids.split(",")))
        if verdict.state not in STATES_WITH_CVES:
            assert shown == set()
            continue
        [version] = [
            offer.version
            for offer in package.available
            if title(package, offer.version, report=report) == verdict.record.title
            and rpm.compare(offer.version, package.version) > 0
        ]
        assert shown == {
            cve_id
            for offer in package.available
            if rpm.compare(package.version, offer.version) < 0
            and rpm.compare(offer.version, version) <= 0
            for position in offer.advisories
            for cve_id in ADVISORIES[position].cve_ids
        }


@few
@given(rpm_reports(), rpm_baselines, instants)
def test_details_are_those_of_one_advisory_and_blank_on_other(
    report: Report, baseline: PatchBaseline, now: float
) -> None:
    packages = packages_by_kb_id(report)
    for verdict in judge(report, baseline, now).verdicts:
        record = verdict.record
        if verdict.state == PatchState.INSTALLED_OTHER:
            assert (record.classification, record.severity) == ("", "")
        if verdict.state not in APPROVED:
            assert verdict.compliance_level == ComplianceLevel.UNSPECIFIED or (
                verdict.state == PatchState.INSTALLED_PENDING_REBOOT
            )
        offered = packages[record.kb_id].available
        words = {
            (ADVISORIES[at].classification, ADVISORIES[at].severity.lower())
            for offer in offered
            for at in offer.advisories
        }
        severity = record.severity.lower().replace("none", "").replace("unspecified", "")
        assert (record.classification.lower(), severity) in words | {("", "")}


@few
@given(rpm_reports(), rpm_baselines, instants)
def test_counts_equal_the_records(report: Report, baseline: PatchBaseline, now: float) -> None:
    evaluation = judge(report, baseline, now)
    summary = summarize(evaluation.verdicts, not_applicable_count=evaluation.not_applicable_count)
    states = Counter(verdict.state for verdict in evaluation.verdicts)
    assert states == Counter(
        {
            PatchState.INSTALLED: summary.installed,
            PatchState.INSTALLED_OTHER: summary.installed_other,
            PatchState.INSTALLED_REJECTED: summary.installed_rejected,
            PatchState.INSTALLED_PENDING_REBOOT: summary.installed_pending_reboot,
            PatchState.MISSING: summary.missing,
            PatchState.FAILED: summary.failed,
        }
    )
    known = sum(group.count for group in report.packages.not_installed)
    assert 0 <= summary.not_applicable <= known


@few
@given(rpm_reports(), rpm_baselines, instants, rpm_patterns, st.booleans())
def test_rejecting_one_more_pattern_never_approves(
    report: Report, baseline: PatchBaseline, now: float, pattern: str, bypass: bool
) -> None:
    stricter = replace(baseline, rejected_patches=(*baseline.rejected_patches, pattern))
    after = judge(report, stricter, now, bypass=bypass)
    assert approved(after) <= approved(judge(report, baseline, now, bypass=bypass))


@few
@given(rpm_reports(), rpm_baselines, instants, rpm_patterns, st.booleans())
def test_approving_one_more_pattern_never_unapproves(
    report: Report, baseline: PatchBaseline, now: float, pattern: str, bypass: bool
) -> None:
    wider = replace(baseline, approved_patches=(*baseline.approved_patches, pattern))
    before = judge(report, baseline, now, bypass=bypass)
    assert approved(before) <= approved(judge(report, wider, now, bypass=bypass))


@few
@given(rpm_reports(), rpm_baselines, instants, rpm_approval_rules)
def test_one_more_rule_never_unapproves(
    report: Report, baseline: PatchBaseline, now: float, rule: ApprovalRule
) -> None:
    wider = replace(baseline, approval_rules=(*baseline.approval_rules, rule))
    before, after = judge(report, baseline, now), judge(report, wider, now)
    assert approved(before) <= approved(after)
    assert before.not_applicable_count <= after.not_applicable_count


@few
@given(rpm_reports(), rpm_baselines, instants, instants)
def test_a_later_instant_never_unapproves(
    report: Report, baseline: PatchBaseline, one: float, another: float
) -> None:
    earlier = judge(report, baseline, min(one, another))
    later = judge(report, baseline, max(one, another))
    assert approved(earlier) <= approved(later)


@few
@given(rpm_reports(), rpm_baselines, instants, instants)
def test_verdicts_hold_until_valid_until(
    report: Report, baseline: PatchBaseline, now: float, another: float
) -> None:
    evaluation = judge(report, baseline, now)
    for later in (another, evaluation.valid_until):
        if now <= later <= evaluation.valid_until and later != NEVER:
            again = judge(report, baseline, later)
            assert again.verdicts == evaluation.verdicts
            assert again.not_applicable_count == evaluation.not_applicable_count


@few
@given(rpm_reports(reboots=False), instants)
def test_where_everything_is_approved_the_newest_version_decides(
    report: Report, now: float
) -> None:
    packages = packages_by_kb_id(report)
    baseline = PatchBaseline(
        name="everything",
        operating_system=report.node.operating_system,
        approval_rules=(EVERYTHING,),
        # On SUSE rules are about patches alone.
        approved_patches=("*",),
    )
    for verdict in judge(report, baseline, now).verdicts:
        package = packages[verdict.record.kb_id]
        versions = [package.version, *(offer.version for offer in package.available)]
        newest = max(versions, key=rpm.sort_key)
        if newest == package.version:
            assert verdict.state == PatchState.INSTALLED
        else:
            assert verdict.state in STATES_WITH_CVES
        assert verdict.record.title == title(package, newest, report=report)


@few
@given(rpm_reports(), rpm_baselines, instants)
def test_what_is_rejected_by_name_is_never_approved(
    report: Report, baseline: PatchBaseline, now: float
) -> None:
    names = tuple(package.name for package in report.packages.installed)
    rejecting = replace(baseline, rejected_patches=names, approved_patches=names)
    is_blocked = baseline.rejected_patches_action == "BLOCK"
    state = PatchState.INSTALLED_REJECTED if is_blocked else PatchState.INSTALLED_OTHER
    states = {verdict.state for verdict in judge(report, rejecting, now).verdicts}
    assert states <= {state, PatchState.INSTALLED_PENDING_REBOOT}
