"""Puts a report together in the JSON form that the server reads, fields at their default left out.

The same packages always give the same `packages`, byte for byte: a server stores an unchanged
rescan as next to nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional, Union

from patchwarden_agent import __version__
from patchwarden_agent.detect import Detected
from patchwarden_agent.findings import (
    Advisory,
    Candidate,
    Findings,
    InstalledPackage,
    Origin,
    PackageList,
    Reboot,
    Slot,
)
from patchwarden_agent.host import Host

SCHEMA = 1
COLLECTOR = f"patchwarden-agent/{__version__}"
MAX_TEXT = 1024
"""Characters in one text; the server takes no longer one."""


@dataclass(frozen=True)
class Period:
    """When a scan began and ended, in seconds since 1970."""

    started_at: float
    ended_at: float


def assemble(findings: Findings, detected: Detected, host: Host, period: Period) -> dict[str, Any]:
    """Give the whole report."""
    details = dict(findings.details)
    if detected.detail is not None:
        details["operating_system"] = detected.detail
    report = {
        "schema": SCHEMA,
        "scan": {
            "started_at": period.started_at,
            # A clock that was set back meanwhile would make it end before it began.
            "ended_at": max(period.started_at, period.ended_at),
            "collector": COLLECTOR,
            "evidence": findings.evidence,
            "details": {topic: details[topic] for topic in sorted(details)},
        },
        "node": _node(findings, detected, host),
        "packages": _packages(findings),
    }
    return {member: _plain(value) for member, value in report.items()}


def _node(findings: Findings, detected: Detected, host: Host) -> dict[str, Any]:
    return {
        "operating_system": detected.operating_system,
        "platform_type": "Linux",
        "platform_name": detected.platform_name,
        "platform_version": detected.platform_version,
        "architecture": findings.architecture,
        **_stated(
            computer_name=host.computer_name,
            ip_address=host.ip_address,
            kernel_release=host.kernel_release,
            booted_at=host.booted_at,
            reboot=_reboot(findings.reboot),
            package_lists=[_package_list(each) for each in findings.package_lists],
        ),
    }


def _reboot(reboot: Optional[Reboot]) -> Optional[dict[str, Any]]:
    if reboot is None:
        return None
    stated = _stated(packages=list(reboot.packages), reasons=list(reboot.reasons))
    return {"required": reboot.is_required, **stated}


def _package_list(each: PackageList) -> dict[str, Any]:
    return _stated(
        name=each.name,
        released_at=each.released_at,
        valid_until=each.valid_until,
        fetched_at=each.fetched_at,
    )


@dataclass(frozen=True)
class _Positions:
    """Where in a report stands what its packages refer to."""

    origins: Mapping[Origin, int]
    advisories: Mapping[Advisory, int]

    @classmethod
    def of(cls, findings: Findings) -> "_Positions":
        offers = [offer for available in findings.available.values() for offer in available]
        origins = {origin for offer in offers for origin in offer.origins}
        origins.update(origin for group in findings.not_installed for origin in group.origins)
        advisories = {advisory for offer in offers for advisory in offer.advisories}
        return cls(
            origins={origin: position for position, origin in enumerate(sorted(origins))},
            advisories={
                advisory: position for position, advisory in enumerate(sorted(advisories, key=repr))
            },
        )


def _packages(findings: Findings) -> dict[str, Any]:
    positions = _Positions.of(findings)
    return {
        "package_manager": findings.package_manager,
        **({} if findings.knows_available else {"knows_available": False}),
        "installed": [
            _package(package, package.slot(findings.architecture), findings, positions)
            for package in findings.installed
        ],
        "origins": [_members(origin) for origin in positions.origins],
        **_stated(advisories=[_members(advisory) for advisory in positions.advisories]),
        "not_installed": [
            {
                **_stated(
                    priority=group.priority,
                    section=group.section,
                    origins=[positions.origins[origin] for origin in group.origins],
                    classification=group.classification,
                    severity=group.severity,
                ),
                "count": group.count,
            }
            for group in findings.not_installed
        ],
    }


def _members(each: Union[Origin, Advisory]) -> dict[str, Any]:
    listed = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in zip(each._fields, each)
    }
    return _stated(**listed)


def _package(
    package: InstalledPackage, slot: Slot, findings: Findings, positions: _Positions
) -> dict[str, Any]:
    return {
        "name": package.name,
        "architecture": package.architecture,
        "version": package.version,
        **_stated(
            installed_at=findings.installed_at.get(slot),
            installed_by=findings.installed_by.get(slot),
            priority=package.priority,
            section=package.section,
            source=package.source,
            source_version=package.source_version,
            held=package.is_held,
            automatic=slot in findings.automatic,
            other_versions=list(package.other_versions),
            available=[
                _available(candidate, package, positions)
                for candidate in findings.available.get(slot, ())
            ],
        ),
    }


def _available(
    candidate: Candidate, package: InstalledPackage, positions: _Positions
) -> dict[str, Any]:
    """Give a candidate; what is as installed is left out."""
    source_version = package.source_version or package.version
    return {
        "version": candidate.version,
        **_stated(
            origins=[positions.origins[origin] for origin in candidate.origins],
            priority=_unless(candidate.priority, package.priority),
            section=_unless(candidate.section, package.section),
            source=_unless(candidate.source, package.source or package.name),
            source_version=_unless(candidate.source_version, source_version),
            phased_percentage=candidate.phased_percentage,
            kept_back=candidate.kept_back,
            released_at=candidate.released_at,
            built_at=candidate.built_at,
            advisories=sorted(positions.advisories[each] for each in candidate.advisories),
            module=candidate.module,
        ),
    }


def plain(text: str) -> str:
    """Give a text as the server takes it: short, and without controls."""
    short = text[:MAX_TEXT]
    if short.isprintable():
        return short
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in short)


def _plain(value: object) -> object:
    """Give `value` with every text in it as the server takes it."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _unless(value: Optional[str], installed: Optional[str]) -> Optional[str]:
    return None if value == installed else value


def _stated(**fields: object) -> dict[str, Any]:
    """Leave out what is None, False, or an empty text or list; the number 0 stays."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ("", [])
    }
