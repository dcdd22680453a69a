from pathlib import Path

import pytest

from patchwarden_agent.detect import detect
from patchwarden_agent.errors import UnsupportedSystemError
from patchwarden_agent.host import read_host
from patchwarden_agent.scanners import Scanner, scan_dnf, scan_zypper
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
    ("os_release", "operating_system", "scanner"),
    [
        ('NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n', "ROCKY_LINUX", scan_dnf),
        (
            'NAME="AlmaLinux"\nID="almalinux"\nID_LIKE="rhel centos fedora"\n',
            "ALMA_LINUX",
            scan_dnf,
        ),
        ('NAME="Oracle Linux Server"\nID="ol"\nID_LIKE="fedora"\n', "ORACLE_LINUX", scan_dnf),
        ("NAME=RHEL\nID=rhel\nID_LIKE=fedora\n", "REDHAT_ENTERPRISE_LINUX", scan_dnf),
        ("NAME=CentOS\nID=centos\nVERSION_ID=9\n", "CENTOS", scan_dnf),
        ('NAME="Amazon Linux AMI"\nID=amzn\nVERSION_ID="2018.03"\n', "AMAZON_LINUX", scan_dnf),
        ('ID=amzn\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\n', "AMAZON_LINUX_2", scan_dnf),
        ('ID=amzn\nVERSION_ID="2022"\n', "AMAZON_LINUX_2022", scan_dnf),
        ('ID=amzn\nVERSION_ID="2023"\n', "AMAZON_LINUX_2023", scan_dnf),
        ("NAME=SLES\nID=sles\n", "SUSE", scan_zypper),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "SUSE", scan_zypper),
    ],
)
def test_each_system_has_its_scanner(
    tmp_path: Path, os_release: str, operating_system: str, scanner: Scanner
) -> None:
    _write(tmp_path / "etc/os-release", os_release)
    found = detect(Target(root=tmp_path))
    assert (found.operating_system, found.scanner) == (operating_system, scanner)


@pytest.mark.parametrize(
    ("os_release", "reason"),
    [
        ("NAME=Exotic\nID=exotic\n", "Exotic is not a system"),
        ('NAME="Fedora Linux"\nID=fedora\nVERSION_ID=43\n', "Fedora Linux is not a system"),
        ('NAME="Amazon Linux"\nID=amzn\nVERSION_ID=2031\n', "Amazon Linux 2031 is not a version"),
        ("ID=amzn\n", "is not a version"),
    ],
)
def test_a_system_without_patch_baselines_is_refused(
    tmp_path: Path, os_release: str, reason: str
) -> None:
    _write(tmp_path / "etc/os-release", os_release)
    with pytest.raises(UnsupportedSystemError, match=reason):
        detect(Target(root=tmp_path))


@pytest.mark.parametrize(
    ("os_release", "centos_release", "version"),
    [
        ("ID=centos\nVERSION_ID=7\n", "CentOS Linux release 7.9.2009 (Core)\n", "7.9.2009"),
        ("ID=centos\nVERSION_ID=9\n", "CentOS Stream release 9\n", "9"),
        ("ID=centos\nVERSION_ID=8\n", "CentOS Linux release 7.9.2009 (Core)\n", "8"),
        ("ID=centos\nVERSION_ID=8\n", "", "8"),
        ("ID=rocky\nVERSION_ID=9.3\n", "CentOS Linux release 9.3.1\n", "9.3"),
    ],
)
def test_the_minor_release_of_centos_is_in_a_file_of_its_own(
    tmp_path: Path, os_release: str, centos_release: str, version: str
) -> None:
    _write(tmp_path / "etc/os-release", os_release)
    _write(tmp_path / "etc/centos-release", centos_release)
    assert detect(Target(root=tmp_path)).platform_version == version


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("centos-release", "CentOS release 6.10 (Final)\n", ("CENTOS", "CentOS", "6.10")),
        (
            "redhat-release",
            "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
            ("REDHAT_ENTERPRISE_LINUX", "Red Hat Enterprise Linux Server", "6.10"),
        ),
        (
            "oracle-release",
            "Oracle Linux Server release 6.10\n",
            ("ORACLE_LINUX", "Oracle Linux Server", "6.10"),
        ),
        (
            "system-release",
            "Amazon Linux AMI release 2018.03\n",
            ("AMAZON_LINUX", "Amazon Linux AMI", "2018.03"),
        ),
    ],
)
def test_a_release_file_tells_the_system_where_there_is_no_os_release(
    tmp_path: Path, file: str, text: str, expected: tuple[str, str, str]
) -> None:
    _write(tmp_path / "etc" / file, text)
    found = detect(Target(root=tmp_path))
    assert (found.operating_system, found.platform_name, found.platform_version) == expected


@pytest.mark.parametrize("text", ["", "Exotic release 6.10\n", "no version at all\n"])
def test_a_release_file_that_says_nothing_known_is_passed_over(tmp_path: Path, text: str) -> None:
    _write(tmp_path / "etc/redhat-release", text)
    with pytest.raises(UnsupportedSystemError, match="neither"):
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


def test_a_status_file_is_refused_for_a_root_without_dpkg(tmp_path: Path) -> None:
    _write(tmp_path / "etc/os-release", 'NAME="Rocky Linux"\nID=rocky\nVERSION_ID=9.4\n')
    with pytest.raises(UnsupportedSystemError, match="Rocky Linux, which has no dpkg"):
        detect(Target(root=tmp_path, dpkg_status=tmp_path / "status"))


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
