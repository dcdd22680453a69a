"""Runs tests/cases/states: packages, a baseline and an instant, and what must come of them.

Members that a case leaves out of an expected record are empty, and counts that it leaves out are 0.
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from patchwarden.data.load import operating_systems
from patchwarden.domain.approval import NEVER
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.policy import Policy
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.domain.summary import Summary, summarize
from state_case_inputs import VERSIONS, baseline_of, report_of, seconds
from state_cases import Case, CaseRecord, read_cases
from windows_cases import enriched


def evaluation_of(case: Case) -> Evaluation:
    shipped = operating_systems()[case.operating_system]
    rules = replace(shipped, approval_delay=case.approval_delay or shipped.approval_delay)
    policy = Policy.of(
        baseline_of(case, rules),
        rules,
        case.now.timestamp(),
        approved_bypass_global_filters=case.approved_patches_bypass_global_filters,
    )
    report = report_of(case)
    if case.operating_system == WINDOWS:
        report = enriched(report, case.catalog)
    return evaluate(report, policy, rules)


def summary_of(case: Case, evaluation: Evaluation) -> Summary:
    baseline = baseline_of(case, operating_systems()[case.operating_system])
    setting = baseline.available_security_updates_compliance_status
    return summarize(
        evaluation.verdicts,
        not_applicable_count=evaluation.not_applicable_count,
        available_security_updates_are_compliant=setting != "NON_COMPLIANT",
    )


def expected_verdict(expected: CaseRecord) -> Verdict:
    return Verdict(
        record=PatchRecord(
            title=expected.title,
            kb_id=expected.kb_id,
            classification=expected.classification,
            severity=expected.severity,
            cve_ids=expected.cve_ids,
        ),
        state=expected.state,
        compliance_level=ComplianceLevel[expected.compliance_level],
        installed_at=seconds(expected.installed_at) or 0.0,
        installed_by=expected.installed_by,
    )


def expected_summary(counts: Mapping[str, int | str]) -> Summary:
    assert set(counts) <= set(Summary._fields)
    severity = counts.get("overall_severity")
    worst = None if severity is None else ComplianceLevel[str(severity)]
    known = {**dict.fromkeys(Summary._fields, 0), **counts, "overall_severity": worst}
    return Summary._make(known[name] for name in Summary._fields)


CASE_LIST = list(read_cases())


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASE_LIST])
def test_state_case(case: Case) -> None:
    evaluation = evaluation_of(case)
    assert list(evaluation.verdicts) == [expected_verdict(record) for record in case.expected]
    assert summary_of(case, evaluation) == expected_summary(case.counts)
    assert evaluation.valid_until == (seconds(case.valid_until) or NEVER)


def test_every_case_has_its_own_name_and_cites_the_contract() -> None:
    names = [case.name for case in CASE_LIST]
    assert len(set(names)) == len(names)
    assert [case.name for case in CASE_LIST if "contract" not in case.why] == []


def test_the_cases_reach_every_state_and_every_system() -> None:
    assert {record.state for case in CASE_LIST for record in case.expected} == set(PatchState)
    assert {case.operating_system for case in CASE_LIST} >= set(VERSIONS)
