"""When a system with rpm waits for a reboot."""

import pytest

from patchwarden_agent.findings import Advisory, Candidate, InstalledPackage, Reboot, Slot
from patchwarden_agent.host import Host
from patchwarden_agent.rpm.reboot import rpm_reboot

_BOOTED_AT = 1_767_700_000.0
_RUNNING = "5.14.0-362.8.1.el9_3.x86_64"
_KERNEL = InstalledPackage("kernel-core", "x86_64", "5.14.0-362.8.1.el9_3")


def _evidence(
    *packages: InstalledPackage,
    running: str = _RUNNING,
    after_start: tuple[str, ...] = (),
    advisories: tuple[Advisory, ...] = (),
) -> Reboot | None:
    """Give the evidence, with `after_start` installed after the start and under `advisories`."""
    slots = [Slot(package.name, package.architecture) for package in packages]
    installed_at = {slot: _BOOTED_AT + (60 if slot.name in after_start else -60) for slot in slots}
    available = {
        slot: (Candidate(package.version, advisories=advisories),)
        for slot, package in zip(slots, packages, strict=True)
    }
    host = Host(kernel_release=running, booted_at=_BOOTED_AT)
    return rpm_reboot(host, packages, installed_at, available)


@pytest.mark.parametrize(
    ("name", "versions", "running"),
    [
        ("kernel-core", ("5.14.0-362.18.1.el9_3", "5.14.0-362.8.1.el9_3"), _RUNNING),
        ("kernel", ("4.14.345-262.amzn2", "4.14.336-257.amzn2"), "4.14.336-257.amzn2.x86_64"),
        ("kernel-uek", ("5.15.0-210.el9uek", "5.15.0-101.el9uek"), "5.15.0-101.el9uek.x86_64"),
        ("kernel-rt-core", ("5.14.0-10.el9", "5.14.0-9.el9"), "5.14.0-9.el9.x86_64+rt"),
    ],
)
def test_a_newer_kernel_than_the_running_one_waits(
    name: str, versions: tuple[str, str], running: str
) -> None:
    package = InstalledPackage(name, "x86_64", versions[0], other_versions=versions[1:])
    assert _evidence(package, running=running) == Reboot(
        is_required=True,
        packages=(name,),
        reasons=(f"running kernel {running}, newest installed {versions[0]}",),
    )


def test_the_newest_kernel_runs() -> None:
    package = InstalledPackage(
        "kernel-core", "x86_64", _KERNEL.version, other_versions=("5.14.0-70.el9",)
    )
    assert _evidence(package) == Reboot(is_required=False)


def test_an_older_kernel_that_was_started_on_purpose_waits_too() -> None:
    package = InstalledPackage(
        "kernel-core", "x86_64", "5.14.0-9.el9", other_versions=("5.14.0-8.el9", "5.14.0-7.el9")
    )
    found = _evidence(package, running="5.14.0-7.el9.x86_64")
    assert found is not None
    assert found.is_required


@pytest.mark.parametrize("name", ["glibc", "systemd", "dbus-broker", "openssl-libs"])
def test_what_everything_uses_asks_for_a_reboot(name: str) -> None:
    package = InstalledPackage(name, "x86_64", "2-1")
    assert _evidence(_KERNEL, package) == Reboot(is_required=False)
    assert _evidence(_KERNEL, package, after_start=(name,)) == Reboot(
        is_required=True,
        packages=(name,),
        reasons=(f"{name} was installed after the start of the node",),
    )


def test_an_advisory_asks_for_a_reboot_once_its_version_is_installed_after_the_start() -> None:
    package = InstalledPackage("cloud-tool", "noarch", "2-1")
    asking = (Advisory("A"), Advisory("B", reboot_suggested=True))
    assert _evidence(_KERNEL, package, advisories=asking) == Reboot(is_required=False)
    assert _evidence(_KERNEL, package, after_start=("cloud-tool",)) == Reboot(is_required=False)
    assert _evidence(_KERNEL, package, after_start=("cloud-tool",), advisories=asking) == Reboot(
        is_required=True,
        packages=("cloud-tool",),
        reasons=("B asks for a reboot after cloud-tool",),
    )


@pytest.mark.parametrize("running", ["", "6.6.87-container", "5.14.0-1.el9.aarch64"])
def test_a_kernel_of_no_package_tells_nothing(running: str) -> None:
    glibc = InstalledPackage("glibc", "x86_64", "2-1")
    assert _evidence(_KERNEL, glibc, running=running, after_start=("glibc",)) is None


def test_without_a_time_of_the_start_only_kernels_tell() -> None:
    glibc = InstalledPackage("glibc", "x86_64", "2-1")
    host = Host(kernel_release=_RUNNING)
    found = rpm_reboot(host, [_KERNEL, glibc], {Slot("glibc", "x86_64"): 9e9}, {})
    assert found == Reboot(is_required=False)
