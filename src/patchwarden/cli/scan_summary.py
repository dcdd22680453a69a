"""What a report says about a machine, in short: for `node scan`, without a server."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from patchwarden.cli.output import iso
from patchwarden.data.load import operating_systems
from patchwarden.domain.facts import Advisory, AvailableVersion, Package, PackageList, Report
from patchwarden.domain.os_rules import is_security
from patchwarden.domain.patches import joined_cve_ids
from patchwarden.domain.version_order import sort_key_of


class Upgrade(NamedTuple):
    """An installed package of which the package manager knows a newer version."""

    package: Package
    newest: AvailableVersion
    is_security: bool
    """Whether a security list offers the newer version, or a security advisory is about one of the
    newer versions; False where no rules know."""
    advisory_ids: tuple[str, ...] = ()
    """Of all versions that are newer than the installed one."""
    cve_ids: str = ""
    """Comma-joined."""

    @property
    def obstacle(self) -> str:
        """Say why it would not be installed now; empty if it would."""
        if self.package.held:
            return "held"
        return f"kept back: {self.newest.kept_back}" if self.newest.kept_back else ""


class ScanSummary(NamedTuple):
    """The short form of a report."""

    report: Report
    upgrades: tuple[Upgrade, ...]
    """In the order of the report."""
    lists_fetched_at: float | None
    """When the package list that is oldest was fetched; None if the machine cannot tell."""

    @property
    def security_count(self) -> int:
        """Count the upgrades that are security updates."""
        return sum(upgrade.is_security for upgrade in self.upgrades)


def summarize_scan(report: Report) -> ScanSummary:
    """Find what matters to a person in `report`."""
    return ScanSummary(
        report=report,
        upgrades=tuple(_upgrades(report)),
        lists_fetched_at=_oldest(report.node.package_lists),
    )


def scan_document(summary: ScanSummary) -> Mapping[str, Any]:
    """Give the summary as a JSON document; instants in ISO 8601."""
    node, scan = summary.report.node, summary.report.scan
    reboot = node.reboot
    return {
        "OperatingSystem": node.operating_system,
        "PlatformName": node.platform_name,
        "PlatformVersion": node.platform_version,
        "ComputerName": node.computer_name,
        "KernelRelease": node.kernel_release,
        "Evidence": scan.evidence,
        "NotFoundOut": dict(scan.details),
        "InstalledPackages": len(summary.report.packages.installed),
        "SecurityUpgrades": summary.security_count,
        "PackageListsFetchedAt": iso(summary.lists_fetched_at) or None,
        "RebootRequired": None if reboot is None else reboot.required,
        "RebootReasons": [] if reboot is None else list(reboot.reasons),
        "Upgrades": [_upgrade_document(upgrade) for upgrade in summary.upgrades],
    }


def _upgrade_document(upgrade: Upgrade) -> Mapping[str, Any]:
    return {
        "Name": upgrade.package.name,
        "Architecture": upgrade.package.architecture,
        "InstalledVersion": upgrade.package.version,
        "AvailableVersion": upgrade.newest.version,
        "Security": upgrade.is_security,
        "AdvisoryIds": list(upgrade.advisory_ids),
        "CVEIds": upgrade.cve_ids.split(",") if upgrade.cve_ids else [],
        "Held": upgrade.package.held,
        "KeptBack": upgrade.newest.kept_back,
    }


def _upgrades(report: Report) -> Iterator[Upgrade]:
    sort_key = sort_key_of(report.packages.package_manager)
    if sort_key is None:
        return
    for package in report.packages.installed:
        if not package.available:
            continue
        newest = package.available[0]
        if sort_key(newest.version) <= sort_key(package.version):
            continue
        newer = [each for each in package.available if each.version != package.version]
        advisories = _advisories(report, newer)
        yield Upgrade(
            package=package,
            newest=newest,
            is_security=_offered_for_security(report, newest)
            or any(each.classification.lower() == "security" for each in advisories),
            advisory_ids=tuple(sorted({each.advisory_id for each in advisories})),
            cve_ids=joined_cve_ids(cve_id for each in advisories for cve_id in each.cve_ids),
        )


def _advisories(report: Report, offers: Iterable[AvailableVersion]) -> list[Advisory]:
    positions = {position for offer in offers for position in offer.advisories}
    return [report.packages.advisories[position] for position in sorted(positions)]


def _offered_for_security(report: Report, offer: AvailableVersion) -> bool:
    rules = operating_systems().get(report.node.operating_system)
    origins = [report.packages.origins[position] for position in offer.origins]
    return rules is not None and is_security(rules, origins)


def _oldest(lists: tuple[PackageList, ...]) -> float | None:
    return min((each.fetched_at for each in lists if each.fetched_at is not None), default=None)
