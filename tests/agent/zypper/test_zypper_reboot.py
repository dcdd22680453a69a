from dataclasses import replace
from pathlib import Path

import pytest

from patchwarden_agent.findings import Advisory, Candidate, InstalledPackage, Reboot, Slot
from patchwarden_agent.host import Host
from patchwarden_agent.target import Target
from patchwarden_agent.zypper.reboot import zypper_reboot

HOST = Host(kernel_release="6.4.0-150600.23.47-default", booted_at=1000.0)
KERNEL = InstalledPackage("kernel-default", "x86_64", "6.4.0-150600.23.47.2")


def _reboot(
    root: Path,
    installed: list[InstalledPackage],
    installed_at: dict[Slot, float] | None = None,
    available: dict[Slot, tuple[Candidate, ...]] | None = None,
) -> Reboot:
    return zypper_reboot(Target(root=root), HOST, installed, installed_at or {}, available or {})


def test_no_reboot_is_needed_under_the_newest_kernel(tmp_path: Path) -> None:
    assert _reboot(tmp_path, [KERNEL]) == Reboot(is_required=False)


@pytest.mark.parametrize("name", ["kernel-default", "kernel-default-base"])
def test_a_reboot_is_needed_for_a_newer_kernel(tmp_path: Path, name: str) -> None:
    newer = InstalledPackage(
        name, "x86_64", "6.4.0-150600.23.53.1", other_versions=("6.4.0-150600.23.47.2",)
    )
    reboot = _reboot(tmp_path, [newer])
    assert reboot.is_required
    assert reboot.packages == (name,)


def test_a_kernel_of_another_flavour_does_not_count(tmp_path: Path) -> None:
    other = replace(KERNEL, name="kernel-rt", version="6.4.0-150600.99.1")
    assert not _reboot(tmp_path, [KERNEL, other]).is_required


def test_a_reboot_is_needed_where_zypper_noted_it(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/reboot-needed").touch()
    reboot = _reboot(tmp_path, [InstalledPackage("alpha", "noarch", "1-1")])
    assert reboot == Reboot(is_required=True, reasons=("/run/reboot-needed exists",))


def test_a_patch_that_asks_for_a_reboot_is_told(tmp_path: Path) -> None:
    alpha, slot = InstalledPackage("alpha", "noarch", "1-2"), Slot("alpha", "noarch")
    patch = Advisory("EX-SU-2026:3", reboot_suggested=True)
    candidate = Candidate("1-2", advisories=(patch,))
    reboot = _reboot(tmp_path, [alpha, KERNEL], {slot: 2000.0}, {slot: (candidate,)})
    assert reboot.packages == ("alpha",)
