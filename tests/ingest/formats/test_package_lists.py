"""Lists of dpkg, of rpm and of the inventory."""

import json

import pytest

from fakes import NOW
from patchwarden.ingest.formats.format import Given
from report_files import GIVEN, case, conversion_of, packages_of, refusal

DEBIAN = Given(scanned_at=NOW, operating_system="DEBIAN", platform_version="12")
ROCKY = Given(scanned_at=NOW, operating_system="ROCKY_LINUX", platform_version="9.4")
STATUS = b"Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\n"


def test_a_status_file_tells_what_is_held_and_what_is_half_done() -> None:
    conversion = conversion_of(case("dpkg-status"))
    held = [package.name for package in conversion.report.packages.installed if package.held]
    assert held == ["libssl3"]
    assert "(1, such as 'half-there')" in conversion.cannot_tell[0]
    assert not any("priorities" in each for each in conversion.cannot_tell)


@pytest.mark.parametrize("name", ["dpkg-list.txt", "dpkg-query.tsv"])
def test_lists_tell_what_is_held(name: str) -> None:
    held = [package.name for package in packages_of(case(name)).values() if package.held]
    assert held == ["libssl3"]


@pytest.mark.parametrize("name", ["rpm-query.tsv", "aws-application.json", "osquery-rpm.log"])
def test_rpm_tells_when_packages_were_installed(name: str) -> None:
    packages = packages_of(case(name))
    assert packages["bash"].installed_at == 1_710_000_000
    # Of the newest.
    assert packages["kernel-core"].installed_at == 1_720_000_000


@pytest.mark.parametrize(
    ("content", "knows_epochs"),
    [
        (case("rpm-list.txt"), False),
        (case("rpm-query.tsv"), True),
        (case("dpkg-list.txt"), True),
        (case("osquery-rpm.log"), True),
        (case("osquery-rpm.log").replace(b'"epoch":"', b'"other":"'), False),
    ],
)
def test_a_list_without_epochs_says_so(content: bytes, *, knows_epochs: bool) -> None:
    conversion = conversion_of(content)
    assert conversion.report.packages.knows_epochs == knows_epochs
    told = any(each.startswith("epochs") for each in conversion.cannot_tell)
    assert told is not knows_epochs


def test_a_list_with_packages_of_module_streams_says_that_their_updates_are_not_known() -> None:
    plain = b"a\t0\t1\t1.el9\tx86_64\n"
    modular = b"nodejs\t1\t18.1\t1.module+el9.1+1+a\tx86_64\n"
    told = "updates of what is from module streams (1 packages, such as nodejs)"
    assert told in conversion_of(plain + modular, ROCKY).cannot_tell
    assert not any("module" in each for each in conversion_of(plain, ROCKY).cannot_tell)


def test_columns_may_be_missing_at_the_end() -> None:
    assert packages_of(b"a\tamd64\t1-1\n", DEBIAN)["a"].version == "1-1"
    assert packages_of(b"a\t1\t2\t3.el9\tx86_64\n", ROCKY)["a"].version == "1:2-3.el9"


def test_the_inventory_of_debian_is_read_too() -> None:
    entry = {"Name": "bash", "Version": "5.2-1", "Architecture": "x86_64"}
    content = json.dumps({"TypeName": "AWS:Application", "Entries": [entry]}).encode()
    assert packages_of(content, DEBIAN)["bash"].architecture == "amd64"


@pytest.mark.parametrize(
    ("content", "given", "told"),
    [
        (
            STATUS + b"\nPackage: b\nStatus: install ok installed\n",
            DEBIAN,
            "1 installed packages that lack",
        ),
        (
            STATUS.replace(b"install ok", b"deinstall ok").replace(b" installed", b" config-files"),
            DEBIAN,
            "no installed",
        ),
        (b"ii  a  1-1  amd64  text\nii  a\n", DEBIAN, "line 2: 'ii  a' is no line of dpkg -l"),
        (
            b"ii  a  1-1  amd64  text\nii  a  1-2  amd64  text\n",
            DEBIAN,
            "a:amd64 in two versions, 1-2 and 1-1",
        ),
        (b"a\t1-1\nb\t1-2\n", DEBIAN, "--architecture, such as amd64"),
        (b"a\tall\t1-1\nb\tall\t1-2\n", DEBIAN, "--architecture, such as amd64"),
        (b"a\tamd64\t1-1\nb\n", DEBIAN, "line 2: it has 1 columns"),
        (b"a\tamd64\t1-1\nb\tamd64\tx y\n", DEBIAN, "line 2: 'x y' is no version of b"),
        (b"a-1-1.noarch\nb\n", ROCKY, "line 2: 'b' is not name-version-release.architecture"),
        (b"a-1-1.noarch\n", ROCKY, "--architecture, such as x86_64"),
        (b"gpg-pubkey-350d275d-6279464b\n", ROCKY, "lists no installed package"),
        (b"a\t0\t1\t1\tx86_64\nb\t0\n", ROCKY, "line 2: it has 2 columns"),
        (b"a-1-1.x86_64\n", DEBIAN, "lists rpm packages, but DEBIAN has apt"),
        (STATUS, ROCKY, "lists deb packages, but ROCKY_LINUX has dnf"),
        (
            b"a-1-1.x86_64\n",
            Given(scanned_at=NOW, operating_system="WINDOWS"),
            "WINDOWS does not have",
        ),
        (b'{"TypeName": "AWS:Network", "Entries": []}', ROCKY, "another type than AWS:Application"),
        (
            b'{"TypeName": "AWS:Application", "Entries": [], "NextToken": "x"}',
            ROCKY,
            "only the first entries",
        ),
        (
            b'{"TypeName": "AWS:Application", "Entries": [{"Name": "a"}]}',
            ROCKY,
            "Entries[0]: Object missing",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(content: bytes, given: Given, told: str) -> None:
    assert told in refusal(content, given)


def test_too_many_packages_are_refused() -> None:
    lines = b"".join(b"p%d-1-1.x86_64\n" % number for number in range(50_001))
    assert "lists 50001 packages; a report takes 50000" in refusal(lines, ROCKY)


@pytest.mark.parametrize(
    ("release", "operating_system", "version", "package_manager"),
    [
        ("redhat-release-9.4-0.5.el9.x86_64", "REDHAT_ENTERPRISE_LINUX", "9.4", "dnf"),
        ("redhat-release-server-7.9-6.el7_9.x86_64", "REDHAT_ENTERPRISE_LINUX", "7.9", "yum"),
        ("centos-release-7-9.2009.1.el7.centos.x86_64", "CENTOS", "7", "yum"),
        ("centos-stream-release-9.0-26.el9.noarch", "CENTOS", "9.0", "dnf"),
        ("almalinux-release-9.4-1.el9.x86_64", "ALMA_LINUX", "9.4", "dnf"),
        ("oraclelinux-release-8.9-1.0.2.el8.x86_64", "ORACLE_LINUX", "8.9", "dnf"),
        (
            "system-release-2023.4.20240319-1.amzn2023.noarch",
            "AMAZON_LINUX_2023",
            "2023.4.20240319",
            "dnf",
        ),
        ("system-release-2-16.amzn2.x86_64", "AMAZON_LINUX_2", "2", "yum"),
        ("system-release-2018.03-0.0.noarch", "AMAZON_LINUX", "2018.03", "yum"),
        ("sles-release-15.5-150500.61.4.1.x86_64", "SUSE", "15.5", "zypper"),
    ],
)
def test_the_package_of_the_release_tells_the_system(
    release: str, operating_system: str, version: str, package_manager: str
) -> None:
    report = conversion_of(f"bash-5.1-1.x86_64\n{release}\n".encode()).report
    assert report.node.operating_system == operating_system
    assert report.node.platform_version == version
    assert report.packages.package_manager == package_manager


def test_oracle_linux_is_not_taken_for_red_hat() -> None:
    content = b"redhat-release-9.4-1.0.1.el9.x86_64\noraclelinux-release-9.4-1.0.8.el9.x86_64\n"
    assert conversion_of(content).report.node.operating_system == "ORACLE_LINUX"


def test_the_system_has_to_be_known() -> None:
    assert "--operating-system" in refusal(b"bash-5.1-1.x86_64\n", GIVEN)
