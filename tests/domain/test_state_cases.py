"""Runs tests/cases/states: packages, a baseline and an instant, and what must come of them.

A case says what differs from the defaults of `Case` and its parts; members that it leaves out of
an expected record are empty, and counts that it leaves out are 0.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from patchwarden.data.load import operating_systems
from patchwarden.domain.approval import NEVER
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import (
    AvailableVersion,
    Node,
    NotInstalled,
    OperationResult,
    Origin,
    Package,
    Packages,
    Reboot,
    Report,
    Scan,
)
from patchwarden.domain.os_rules import ApprovalDelay, OperatingSystemRules
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.policy import Policy
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.domain.summary import Summary, summarize

CASES = Path(__file__).parent.parent / "cases" / "states"

ORIGINS: Mapping[str, Mapping[str, Origin]] = {
    "DEBIAN": {
        "main": Origin(archive="stable", codename="bookworm", label="Debian"),
        "updates": Origin(archive="stable-updates", codename="bookworm-updates", label="Debian"),
        "security": Origin(
            archive="oldstable-security", codename="bookworm-security", label="Debian-Security"
        ),
        "elsewhere": Origin(archive="stable", codename="stable", label="Example vendor"),
    },
    "UBUNTU": {
        "main": Origin(archive="jammy", codename="jammy", label="Ubuntu"),
        "updates": Origin(archive="jammy-updates", codename="jammy", label="Ubuntu"),
        "security": Origin(archive="jammy-security", codename="jammy", label="Ubuntu"),
        "pro": Origin(archive="jammy-infra-security", codename="jammy", label="UbuntuESM"),
        "elsewhere": Origin(archive="stable", codename="stable", label="Example vendor"),
    },
    "RASPBIAN": {
        "main": Origin(archive="stable", codename="bookworm", label="Raspbian"),
        "security": Origin(
            archive="stable-security", codename="bookworm-security", label="Debian-Security"
        ),
    },
}
VERSIONS = {"DEBIAN": "12", "UBUNTU": "22.04", "RASPBIAN": "12"}


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Refuses members that it does not know, so that a case cannot be misspelled."""


class CasePackage(Strict, frozen=True):
    name: str
    version: str
    """The one that is installed."""
    candidate: str | None = None
    """None: no list offers any version."""
    from_: tuple[str, ...] = msgspec.field(default=("main",), name="from")
    """The origins of the candidate."""
    architecture: str = "amd64"
    priority: str | None = "optional"
    section: str | None = "libs"
    candidate_priority: str | None = None
    candidate_section: str | None = None
    released_at: datetime | None = None
    installed_at: datetime | None = None
    installed_by: str | None = None
    held: bool = False
    automatic: bool = False
    phased_percentage: int | None = None
    kept_back: str | None = None


class CaseGroup(Strict, frozen=True):
    count: int
    from_: tuple[str, ...] = msgspec.field(default=("main",), name="from")
    priority: str = "optional"
    section: str = "libs"


class CaseResult(Strict, frozen=True):
    name: str
    version: str
    outcome: Literal["installed", "failed"]
    architecture: str = "amd64"
    at: datetime = datetime(2026, 3, 1, tzinfo=UTC)


class CaseRule(Strict, frozen=True):
    filters: Mapping[str, tuple[str, ...]] = {}
    compliance_level: str = "UNSPECIFIED"
    approve_after_days: int | None = None
    approve_until_date: str | None = None
    enable_non_security: bool = False


class CaseBaseline(Strict, frozen=True):
    global_filters: Mapping[str, tuple[str, ...]] = {}
    approval_rules: tuple[CaseRule, ...] = ()
    approved_patches: tuple[str, ...] = ()
    approved_patches_compliance_level: str = "UNSPECIFIED"
    approved_patches_enable_non_security: bool = False
    rejected_patches: tuple[str, ...] = ()
    rejected_patches_action: Literal["ALLOW_AS_DEPENDENCY", "BLOCK"] = "ALLOW_AS_DEPENDENCY"


class CaseReboot(Strict, frozen=True):
    required: bool
    packages: tuple[str, ...] = ()


class CaseRecord(Strict, frozen=True):
    state: PatchState
    title: str
    kb_id: str
    classification: str = ""
    severity: str = ""
    installed_at: datetime | None = None
    """None: 0."""
    installed_by: str | None = None
    compliance_level: str = "UNSPECIFIED"


class Case(Strict, frozen=True):
    name: str
    why: str
    expected: tuple[CaseRecord, ...]
    counts: Mapping[str, int | str]
    operating_system: str = "DEBIAN"
    platform_version: str | None = None
    """None: the one of `VERSIONS`."""
    architecture: str = "amd64"
    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    booted_at: datetime | None = None
    reboot: CaseReboot | None = None
    installed: tuple[CasePackage, ...] = ()
    report: str | None = None
    """A file beside the case with a whole report, instead of the members above."""
    not_installed: tuple[CaseGroup, ...] = ()
    operation: Literal["Scan", "Install"] = "Scan"
    reboot_option: Literal["RebootIfNeeded", "NoReboot"] = "NoReboot"
    results: tuple[CaseResult, ...] = ()
    baseline: CaseBaseline | None = None
    """None: the predefined default of the operating system."""
    approval_delay: ApprovalDelay = "ignored"
    approved_patches_bypass_global_filters: bool = True
    valid_until: datetime | None = None
    """None: for ever."""


class CaseFile(Strict, frozen=True):
    cases: tuple[Case, ...]


def read_cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.toml")):
        yield from msgspec.convert(tomllib.loads(path.read_text("utf-8")), CaseFile).cases


def seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def report_of(case: Case) -> Report:
    if case.report is not None:
        return msgspec.json.decode((CASES / case.report).read_bytes(), type=Report)
    names = list(ORIGINS[case.operating_system])
    return Report(
        schema=1,
        scan=Scan(
            started_at=case.now.timestamp() - 2,
            ended_at=case.now.timestamp(),
            collector="patchwarden-agent/0.1.0",
            evidence="python-apt",
            operation=case.operation,
            reboot_option=case.reboot_option,
            results=tuple(
                OperationResult(
                    name=result.name,
                    architecture=result.architecture,
                    version=result.version,
                    outcome=result.outcome,
                    at=result.at.timestamp(),
                )
                for result in case.results
            ),
        ),
        node=Node(
            operating_system=case.operating_system,
            platform_type="Linux",
            platform_name=case.operating_system.title(),
            platform_version=case.platform_version or VERSIONS[case.operating_system],
            architecture=case.architecture,
            booted_at=seconds(case.booted_at),
            reboot=None
            if case.reboot is None
            else Reboot(required=case.reboot.required, packages=case.reboot.packages),
        ),
        packages=Packages(
            package_manager="apt",
            installed=tuple(package_of(package, names) for package in case.installed),
            origins=tuple(ORIGINS[case.operating_system].values()),
            not_installed=tuple(
                NotInstalled(
                    priority=group.priority,
                    section=group.section,
                    origins=tuple(map(names.index, group.from_)),
                    count=group.count,
                )
                for group in case.not_installed
            ),
        ),
    )


def package_of(package: CasePackage, origins: list[str]) -> Package:
    available: tuple[AvailableVersion, ...] = ()
    if package.candidate is not None:
        offer = AvailableVersion(
            version=package.candidate,
            origins=tuple(map(origins.index, package.from_)),
            priority=package.candidate_priority,
            section=package.candidate_section,
            released_at=seconds(package.released_at),
            phased_percentage=package.phased_percentage,
            kept_back=package.kept_back,
        )
        available = (offer,)
    return Package(
        name=package.name,
        architecture=package.architecture,
        version=package.version,
        installed_at=seconds(package.installed_at),
        installed_by=package.installed_by,
        priority=package.priority,
        section=package.section,
        held=package.held,
        automatic=package.automatic,
        available=available,
    )


def filters_of(filters: Mapping[str, tuple[str, ...]]) -> tuple[PatchFilter, ...]:
    return tuple(PatchFilter(key=key, values=values) for key, values in filters.items())


def baseline_of(case: Case, rules: OperatingSystemRules) -> PatchBaseline:
    given = case.baseline
    if given is None:
        [predefined] = [one for one in rules.predefined_baselines if one.is_default]
        return predefined.content
    return PatchBaseline(
        name="under-test",
        operating_system=case.operating_system,
        global_filters=filters_of(given.global_filters),
        approval_rules=tuple(
            ApprovalRule(
                filters=filters_of(rule.filters),
                compliance_level=ComplianceLevel[rule.compliance_level],
                approve_after_days=rule.approve_after_days,
                approve_until_date=rule.approve_until_date,
                enable_non_security=rule.enable_non_security,
            )
            for rule in given.approval_rules
        ),
        approved_patches=given.approved_patches,
        approved_patches_compliance_level=ComplianceLevel[given.approved_patches_compliance_level],
        approved_patches_enable_non_security=given.approved_patches_enable_non_security,
        rejected_patches=given.rejected_patches,
        rejected_patches_action=given.rejected_patches_action,
    )


def evaluation_of(case: Case) -> Evaluation:
    shipped = operating_systems()[case.operating_system]
    rules = replace(shipped, approval_delay=case.approval_delay)
    policy = Policy.of(
        baseline_of(case, rules),
        rules,
        case.now.timestamp(),
        approved_bypass_global_filters=case.approved_patches_bypass_global_filters,
    )
    return evaluate(report_of(case), policy, rules)


def expected_verdict(expected: CaseRecord) -> Verdict:
    return Verdict(
        record=PatchRecord(
            title=expected.title,
            kb_id=expected.kb_id,
            classification=expected.classification,
            severity=expected.severity,
            cve_ids="",
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
    summary = summarize(evaluation.verdicts, not_applicable_count=evaluation.not_applicable_count)
    assert summary == expected_summary(case.counts)
    assert evaluation.valid_until == (seconds(case.valid_until) or NEVER)


def test_every_case_has_its_own_name_and_cites_the_contract() -> None:
    names = [case.name for case in CASE_LIST]
    assert len(set(names)) == len(names)
    assert [case.name for case in CASE_LIST if "contract" not in case.why] == []


def test_the_cases_reach_every_state_of_linux_and_every_system_of_apt() -> None:
    reached = {record.state for case in CASE_LIST for record in case.expected}
    windows_only = {PatchState.NOT_APPLICABLE, PatchState.AVAILABLE_SECURITY_UPDATE}
    assert reached == set(PatchState) - windows_only
    assert {case.operating_system for case in CASE_LIST} == set(ORIGINS)
