"""How `patchwarden node scan` shows people what it found."""

from patchwarden.choices import Choices
from patchwarden.cli.output import Column, age, counted, print_table, say
from patchwarden.cli.scan_summary import ScanSummary, Upgrade

_UPGRADE_COLUMNS = [
    Column(title) for title in ("Package", "Installed", "Available", "Kind", "Would not upgrade")
]
_REFRESH = {
    "apt": "apt-get update",
    "dnf": "dnf makecache",
    "yum": "yum makecache",
    "zypper": "zypper refresh",
}
"""What fetches the package lists, by package manager."""


def print_summary(summary: ScanSummary, now: float) -> None:
    """Print what could be upgraded, and what is known of the machine beside."""
    node_facts, scan_facts = summary.report.node, summary.report.scan
    if summary.upgrades:
        print_table(_UPGRADE_COLUMNS, [_upgrade_row(upgrade) for upgrade in summary.upgrades])
        say()
    say(
        f"{node_facts.platform_name} {node_facts.platform_version}, "
        f"kernel {node_facts.kernel_release or 'unknown'}: "
        f"{counted(len(summary.report.packages.installed), 'package')} installed, "
        f"{len(summary.upgrades)} with a newer version, {summary.security_count} of those for "
        f"security (by {scan_facts.evidence})."
    )
    say(_lists_sentence(summary, now))
    say(_reboot_sentence(summary))
    for topic, what in scan_facts.details.items():
        say(f"Not found out: {topic}: {what}")


def _upgrade_row(upgrade: Upgrade) -> tuple[str, ...]:
    return (
        f"{upgrade.package.name}.{upgrade.package.architecture}",
        upgrade.package.version,
        upgrade.newest.version,
        "security" if upgrade.is_security else "",
        upgrade.obstacle,
    )


def _lists_sentence(summary: ScanSummary, now: float) -> str:
    fetched_at = summary.lists_fetched_at
    if fetched_at is None:
        return "Age of the package lists: unknown; there may be newer versions than these."
    old = age(now - fetched_at)
    if now - fetched_at > Choices().stale_after_s:
        refresh = _REFRESH[summary.report.packages.package_manager]
        return f"The package lists are {old} old: run {refresh}, there may be newer versions."
    return f"The package lists are at most {old} old."


def _reboot_sentence(summary: ScanSummary) -> str:
    reboot = summary.report.node.reboot
    if reboot is None:
        return "Reboot: unknown whether one is needed."
    if not reboot.required:
        return "Reboot: not needed."
    because = "; ".join(reboot.reasons) or ", ".join(reboot.packages)
    return f"Reboot needed: {because}." if because else "Reboot needed."
