"""The report and the baseline of a case of tests/cases/states."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from patchwarden.data.load import operating_systems
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter
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
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.states import ComplianceLevel
from state_cases import CASES, Case, CaseAdvisory, CaseGroup, CasePackage
from windows_cases import update_of

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
