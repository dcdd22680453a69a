"""What a report says about a machine, in short: for `node scan`, without a server."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from patchwarden.cli.output import iso
from patchwarden.data.load import operating_systems
from patchwarden.domain.facts import AvailableVersion, Package, PackageList, Report
from patchwarden.domain.os_rules import is_security
from patchwarden.domain.versions import dpkg


class Upgrade(NamedTuple):
    """An installed package of which the package manager knows a newer version."""

    package: Package
    newest: AvailableVersion
    is_security: bool
    """Whether a security list offers the newer version; False where no rules know."""

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
        "Held": upgrade.package.held,
        "KeptBack": upgrade.newest.kept_back,
    }


def _upgrades(report: Report) -> Iterator[Upgrade]:
    rules = operating_systems().get(report.node.operating_system)
    origins = report.packages.origins
    for package in report.packages.installed:
        if not package.available:
            continue
        newest = package.available[0]
        if dpkg.compare(newest.version, package.version) <= 0:
            continue
        offers = [origins[position] for position in newest.origins]
        yield Upgrade(package, newest, rules is not None and is_security(rules, offers))


def _oldest(lists: tuple[PackageList, ...]) -> float | None:
    return min((each.fetched_at for each in lists if each.fetched_at is not None), default=None)
