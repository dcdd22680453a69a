import pytest

from fakes import NOW
from patchwarden.data.load import operating_systems
from patchwarden.domain.facts import Package
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Given
from patchwarden.ingest.formats.systems import (
    PackageKind,
    ToldSystem,
    find_system,
    first_known_name,
    told_by_distro,
)

NOT_LINUX = {"WINDOWS", "MACOS"}
RELEASES = {"AMAZON_LINUX": "2018.03", "AMAZON_LINUX_2": "2", "AMAZON_LINUX_2022": "2022"}
RELEASES |= {"AMAZON_LINUX_2023": "2023"}


@pytest.mark.parametrize("operating_system", set(operating_systems()) - NOT_LINUX)
def test_the_user_may_say_any_linux(operating_system: str) -> None:
    rules = operating_systems()[operating_system]
    given = Given(scanned_at=NOW, operating_system=operating_system, platform_version="12")
    kind: PackageKind = "deb" if rules.package_manager == "apt" else "rpm"
    found = find_system(ToldSystem(), (), kind, given)
    assert found.operating_system == operating_system
    assert found.package_manager == rules.package_manager
    # By the name that is reported for it, it would be recognised again.
    release = RELEASES.get(operating_system, "12")
    told = ToldSystem(found.platform.platform_name, release)
    assert find_system(told, (), kind, Given(scanned_at=NOW)).operating_system == operating_system


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("12 (bookworm)", "12"),
        ("bookworm", "12"),
        ("22.04.3 LTS (Jammy Jellyfish)", "22.04.3"),
        ("Red Hat Enterprise Linux release 9.4 (Plow)", "9.4"),
        ("SUSE Linux Enterprise Server 15 SP5", "15.5"),
        ("15-SP4", "15.4"),
    ],
)
def test_the_release_is_found_in_what_a_file_says(version: str, release: str) -> None:
    given = Given(scanned_at=NOW, operating_system="DEBIAN")
    found = find_system(ToldSystem("debian", version), (), "deb", given)
    assert found.platform.platform_version == release


@pytest.mark.parametrize(
    ("distro", "told"),
    [
        ("debian-12", ("debian", "12")),
        ("opensuse-leap-15.5", ("opensuse-leap", "15.5")),
        ("jammy", ("Ubuntu", "22.04")),
        ("something", ("something", "")),
        ("", ("", "")),
    ],
)
def test_distros_are_names_and_versions(distro: str, told: tuple[str, str]) -> None:
    assert told_by_distro(distro) == told


@pytest.mark.parametrize(
    ("base_files", "operating_system", "release"),
    [
        ("12.4+deb12u5", "DEBIAN", "12"),
        ("12ubuntu4.6", "UBUNTU", "22.04"),
        ("11.1+rpi1+deb11u3", "RASPBIAN", "11"),
    ],
)
def test_base_files_tells_the_system(base_files: str, operating_system: str, release: str) -> None:
    packages = [Package(name="base-files", architecture="amd64", version=base_files)]
    found = find_system(ToldSystem(), packages, "deb", Given(scanned_at=NOW))
    assert found.operating_system == operating_system
    assert found.platform.platform_version == release


def test_base_files_completes_what_the_file_says_and_never_contradicts_it() -> None:
    packages = [Package(name="base-files", architecture="amd64", version="12.4+deb12u5")]
    found = find_system(ToldSystem("debian"), packages, "deb", Given(scanned_at=NOW))
    assert found.platform.platform_version == "12"
    with pytest.raises(InvalidReportError, match="--platform-version"):
        find_system(ToldSystem("ubuntu"), packages, "deb", Given(scanned_at=NOW))


def test_the_first_known_name_counts() -> None:
    assert first_known_name("Rocky Linux", "rhel") == "Rocky Linux"
    assert first_known_name("Something", "rhel") == "rhel"
    assert first_known_name("", "plan9") == "plan9"
    assert first_known_name("", "") == ""


def test_an_unknown_system_is_refused_by_name() -> None:
    given = Given(scanned_at=NOW, operating_system="PLAN9")
    with pytest.raises(InvalidReportError, match="'PLAN9' is unknown; there are: ALMA_LINUX"):
        find_system(ToldSystem(), (), "deb", given)
