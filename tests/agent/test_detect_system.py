from pathlib import Path

import pytest

from patchwarden_agent.detect import detect
from patchwarden_agent.errors import UnsupportedSystemError
from patchwarden_agent.host import read_host
from patchwarden_agent.target import Target


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("os_release", "expected"),
    [
        (
            'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
            ("DEBIAN", "Debian GNU/Linux", "12"),
        ),
        ("NAME=Ubuntu\nVERSION_ID='22.04'\nID=ubuntu\n", ("UBUNTU", "Ubuntu", "22.04")),
        (
            'NAME="Raspbian GNU/Linux"\nVERSION_ID="11"\nID=raspbian\nID_LIKE=debian\n',
            ("RASPBIAN", "Raspbian GNU/Linux", "11"),
        ),
        ("ID=debian\n", ("DEBIAN", "debian", "")),
        (
            'NAME="Linux Mint"\nVERSION_ID="21.3"\nID=linuxmint\nID_LIKE="ubuntu debian"\n',
            ("UBUNTU", "Linux Mint", "21.3"),
        ),
    ],
)
def test_os_release_tells_the_operating_system(
    tmp_path: Path, os_release: str, expected: tuple[str, str, str]
) -> None:
    _write(tmp_path / "etc/os-release", os_release)
    found = detect(Target(root=tmp_path))
    assert (found.operating_system, found.platform_name, found.platform_version) == expected


def test_a_relative_of_a_known_system_comes_with_a_word_of_caution(tmp_path: Path) -> None:
    _write(tmp_path / "usr/lib/os-release", "NAME=Kali\nID=kali\nID_LIKE=debian\n")
    assert detect(Target(root=tmp_path)).detail == (
        "Kali is judged as DEBIAN, which it says it is like."
    )


@pytest.mark.parametrize(
    ("os_release", "named"),
    [
        ('NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf"),
        ("NAME=SLES\nID=sles\n", "zypper"),
        ("NAME=Exotic\nID=exotic\n", "Exotic is not a system"),
    ],
)
def test_a_system_without_a_scanner_is_refused_by_name(
    tmp_path: Path, os_release: str, named: str
) -> None:
    _write(tmp_path / "etc/os-release", os_release)
    with pytest.raises(UnsupportedSystemError, match=named):
        detect(Target(root=tmp_path))


@pytest.mark.parametrize(
    ("base_files", "expected"),
    [
        ("12.4+deb12u11", ("DEBIAN", "12")),
        ("13.8", ("DEBIAN", "13")),
        ("11.1+deb11u9+rpi1", ("RASPBIAN", "11")),
        ("12ubuntu4.6", ("UBUNTU", "22.04")),
        ("13.5ubuntu3", ("UBUNTU", "")),
    ],
)
def test_base_files_tells_the_system_where_there_is_no_os_release(
    tmp_path: Path, base_files: str, expected: tuple[str, str]
) -> None:
    status = tmp_path / "status"
    _write(
        status,
        "Package: base-files\nStatus: install ok installed\nArchitecture: amd64\n"
        f"Version: {base_files}\n\n",
    )
    found = detect(Target(root=None, dpkg_status=status))
    assert (found.operating_system, found.platform_version) == expected
    assert found.detail is not None


def test_a_directory_that_is_no_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedSystemError, match="os-release"):
        detect(Target(root=tmp_path))


@pytest.mark.parametrize(
    ("hostname", "expected"),
    [("web-1.example.test\n", "web-1.example.test"), ("root:$y$j9T$secret:19000:\n", "")],
)
def test_the_name_of_another_root_is_read_if_it_is_a_name(
    tmp_path: Path, hostname: str, expected: str
) -> None:
    _write(tmp_path / "etc/hostname", hostname)
    assert read_host(Target(root=tmp_path)).computer_name == expected


def test_only_the_running_machine_has_a_kernel_and_a_start(tmp_path: Path) -> None:
    assert read_host(Target()).kernel_release
    assert (read_host(Target()).booted_at or 0) > 1_000_000_000
    assert read_host(Target(root=tmp_path)).kernel_release == ""
