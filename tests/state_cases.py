"""What a case of tests/cases/states says: packages, a baseline, and what must come of them.

It says what differs from the defaults of `Case` and its parts.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from patchwarden.domain.os_rules import ApprovalDelay
from patchwarden.domain.states import PatchState
from windows_cases import CasePatch, CaseUpdate

CASES = Path(__file__).parent / "cases" / "states"


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
