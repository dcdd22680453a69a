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
    Advisory,
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
from patchwarden.domain.os_rules import WINDOWS, ApprovalDelay, OperatingSystemRules
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.policy import Policy
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.domain.summary import Summary, summarize
from windows_cases import CasePatch, CaseUpdate, enriched, update_of

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
VERSIONS = {
    "ALMA_LINUX": "9.4",
    "AMAZON_LINUX": "2018.03",
    "AMAZON_LINUX_2": "2",
    "AMAZON_LINUX_2022": "2022",
    "AMAZON_LINUX_2023": "2023",
    "CENTOS": "7.9",
    "DEBIAN": "12",
    "MACOS": "14.2",
    "ORACLE_LINUX": "8.9",
    "RASPBIAN": "12",
    "REDHAT_ENTERPRISE_LINUX": "9.4",
    "ROCKY_LINUX": "9.3",
    "SUSE": "15.5",
    "UBUNTU": "22.04",
    "WINDOWS": "10.0.17763",
}
ARCHITECTURES = {"apt": "amd64", "macos": "arm64", "windows-update": "AMD64"}
"""By package manager; `x86_64` of all others."""


PLATFORM_TYPES = {"macos": "MacOS", "windows-update": "Windows"}
"""By package manager; `Linux` of all others."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Refuses members that it does not know, so that a case cannot be misspelled."""


class CaseAdvisory(Strict, frozen=True):
    advisory_id: str
    classification: str = "security"
    severity: str = ""
    issued_at: datetime | None = None
    updated_at: datetime | None = None
    cve_ids: tuple[str, ...] = ()
    bugzilla_ids: tuple[str, ...] = ()


class CaseVersion(Strict, frozen=True):
    version: str
    advisories: tuple[str, ...] = ()
    """Ids of advisories of the case."""
    built_at: datetime | None = None
    released_at: datetime | None = None
    cve_ids: tuple[str, ...] = ()


class CasePackage(Strict, frozen=True):
    name: str
    version: str
    """The one that is installed."""
    candidate: str | None = None
    """None: no list offers any version."""
    from_: tuple[str, ...] = msgspec.field(default=("main",), name="from")
    """The origins of the candidate."""
    available: tuple[CaseVersion, ...] = ()
    """What is on offer, newest first, where it is not a candidate of apt."""
    other_versions: tuple[str, ...] = ()
    installer: str = ""
    architecture: str | None = None
    """None: the node's."""
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
    classification: str = ""
    severity: str = ""


class CaseResult(Strict, frozen=True):
    name: str
    version: str
    outcome: Literal["installed", "failed"]
    architecture: str | None = None
    """None: the node's."""
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
    available_security_updates_compliance_status: str | None = None


class CaseReboot(Strict, frozen=True):
    required: bool
    packages: tuple[str, ...] = ()


class CaseRecord(Strict, frozen=True):
    state: PatchState
    kb_id: str
    title: str = ""
    classification: str = ""
    severity: str = ""
    cve_ids: str = ""
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
    package_manager: str | None = None
    """None: the one of the operating system."""
    architecture: str | None = None
    """None: the one of `ARCHITECTURES`."""
    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    booted_at: datetime | None = None
    reboot: CaseReboot | None = None
    installed: tuple[CasePackage, ...] = ()
    advisories: tuple[CaseAdvisory, ...] = ()
    updates: tuple[CaseUpdate, ...] = ()
    """Windows."""
    knows_available: bool = True
    catalog: tuple[CasePatch, ...] = ()
    """What the catalog has for Windows."""
    report: str | None = None
    """A file beside the case with a whole report, instead of the members above."""
    not_installed: tuple[CaseGroup, ...] = ()
    operation: Literal["Scan", "Install"] = "Scan"
    reboot_option: Literal["RebootIfNeeded", "NoReboot"] = "NoReboot"
    results: tuple[CaseResult, ...] = ()
    baseline: CaseBaseline | None = None
    """None: a predefined one of the operating system."""
    predefined_baseline: str | None = None
    """Its name; None: the default."""
    approval_delay: ApprovalDelay | None = None
    """None: as the operating system has it."""
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
    package_manager = package_manager_of(case)
    architecture = case.architecture or ARCHITECTURES.get(package_manager, "x86_64")
    origins = ORIGINS.get(case.operating_system, {})
    return Report(
        schema=1,
        scan=Scan(
            started_at=case.now.timestamp() - 2,
            ended_at=case.now.timestamp(),
            collector="patchwarden-agent/0.1.0",
            evidence=package_manager,
            operation=case.operation,
            reboot_option=case.reboot_option,
            results=tuple(
                OperationResult(
                    name=result.name,
                    architecture=result.architecture or architecture,
                    version=result.version,
                    outcome=result.outcome,
                    at=result.at.timestamp(),
                )
                for result in case.results
            ),
        ),
        node=Node(
            operating_system=case.operating_system,
            platform_type=PLATFORM_TYPES.get(package_manager, "Linux"),
            platform_name=case.operating_system.title(),
            platform_version=case.platform_version or VERSIONS[case.operating_system],
            architecture=architecture,
            booted_at=seconds(case.booted_at),
            reboot=None
            if case.reboot is None
            else Reboot(required=case.reboot.required, packages=case.reboot.packages),
        ),
        packages=Packages(
            package_manager=package_manager,
            installed=tuple(
                package_of(
                    package,
                    architecture=architecture,
                    origins=list(origins),
                    advisories=[each.advisory_id for each in case.advisories],
                )
                for package in case.installed
            ),
            origins=tuple(origins.values()),
            advisories=tuple(map(advisory_of, case.advisories)),
            not_installed=tuple(group_of(group, list(origins)) for group in case.not_installed),
            knows_available=case.knows_available,
            updates=tuple(map(update_of, case.updates)),
        ),
    )


def package_manager_of(case: Case) -> str:
    return case.package_manager or operating_systems()[case.operating_system].package_manager


def advisory_of(advisory: CaseAdvisory) -> Advisory:
    return Advisory(
        advisory_id=advisory.advisory_id,
        classification=advisory.classification,
        severity=advisory.severity,
        issued_at=seconds(advisory.issued_at),
        updated_at=seconds(advisory.updated_at),
        cve_ids=advisory.cve_ids,
        bugzilla_ids=advisory.bugzilla_ids,
    )


def group_of(group: CaseGroup, origins: list[str]) -> NotInstalled:
    if not origins:
        return NotInstalled(
            classification=group.classification, severity=group.severity, count=group.count
        )
    return NotInstalled(
        priority=group.priority,
        section=group.section,
        origins=tuple(map(origins.index, group.from_)),
        count=group.count,
    )


def package_of(
    package: CasePackage, *, architecture: str, origins: list[str], advisories: list[str]
) -> Package:
    available = tuple(
        AvailableVersion(
            version=offer.version,
            advisories=tuple(map(advisories.index, offer.advisories)),
            built_at=seconds(offer.built_at),
            released_at=seconds(offer.released_at),
            cve_ids=offer.cve_ids,
        )
        for offer in package.available
    )
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
        architecture=package.architecture or architecture,
        version=package.version,
        other_versions=package.other_versions,
        installer=package.installer,
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
        [predefined] = [
            one
            for one in rules.predefined_baselines
            if (one.content.name == case.predefined_baseline)
            or (one.is_default and case.predefined_baseline is None)
        ]
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
        available_security_updates_compliance_status=(
            given.available_security_updates_compliance_status
        ),
    )


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
