from pathlib import Path

import pytest

from patchwarden_agent.apt.reboot import reboot_evidence
from patchwarden_agent.findings import InstalledPackage, Reboot
from patchwarden_agent.target import Target

_OLD, _NEW = "linux-image-6.1.0-9-amd64", "linux-image-6.1.0-41-amd64"


def _packages(*names: str) -> list[InstalledPackage]:
    return [InstalledPackage(name, "amd64", "1") for name in names]


@pytest.mark.parametrize(
    ("installed", "running", "expected"),
    [
        ([_OLD], "6.1.0-9-amd64", Reboot(is_required=False)),
        (
            [_OLD, _NEW],
            "6.1.0-9-amd64",
            Reboot(
                is_required=True,
                packages=(_NEW,),
                reasons=("running kernel 6.1.0-9-amd64, newest installed 6.1.0-41-amd64",),
            ),
        ),
        ([_OLD, _NEW], "6.1.0-41-amd64", Reboot(is_required=False)),
        # Another flavour is no newer kernel of this one; nor is the package that depends on it.
        (
            [_OLD, "linux-image-6.5.0-1-cloud-amd64", "linux-image-amd64"],
            "6.1.0-9-amd64",
            Reboot(is_required=False),
        ),
        (
            ["linux-image-6.6.20+rpt-rpi-v8", "linux-image-6.6.31+rpt-rpi-v8"],
            "6.6.20+rpt-rpi-v8",
            Reboot(
                is_required=True,
                packages=("linux-image-6.6.31+rpt-rpi-v8",),
                reasons=("running kernel 6.6.20+rpt-rpi-v8, newest installed 6.6.31+rpt-rpi-v8",),
            ),
        ),
        # A container's kernel belongs to no package: it proves nothing.
        ([_NEW], "6.18.44-host", None),
        (["bash"], "6.1.0-9-amd64", None),
        (["unattended-upgrades"], "6.18.44-host", Reboot(is_required=False)),
    ],
)
def test_the_kernel_tells_of_a_pending_reboot(
    tmp_path: Path, installed: list[str], running: str, expected: Reboot | None
) -> None:
    found = reboot_evidence(Target(root=tmp_path), _packages(*installed), {}, running, 100.0)
    assert found == expected


@pytest.mark.parametrize(("installed_at", "is_required"), [(99.0, False), (101.0, True)])
def test_a_kernel_that_was_replaced_since_the_start_needs_a_reboot(
    tmp_path: Path, installed_at: float, is_required: bool
) -> None:
    found = reboot_evidence(
        Target(root=tmp_path), _packages(_OLD), {_OLD: installed_at}, "6.1.0-9-amd64", 100.0
    )
    assert found is not None
    assert (found.is_required, found.packages) == (is_required, (_OLD,) if is_required else ())


def test_the_system_may_ask_for_a_reboot_itself(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/reboot-required").write_text("*** System restart required ***\n")
    (tmp_path / "run/reboot-required.pkgs").write_text("libc6\ndbus\nlibc6\n")
    found = reboot_evidence(Target(root=tmp_path), [], {}, "", None)
    assert found == Reboot(
        is_required=True, packages=("dbus", "libc6"), reasons=("/run/reboot-required exists",)
    )
