"""Collects the evidence about a pending reboot on systems with rpm."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from patchwarden_agent.findings import Candidate, InstalledPackage, Reboot, Slot
from patchwarden_agent.host import Host
from patchwarden_agent.rpm.order import sort_key

# kernel, kernel-core, kernel-rt-core, kernel-64k-core, kernel-uek, kernel-lt, kernel-default
_KERNEL = re.compile(r"kernel(?:-(?:rt|64k|PAE|smp|uek|lt|ml|default|azure))?(?:-core|-base)?")
_FLAVOUR = re.compile(r"\+[\w.-]+$")
# What every process uses or the first one runs; dnf's and yum's needs-restarting have such lists.
_CORE = frozenset(
    {
        "dbus",
        "dbus-broker",
        "dbus-daemon",
        "glibc",
        "gnutls",
        "linux-firmware",
        "microcode_ctl",
        "openssl-libs",
        "systemd",
        "udev",
    }
)

Found = Iterator[tuple[str, list[str]]]


def rpm_reboot(
    host: Host,
    installed: Sequence[InstalledPackage],
    installed_at: Mapping[Slot, float],
    available: Mapping[Slot, Sequence[Candidate]],
) -> Optional[Reboot]:
    """Say whether a reboot is pending, and why; None if this node has no way to tell.

    `available` has the advisories of the installed versions. A kernel that belongs to no package
    is a container's or a self-built one: then nothing that was installed proves anything.
    """
    running = [package for package in installed if _is_kernel(package, host.kernel_release)]
    if not running:
        return None
    found = [
        *_newer_kernels(running, host.kernel_release),
        *_since_start(host, installed, installed_at, available),
    ]
    return Reboot(
        is_required=bool(found),
        packages=tuple(sorted({name for _, names in found for name in names})),
        reasons=tuple(reason for reason, _ in found),
    )


def _is_kernel(package: InstalledPackage, release: str) -> bool:
    if _KERNEL.fullmatch(package.name) is None:
        return False
    versions = (package.version, *package.other_versions)
    return _FLAVOUR.sub("", release) in {_release(package, version) for version in versions}


def _release(package: InstalledPackage, version: str) -> str:
    """Give what the kernel of this version calls itself."""
    return f"{version.partition(':')[2] or version}.{package.architecture}"


def _newer_kernels(running: Sequence[InstalledPackage], release: str) -> Found:
    own = _FLAVOUR.sub("", release)
    newer = {
        package.name: package.version
        for package in running
        if own != _release(package, package.version)
        and sort_key(package.version.partition(":")[2] or package.version)
        > sort_key(own[: -len(package.architecture) - 1])
    }
    if newer:
        newest = max(newer.values(), key=sort_key)
        yield f"running kernel {release}, newest installed {newest}", sorted(newer)


def _since_start(
    host: Host,
    installed: Sequence[InstalledPackage],
    installed_at: Mapping[Slot, float],
    available: Mapping[Slot, Sequence[Candidate]],
) -> Found:
    if host.booted_at is None:
        return
    for package in installed:
        slot = Slot(package.name, package.architecture)
        if installed_at.get(slot, 0.0) <= host.booted_at or _KERNEL.fullmatch(package.name):
            continue
        if package.name in _CORE:
            yield f"{package.name} was installed after the start of the node", [package.name]
            continue
        for candidate in available.get(slot, ()):
            asking = [each for each in candidate.advisories if each.reboot_suggested]
            if candidate.version == package.version and asking:
                reason = f"{asking[0].advisory_id} asks for a reboot after {package.name}"
                yield reason, [package.name]
