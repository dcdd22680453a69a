"""Which installed packages wait for a reboot (contract 3.2, step 6)."""

import math

from patchwarden.domain.facts import Report

PackageKey = tuple[str, str]
"""Name and architecture, as the package says."""


def waiting_for_reboot(report: Report) -> frozenset[PackageKey]:
    """Give the packages that wait for a reboot.

    They are those that this Install operation installed without rebooting, and those that the
    node names as the reason for a reboot, whoever installed them (contract 3.1); in either case
    only if that was since the node booted, or nobody knows when it was.
    """
    booted_at = -math.inf if report.node.booted_at is None else report.node.booted_at
    waiting = {key for key, at in _installed_without_reboot(report).items() if at > booted_at}
    reboot = report.node.reboot
    if reboot is not None and reboot.required:
        named = frozenset(reboot.packages)
        waiting.update(
            (package.name, package.architecture)
            for package in report.packages.installed
            if package.name in named
            and (package.installed_at is None or package.installed_at > booted_at)
        )
    return frozenset(waiting)


def _installed_without_reboot(report: Report) -> dict[PackageKey, float]:
    scan = report.scan
    if scan.operation != "Install" or scan.reboot_option != "NoReboot":
        return {}
    return {
        (result.name, result.architecture): result.at
        for result in scan.results
        if result.outcome == "installed"
    }
