import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.data.feed_products import product_named
from patchwarden.data.load import operating_systems
from patchwarden.domain.os_rules import products_of

CASES = {
    # OSV ecosystems.
    "Debian:12": "Debian12",
    "Debian:6.0": "Debian6",
    "Debian:3.0": None,
    "Debian:14": "Debian14",
    "Ubuntu:22.04:LTS": "Ubuntu22.04",
    "Ubuntu:24.10": "Ubuntu24.10",
    "Ubuntu:Pro:18.04:LTS": "Ubuntu18.04",
    "Ubuntu:Pro:22.04:LTS:Realtime:Kernel": "Ubuntu22.04",
    "Ubuntu:Pro:FIPS-updates:20.04:LTS": None,
    "AlmaLinux:9": "AlmaLinux9",
    "Rocky Linux:9": "RockyLinux9",
    "Red Hat:enterprise_linux:9::baseos": "RedhatEnterpriseLinux9",
    "Red Hat:rhel_eus:8.8::baseos": "RedhatEnterpriseLinux8.8",
    "Red Hat:ocp_tools:4.15::el9": None,
    "SUSE:Linux Enterprise Server 15 SP5": "Suse15.5",
    "SUSE:Linux Enterprise Server 12": "Suse12.0",
    "SUSE:Package Hub 12": "Suse12",
    "SUSE:Linux Enterprise Micro 5.5": None,
    "openSUSE:Leap 15.5": None,
    "npm": None,
    # Codenames.
    "bookworm": "Debian12",
    "sid": None,
    "jammy": "Ubuntu22.04",
    "Noble": "Ubuntu24.04",
    # CPEs.
    "cpe:/o:redhat:enterprise_linux:9::baseos": "RedhatEnterpriseLinux9",
    "cpe:/a:redhat:enterprise_linux:8::appstream": "RedhatEnterpriseLinux8",
    "cpe:/o:redhat:enterprise_linux:10.1": "RedhatEnterpriseLinux10",
    "cpe:/o:redhat:enterprise_linux:7::server": "RedhatEnterpriseLinux7",
    "cpe:/o:redhat:rhel_eus:9.4::baseos": "RedhatEnterpriseLinux9.4",
    "cpe:/a:redhat:rhel_e4s:8.1::appstream": "RedhatEnterpriseLinux8.1",
    "cpe:/o:redhat:enterprise_linux_eus:10.0": "RedhatEnterpriseLinux10.0",
    "cpe:/o:redhat:rhel_els:7": "RedhatEnterpriseLinux7",
    "cpe:/a:redhat:openshift:4.15::el9": None,
    "cpe:2.3:o:redhat:enterprise_linux:9:*:baseos:*:*:*:*:*": "RedhatEnterpriseLinux9",
    "cpe:/o:debian:debian_linux:12": "Debian12",
    "cpe:2.3:o:canonical:ubuntu_linux:22.04:*:*:*:lts:*:*:*": "Ubuntu22.04",
    "cpe:/o:almalinux:almalinux:9::baseos": "AlmaLinux9",
    "cpe:/o:rocky:rocky:8:GA": "RockyLinux8",
    "cpe:/o:oracle:linux:8": "OracleLinux8",
    "cpe:/o:centos:centos:7": "CentOS7",
    "cpe:2.3:o:amazon:amazon_linux:2023": "AmazonLinux2023",
    "cpe:/o:suse:sles:15:sp5": "Suse15.5",
    "cpe:/o:suse:sles_sap:12:sp5": "Suse12.5",
    "cpe:/o:suse:sle-module-basesystem:15:sp5": "Suse15.5",
    "cpe:/o:suse:sle-sdk:12:sp5": "Suse12.5",
    "cpe:/o:suse:sle-module-legacy:12": "Suse12",
    "cpe:/o:suse:sles:12": "Suse12.0",
    "cpe:/o:opensuse:leap:15.5": None,
    # Names of products.
    "Red Hat Enterprise Linux BaseOS (v. 9)": "RedhatEnterpriseLinux9",
    "Red Hat Enterprise Linux AppStream EUS (v.9.0)": "RedhatEnterpriseLinux9.0",
    "Red Hat Enterprise Linux Server (v. 7 ELS)": "RedhatEnterpriseLinux7",
    "Red Hat Enterprise Linux Server AUS (v. 7.4)": "RedhatEnterpriseLinux7.4",
    "Red Hat CodeReady Linux Builder (v. 9)": "RedhatEnterpriseLinux9",
    "Red Hat Enterprise Linux 9.2 Extended Update Support": "RedhatEnterpriseLinux9.2",
    "Red Hat Enterprise Linux 8": "RedhatEnterpriseLinux8",
    "Red Hat OpenShift Container Platform 4": None,
    "AlmaLinux 9": "AlmaLinux9",
    "Rocky Linux 8": "RockyLinux8",
    "Oracle Linux 9": "OracleLinux9",
    "CentOS Linux 7": "CentOS7",
    "CentOS Stream 9": "CentOS9",
    "Amazon Linux 2": "AmazonLinux2",
    "Amazon Linux 2023": "AmazonLinux2023",
    "Amazon Linux AMI 2017.09": "AmazonLinux2017.09",
    "SUSE Linux Enterprise Server 15 SP5": "Suse15.5",
    "SUSE Linux Enterprise Server 15 SP4-LTSS": "Suse15.4",
    "SUSE Linux Enterprise Server for SAP Applications 15 SP5": "Suse15.5",
    "SUSE Linux Enterprise Module for Basesystem 15 SP5": "Suse15.5",
    "SUSE Linux Enterprise Module for Legacy Software 12": "Suse12",
    "SUSE Linux Enterprise Server LTSS Extended Security 12 SP5": "Suse12.5",
    "SUSE Linux Enterprise Server 16.0": "Suse16.0",
    "SUSE Linux Enterprise Micro 5.5": None,
    "SUSE Package Hub 15 SP4": "Suse15.4",
    "openSUSE Leap 15.4": None,
    "openSUSE Tumbleweed": None,
    "Fedora 43": None,
    # Repositories.
    "amazon-linux-2---core": "AmazonLinux2",
    "amazon-linux-2---kernel-5.15": None,
    "amazon-linux-2023---core": "AmazonLinux2023",
    "amazon-linux-ami": "AmazonLinux2018.03",
    "rocky-linux-9-x86-64-baseos-rpms": "RockyLinux9",
    "RL8": "RockyLinux8",
    "almalinux-9-for-x86_64-baseos-rpms__9_1_default": "AlmaLinux9",
    "rhel-9-for-x86_64-appstream-rpms": "RedhatEnterpriseLinux9",
    "rhel-7-server-rpms": "RedhatEnterpriseLinux7",
    "ol9_baseos_latest": "OracleLinux9",
    "openSUSE-SLE-15.5": "Suse15.5",
    "SLE-Module-Basesystem15-SP5-Updates": "Suse15.5",
    "SLE-Product-SLES15-SP5-LTSS-Updates": "Suse15.5",
    "SUSE-SLE-SERVER-12-SP5": "Suse12.5",
    "SLES12-SP5-Updates": "Suse12.5",
    "SLE-Module-Legacy12-Updates": "Suse12",
    "F43": None,
    # Windows.
    "Windows Server 2019": "WindowsServer2019",
    "Windows Server 2019 (Server Core installation)": "WindowsServer2019",
    "Windows Server 2012 R2 (Server Core installation)": "WindowsServer2012R2",
    "Windows Server 2008 for 32-bit Systems Service Pack 2": "WindowsServer2008",
    "Windows Server 2008 R2 for x64-based Systems Service Pack 1 (Server Core installation)": (
        "WindowsServer2008R2"
    ),
    "Windows Server 2022, 23H2 Edition (Server Core installation)": None,
    "Windows Server, version 1809 (Server Core Installation)": "WindowsServer2019",
    "Windows Server, version 1909 (Server Core installation)": None,
    "Microsoft Server operating system-21H2": "WindowsServer2022",
    "Windows 10 Version 1809 for x64-based Systems": "Windows10",
    "Windows 10, version 1903 and later": "Windows10",
    "Windows 10 for 32-bit Systems": "Windows10",
    "Windows 11 version 22H2 for ARM64-based Systems": "Windows11",
    "Windows 8.1 for x64-based systems": "Windows8.1",
    "Windows 7 for x64-based Systems Service Pack 1": "Windows7",
    "Windows RT 8.1": None,
    "Internet Explorer 11 on Windows Server 2012 R2": "WindowsServer2012R2",
    "Microsoft .NET Framework 4.6/4.6.1 on Windows 7 for 32-bit Systems Service Pack 1": "Windows7",
    "Microsoft Office 2016 (64-bit edition)": "Office 2016",
    "Microsoft Word 2010 Service Pack 2 (32-bit editions)": "Office 2010",
    "Microsoft Word 2016 for Mac": None,
    "Microsoft 365 Apps for Enterprise for 64-bit Systems": None,
    "Windows Vista Service Pack 2": None,
    "": None,
    "Debian:12" + " " * 500: None,
}


@pytest.mark.parametrize("words", CASES)
def test_words_of_a_feed_mean_a_product(words: str) -> None:
    assert product_named(words) == CASES[words]


def _with_numbers_only_of_the_pattern(product: str) -> str:
    return re.sub("[0-9]+", "0", product)


# Amazon Linux has a product for each generation, Windows and Office theirs for each version.
_SHAPES = {
    _with_numbers_only_of_the_pattern(product)
    for rules in operating_systems().values()
    for product in rules.filter_values["PRODUCT"]
} | {"AlmaLinux0", "RockyLinux0", "OracleLinux0", "Suse0"}


def test_products_have_the_shape_of_known_products() -> None:
    meant = {product for product in CASES.values() if product}
    assert {_with_numbers_only_of_the_pattern(each) for each in meant} <= _SHAPES


@pytest.mark.parametrize(
    ("words", "operating_system", "version"),
    [
        ("Debian:12", "DEBIAN", "12"),
        ("jammy", "UBUNTU", "22.04"),
        ("Red Hat:rhel_eus:9.4::baseos", "REDHAT_ENTERPRISE_LINUX", "9.4"),
        ("amazon-linux-2---core", "AMAZON_LINUX_2", "2"),
        ("Amazon Linux 2023", "AMAZON_LINUX_2023", "2023"),
        ("SUSE Linux Enterprise Server 15 SP5", "SUSE", "15.5"),
        ("Windows Server 2022", "WINDOWS", "10.0.20348"),
    ],
)
def test_a_product_is_that_of_its_nodes(words: str, operating_system: str, version: str) -> None:
    assert product_named(words) in products_of(operating_systems()[operating_system], version)


@given(st.text(max_size=250))
def test_any_words_are_answered(words: str) -> None:
    product_named(words)
