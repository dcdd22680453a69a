"""Collects the evidence about a pending reboot on SUSE Linux Enterprise and openSUSE."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from patchwarden_agent.findings import Candidate, InstalledPackage, Reboot, Slot
from patchwarden_agent.host import Host
from patchwarden_agent.rpm.reboot import rpm_reboot
from patchwarden_agent.target import Target

# Written when a patch or package that asks for a reboot is installed; it is all that
# `zypper needs-rebooting` looks at.
_NEEDED = "run/reboot-needed"


def zypper_reboot(
    target: Target,
    host: Host,
    installed: Sequence[InstalledPackage],
    installed_at: Mapping[Slot, float],
    available: Mapping[Slot, Sequence[Candidate]],
) -> Reboot:
    """Say whether a reboot is pending, and why.

    `available` has the advisories of the installed versions.
    """
    release = _package_release(installed, host.kernel_release)
    evidence = rpm_reboot(
        replace(host, kernel_release=release), installed, installed_at, available
    ) or Reboot(is_required=False)
    if not target.has(_NEEDED):
        return evidence
    reasons = (f"/{_NEEDED} exists", *evidence.reasons)
    return replace(evidence, is_required=True, reasons=reasons)


def _package_release(installed: Sequence[InstalledPackage], running: str) -> str:
    """Give the release of the running kernel as other distributions have it; empty if unknown.

    SUSE's kernel of the package kernel-default 6.4.0-150600.23.47.2 calls itself
    6.4.0-150600.23.47-default: without the count of rebuilds, and with the flavour.
    """
    release, _, flavour = running.rpartition("-")
    names = (f"kernel-{flavour}", f"kernel-{flavour}-base")
    for package in installed:
        for version in (package.version, *package.other_versions):
            if package.name in names and (version == release or version.startswith(f"{release}.")):
                return f"{version}.{package.architecture}"
    return ""
