"""Collects the evidence about a pending reboot on Debian and its kin."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import InstalledPackage, Reboot
from patchwarden_agent.target import Target

_REQUIRED = "run/reboot-required"
_PACKAGES = "run/reboot-required.pkgs"
_MAX_BYTES = 1024 * 1024
# These, and nothing else on Debian and Ubuntu, write /run/reboot-required.
_WRITERS = frozenset({"unattended-upgrades", "reboot-notifier", "update-notifier-common"})
_IMAGE = re.compile(r"linux-image-(?:unsigned-)?(?P<release>\d.*)")
# 6.1.0-30-amd64, 5.15.0-1053-aws, 6.6.31+rpt-rpi-v8, 6.12.41+deb13-amd64
_RELEASE = re.compile(r"\d[\d.]*(?:-\d[\w.]*)?(?:\+\w+)?-(?P<flavour>.+)")


def reboot_evidence(
    target: Target,
    installed: Sequence[InstalledPackage],
    installed_at: Mapping[str, float],
    kernel_release: str,
    booted_at: Optional[float],
) -> Optional[Reboot]:
    """Say whether a reboot is pending, and why; None if this node has no way to tell.

    `installed_at` is by package name.
    """
    kernels = _kernels(installed)
    found = [*_noted(target), *_kernel(kernels, installed_at, kernel_release, booted_at)]
    if found:
        packages = {package for _, named in found for package in named}
        return Reboot(
            is_required=True,
            packages=tuple(sorted(packages)),
            reasons=tuple(reason for reason, _ in found),
        )
    can_tell = kernel_release in kernels or any(package.name in _WRITERS for package in installed)
    return Reboot(is_required=False) if can_tell else None


def _noted(target: Target) -> Iterator[tuple[str, list[str]]]:
    if not target.has(_REQUIRED):
        return
    try:
        names = target.read(_PACKAGES, _MAX_BYTES).decode("utf-8", "replace").split()
    except UnreadableFileError:
        names = []
    yield "/run/reboot-required exists", names


def _kernels(installed: Sequence[InstalledPackage]) -> dict[str, str]:
    """Give the package of each installed kernel, by kernel release."""
    images = [(_IMAGE.fullmatch(package.name), package.name) for package in installed]
    return {match["release"]: name for match, name in images if match}


def _kernel(
    kernels: Mapping[str, str],
    installed_at: Mapping[str, float],
    running: str,
    booted_at: Optional[float],
) -> Iterator[tuple[str, list[str]]]:
    """Compare the running kernel with the installed ones of its flavour.

    A kernel that belongs to no package is a container's or a self-built one: it proves nothing.
    """
    if running not in kernels:
        return
    same_flavour = [release for release in kernels if _flavour(release) == _flavour(running)]
    newest = max(same_flavour, key=_numbers)
    if _numbers(newest) > _numbers(running):
        reason = f"running kernel {running}, newest installed {newest}"
        yield reason, [kernels[newest]]
    replaced_at = installed_at.get(kernels[running])
    if booted_at is not None and replaced_at is not None and replaced_at > booted_at:
        yield f"{kernels[running]} was upgraded after the start of the node", [kernels[running]]


def _flavour(release: str) -> str:
    match = _RELEASE.fullmatch(release)
    return match["flavour"] if match else release


def _numbers(release: str) -> list[int]:
    flavour = _flavour(release)
    return [int(number) for number in re.findall(r"\d+", release[: -len(flavour)] or release)]
