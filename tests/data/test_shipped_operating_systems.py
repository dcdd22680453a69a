"""The shipped files against the service model and the contract."""

import functools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import botocore.loaders
import pytest

from patchwarden.data.load import operating_systems
from patchwarden.domain.baselines import ANY, PatchFilter
from patchwarden.domain.facts import Origin
from patchwarden.domain.os_rules import (
    Platform,
    PredefinedBaseline,
    is_security,
    operating_system_of,
    product_of,
    products_of,
)
from patchwarden.domain.states import ComplianceLevel

CRITICAL_OR_IMPORTANT = ("Critical", "Important")
R1 = (
    (("CLASSIFICATION", ("Security",)), ("SEVERITY", CRITICAL_OR_IMPORTANT)),
    (("CLASSIFICATION", ("Bugfix",)),),
)
RA = ((("PRIORITY", ("Required", "Important", "Standard", "Optional", "Extra")),),)
RW = (
    ("CLASSIFICATION", ("CriticalUpdates", "SecurityUpdates")),
    ("MSRC_SEVERITY", CRITICAL_OR_IMPORTANT),
)
OS = ("PATCH_SET", ("OS",))

# Operating system, name, id, rules and description as in the table of contract 4.8.
CONTRACT_4_8 = [
    ("ALMA_LINUX", "AlmaLinuxDefault", "0cb0c4966f86b059b", R1, "for Alma Linux "),
    ("AMAZON_LINUX", "AmazonLinuxDefault", "0c10e657807c7a700", R1, "for Amazon Linux "),
    ("AMAZON_LINUX_2", "AmazonLinux2Default", "0be8c61cde3be63f3", R1, "for Amazon Linux 2 "),
    (
        "AMAZON_LINUX_2022",
        "AmazonLinux2022Default",
        "0028ca011460d5eaf",
        R1,
        "for Amazon Linux 2022 ",
    ),
    (
        "AMAZON_LINUX_2023",
        "AmazonLinux2023Default",
        "05c9c9bf778d4c4d0",
        R1,
        "for Amazon Linux 2023 ",
    ),
    ("CENTOS", "CentOSDefault", "03e3f588eec25344c", ((("PRODUCT", ("*",)),),), "for CentOS "),
    ("DEBIAN", "DebianDefault", "09a5f8eb62bde80b1", RA, "for Debian "),
    (
        "MACOS",
        "MacOSDefault",
        "0ee4f94581368c0d4",
        ((("CLASSIFICATION", ("softwareupdate", "installer", "brew", "brew_cask")),),),
        "for MacOS ",
    ),
    (
        "ORACLE_LINUX",
        "OracleLinuxDefault",
        "06bff38e95fe85c02",
        (
            (
                ("CLASSIFICATION", ("Security",)),
                ("SEVERITY", ("Critical", "Important", "Moderate")),
            ),
            (("CLASSIFICATION", ("Enhancement", "Bugfix")),),
        ),
        "for Oracle Linux Server ",
    ),
    ("RASPBIAN", "RaspbianDefault", "0ec16280999c5c75e", RA, "for Raspbian "),
    (
        "REDHAT_ENTERPRISE_LINUX",
        "RedHatDefault",
        "0cbb3a633de00f07c",
        R1,
        "for Redhat Enterprise Linux ",
    ),
    ("ROCKY_LINUX", "RockyLinuxDefault", "03ec98bc512aa3ac0", R1, "for Rocky Linux "),
    ("SUSE", "SuseDefault", "07d8884178197b66b", R1[:1], "for Suse "),
    ("UBUNTU", "UbuntuDefault", "0c7e89f711c3095f4", RA, "for Ubuntu "),
    ("WINDOWS", "Default", "09ca3fb51f0412ec3", (RW,), ""),
]
WINDOWS_PREDEFINED = [
    (
        "AWS-WindowsPredefinedPatchBaseline-OS",
        "pb-096d816473f2bdb03",
        ((OS, *RW),),
        (
            "Approves all Windows Server operating system patches that are classified as"
            " CriticalUpdates or SecurityUpdates and that have an MSRC severity of Critical or"
            " Important. Patches are auto-approved seven days after release."
        ),
    ),
    (
        "AWS-WindowsPredefinedPatchBaseline-OS-Applications",
        "pb-0fafa8379afee7c83",
        ((OS, *RW), (("PATCH_SET", ("APPLICATION",)),)),
        (
            "For the Windows Server operating system, approves all patches that are classified as"
            " CriticalUpdates or SecurityUpdates and that have an MSRC severity of Critical or"
            " Important. For Microsoft applications, approves all patches. Patches are"
            " auto-approved seven days after release."
        ),
    ),
]
CREATED_AT = {
    "AMAZON_LINUX_2": "2018-06-21T09:27:05.252",
    "AMAZON_LINUX": "2018-05-01T17:13:20.068",
    "REDHAT_ENTERPRISE_LINUX": "2018-05-01T17:13:20.068",
    "UBUNTU": "2018-05-01T17:13:20.068",
    "WINDOWS": "2018-05-01T17:13:20.068",
    "SUSE": "2018-05-01T17:13:20.069",
    "CENTOS": "2018-03-29T17:38:12.515",
    "MACOS": "2020-04-17T02:52:57.992",
    "DEBIAN": "2020-05-05T16:20:30.388",
    "RASPBIAN": "2021-07-21T19:19:22.080",
    "ROCKY_LINUX": "2022-03-14T20:17:22.806",
    "AMAZON_LINUX_2022": "2022-08-09T17:18:10.147",
    "ALMA_LINUX": "2023-03-14T17:08:36.790",
    "AMAZON_LINUX_2023": "2023-03-14T17:08:36.790",
    "ORACLE_LINUX": "2025-12-10T17:35:09.340",
}

type_of_rules = tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]


@functools.cache
def shapes() -> dict[str, dict[str, Any]]:
    model = botocore.loaders.Loader().load_service_model("ssm", "service-2")
    found: dict[str, dict[str, Any]] = model["shapes"]
    return found


def every_predefined() -> Iterator[tuple[str, PredefinedBaseline]]:
    for name, rules in operating_systems().items():
        for predefined in rules.predefined_baselines:
            yield name, predefined


def every_filter() -> Iterator[tuple[str, PatchFilter]]:
    for name, predefined in every_predefined():
        content = predefined.content
        for filters in (content.global_filters, *(r.filters for r in content.approval_rules)):
            for filter_ in filters:
                yield name, filter_


def rules_of(predefined: PredefinedBaseline) -> type_of_rules:
    return tuple(
        tuple((filter_.key, filter_.values) for filter_ in rule.filters)
        for rule in predefined.content.approval_rules
    )


def default_of(operating_system: str) -> PredefinedBaseline:
    (default,) = (
        predefined
        for predefined in operating_systems()[operating_system].predefined_baselines
        if predefined.is_default
    )
    return default


def test_each_operating_system_of_the_model_has_a_file() -> None:
    in_model = set(shapes()["OperatingSystem"]["enum"])
    on_disk = {
        file.name for file in files("patchwarden.data").joinpath("operating_systems").iterdir()
    }
    assert set(operating_systems()) == in_model
    assert on_disk == {f"{name.lower()}.toml" for name in in_model}


def test_each_filter_key_is_in_the_model() -> None:
    in_model = set(shapes()["PatchFilterKey"]["enum"])
    for rules in operating_systems().values():
        assert set(rules.filter_values) <= in_model


@pytest.mark.parametrize(
    ("operating_system", "keys"),
    [
        (
            "WINDOWS",
            "PATCH_SET PRODUCT PRODUCT_FAMILY CLASSIFICATION MSRC_SEVERITY PATCH_ID",
        ),
        ("AMAZON_LINUX_2023", "PRODUCT CLASSIFICATION SEVERITY"),
        ("REDHAT_ENTERPRISE_LINUX", "PRODUCT CLASSIFICATION SEVERITY"),
        ("SUSE", "PRODUCT CLASSIFICATION SEVERITY"),
        ("DEBIAN", "PRODUCT PRIORITY SECTION"),
        ("MACOS", "PRODUCT CLASSIFICATION"),
    ],
)
def test_the_keys_are_those_of_the_contract(operating_system: str, keys: str) -> None:
    assert " ".join(operating_systems()[operating_system].filter_values) == keys


def test_filter_values_fit_the_model_and_are_listed_once() -> None:
    value = shapes()["PatchFilterValue"]
    for rules in operating_systems().values():
        for values in rules.filter_values.values():
            assert ANY not in values
            assert len(set(values)) == len(values)
            assert all(value["min"] <= len(text) <= value["max"] for text in values)


def test_only_free_text_keys_list_no_values() -> None:
    free_text = {
        (name, key)
        for name, rules in operating_systems().items()
        for key, values in rules.filter_values.items()
        if not values
    }
    assert free_text == {
        ("DEBIAN", "SECTION"),
        ("RASPBIAN", "SECTION"),
        ("UBUNTU", "SECTION"),
        ("WINDOWS", "PATCH_ID"),
    }


def test_values_come_in_the_order_of_the_contract() -> None:
    every = operating_systems()
    windows = every["WINDOWS"].filter_values["PRODUCT"]
    assert windows[:12] == (
        "Windows7",
        "Windows8",
        "Windows8.1",
        "Windows8Embedded",
        "Windows10",
        "Windows10LTSB",
        "WindowsServer2008",
        "WindowsServer2008R2",
        "WindowsServer2012",
        "WindowsServer2012R2",
        "WindowsServer2016",
        "WindowsServer2019",
    )
    amazon = ".".join(every["AMAZON_LINUX"].filter_values["PRODUCT"]).replace("AmazonLinux", "")
    assert amazon == (
        "2012.03.2012.09.2013.03.2013.09.2014.03.2014.09.2015.03.2015.09"
        ".2016.03.2016.09.2017.03.2017.09.2018.03"
    )
    assert every["DEBIAN"].filter_values["PRIORITY"] == RA[0][0][1]


def test_delays_count_except_for_apt() -> None:
    ignoring = {n for n, r in operating_systems().items() if r.approval_delay == "ignored"}
    using_apt = {n for n, r in operating_systems().items() if r.package_manager == "apt"}
    with_origins = {n for n, r in operating_systems().items() if r.security_origins}
    assert ignoring == using_apt == with_origins == {"DEBIAN", "RASPBIAN", "UBUNTU"}


@pytest.mark.parametrize(
    ("operating_system", "origin", "expected"),
    [
        (
            "DEBIAN",
            Origin(
                archive="oldstable-security", codename="bookworm-security", label="Debian-Security"
            ),
            True,
        ),
        (
            "DEBIAN",
            Origin(archive="oldoldstable", codename="buster", label="Debian-Security"),
            True,
        ),
        ("DEBIAN", Origin(codename="bookworm-security", label="corporate mirror"), True),
        ("DEBIAN", Origin(archive="oldstable", codename="bookworm", label="Debian"), False),
        ("DEBIAN", Origin(codename="bookworm-updates", label="Debian"), False),
        ("UBUNTU", Origin(archive="jammy-security", codename="jammy", label="Ubuntu"), True),
        (
            "UBUNTU",
            Origin(archive="jammy-infra-security", codename="jammy", origin="UbuntuESM"),
            True,
        ),
        (
            "UBUNTU",
            Origin(archive="jammy-apps-security", codename="jammy", origin="UbuntuESMApps"),
            True,
        ),
        ("UBUNTU", Origin(archive="jammy-updates", codename="jammy", label="Ubuntu"), False),
        ("UBUNTU", Origin(archive="jammy-infra-updates", origin="UbuntuESM"), False),
        ("UBUNTU", Origin(archive="now"), False),
        ("RASPBIAN", Origin(codename="bookworm-security", label="Debian-Security"), True),
        ("RASPBIAN", Origin(archive="oldstable", codename="bookworm", label="Raspbian"), False),
    ],
)
def test_security_lists_are_told_from_others(
    operating_system: str, origin: Origin, *, expected: bool
) -> None:
    assert is_security(operating_systems()[operating_system], [origin]) is expected


@pytest.mark.parametrize(
    ("operating_system", "platform_version", "product"),
    [
        ("DEBIAN", "12", "Debian12"),
        ("DEBIAN", "12.5", "Debian12"),
        ("UBUNTU", "22.04", "Ubuntu22.04"),
        ("RASPBIAN", "11", "Raspbian11"),
        ("AMAZON_LINUX", "2018.03", "AmazonLinux2018.03"),
        ("AMAZON_LINUX_2", "2", "AmazonLinux2"),
        ("AMAZON_LINUX_2022", "2022", "AmazonLinux2022"),
        ("AMAZON_LINUX_2023", "2023.6.20241031", "AmazonLinux2023"),
        ("REDHAT_ENTERPRISE_LINUX", "9.4", "RedhatEnterpriseLinux9.4"),
        ("REDHAT_ENTERPRISE_LINUX", "8.10", "RedhatEnterpriseLinux8.10"),
        ("REDHAT_ENTERPRISE_LINUX", "7", "RedhatEnterpriseLinux7"),
        ("CENTOS", "7.9.2009", "CentOS7.9"),
        ("CENTOS", "9", "CentOS9"),
        ("ORACLE_LINUX", "8.9", "OracleLinux8.9"),
        ("ROCKY_LINUX", "9.3", "RockyLinux9.3"),
        ("ALMA_LINUX", "9.3", "AlmaLinux9.3"),
        ("SUSE", "15.5", "Suse15.5"),
        ("SUSE", "15", "Suse15.0"),
        ("MACOS", "10.15.7", "MacOS10.15"),
        ("MACOS", "14.2.1", "MacOS14"),
        ("WINDOWS", "10.0.17763", "WindowsServer2019"),
        ("WINDOWS", "6.3.9600", "WindowsServer2012R2"),
    ],
)
def test_a_node_has_a_product_that_filters_take(
    operating_system: str, platform_version: str, product: str
) -> None:
    rules = operating_systems()[operating_system]
    assert product_of(rules, platform_version) == product
    assert product in rules.filter_values["PRODUCT"]


@pytest.mark.parametrize(
    ("operating_system", "platform_version", "products"),
    [
        ("AMAZON_LINUX_2", "2", ("AmazonLinux2", "AmazonLinux2.0")),
        (
            "REDHAT_ENTERPRISE_LINUX",
            "8.4",
            ("RedhatEnterpriseLinux8.4", "RedhatEnterpriseLinux8.*"),
        ),
        ("REDHAT_ENTERPRISE_LINUX", "9", ("RedhatEnterpriseLinux9", "RedhatEnterpriseLinux9.*")),
        ("UBUNTU", "22.04", ("Ubuntu22.04",)),
    ],
)
def test_all_names_of_a_product_are_values_of_the_filter(
    operating_system: str, platform_version: str, products: tuple[str, ...]
) -> None:
    rules = operating_systems()[operating_system]
    assert products_of(rules, platform_version) == products
    assert set(products) <= set(rules.filter_values["PRODUCT"])


@pytest.mark.parametrize(
    ("operating_system", "product"),
    [
        ("ORACLE_LINUX", "OracleLinux8"),
        ("ROCKY_LINUX", "RockyLinux8"),
        ("ALMA_LINUX", "AlmaLinux8"),
    ],
)
def test_a_node_that_tells_its_major_release_alone_has_a_product(
    operating_system: str, product: str
) -> None:
    assert product_of(operating_systems()[operating_system], "8") == product


def test_the_delay_counts_from_the_last_revision_but_on_suse() -> None:
    honouring = {
        name: rules.release_date
        for name, rules in operating_systems().items()
        if rules.package_manager in {"yum", "dnf", "zypper"}
    }
    assert {name for name, date in honouring.items() if date == "issued"} == {"SUSE"}
    assert len(honouring) == 10


def test_an_unknown_windows_build_has_no_product() -> None:
    assert product_of(operating_systems()["WINDOWS"], "10.0.19045") is None


@pytest.mark.parametrize(
    ("operating_system", "name", "baseline_id", "rules", "description"), CONTRACT_4_8
)
def test_the_default_baseline_is_that_of_the_contract(
    operating_system: str, name: str, baseline_id: str, rules: type_of_rules, description: str
) -> None:
    default = default_of(operating_system)
    assert default.content.name == f"AWS-{name}PatchBaseline"
    assert default.baseline_id == f"pb-{baseline_id}"
    assert default.content.description == f"Default Patch Baseline {description}Provided by AWS."
    assert default.content.operating_system == operating_system
    assert rules_of(default) == rules
    created = datetime.fromisoformat(CREATED_AT[operating_system]).replace(tzinfo=UTC)
    assert default.created_at == default.modified_at == created.timestamp()


def test_windows_has_two_more() -> None:
    others = [
        predefined
        for predefined in operating_systems()["WINDOWS"].predefined_baselines
        if not predefined.is_default
    ]
    assert [
        (p.content.name, p.baseline_id, rules_of(p), p.content.description) for p in others
    ] == WINDOWS_PREDEFINED
    created = datetime(2019, 5, 7, 18, 32, 23, 887_000, tzinfo=UTC).timestamp()
    assert {(p.created_at, p.modified_at) for p in others} == {(created, created)}


def test_what_all_predefined_baselines_share() -> None:
    for operating_system, predefined in every_predefined():
        content = predefined.content
        is_centos = operating_system == "CENTOS"
        every_product = (PatchFilter(key="PRODUCT", values=(ANY,)),)
        assert content.global_filters == (() if is_centos else every_product)
        for rule in content.approval_rules:
            assert rule.approve_after_days == 7
            assert rule.approve_until_date is None
            assert rule.compliance_level is ComplianceLevel.UNSPECIFIED
            assert rule.enable_non_security is is_centos
        assert content.available_security_updates_compliance_status == (
            "NON_COMPLIANT" if operating_system == "WINDOWS" else None
        )
        assert content.approved_patches == content.rejected_patches == ()
        assert content.sources == ()
        assert content.rejected_patches_action == "ALLOW_AS_DEPENDENCY"


def test_there_are_seventeen_with_different_ids_and_names() -> None:
    every = [predefined for _, predefined in every_predefined()]
    assert len(every) == 17
    assert len({predefined.baseline_id for predefined in every}) == 17
    assert len({predefined.content.name for predefined in every}) == 17


def test_terraform_finds_exactly_one_default_per_operating_system() -> None:
    # The name pattern by which Terraform's provider looks for the default to go back to.
    pattern = re.compile(r"^AWS-[0-9A-Za-z]+PatchBaseline$")
    for name, rules in operating_systems().items():
        found = [p for p in rules.predefined_baselines if pattern.search(p.content.name)]
        assert found == [default_of(name)]


def test_predefined_baselines_satisfy_the_constraints_of_the_model() -> None:
    for _, predefined in every_predefined():
        content = predefined.content
        assert re.search(shapes()["BaselineId"]["pattern"], predefined.baseline_id)
        assert re.search(shapes()["BaselineName"]["pattern"], content.name)
        assert content.description is not None
        assert _fits("BaselineDescription", len(content.description))
        assert _fits("PatchRuleList", len(content.approval_rules))
        for rule in content.approval_rules:
            assert rule.approve_after_days is not None
            assert _fits("ApproveAfterDays", rule.approve_after_days)


def test_filters_of_predefined_baselines_are_allowed_for_their_system() -> None:
    for operating_system, filter_ in every_filter():
        allowed = operating_systems()[operating_system].filter_values
        assert set(filter_.values) <= {ANY, *allowed[filter_.key]}
        assert _fits("PatchFilterValueList", len(filter_.values))


def _fits(shape: str, size: int) -> bool:
    found = shapes()[shape]
    smallest: int = found["min"]
    largest: int = found["max"]
    return smallest <= size <= largest


PLATFORMS = [
    ("Linux", "AlmaLinux", "9.4", "ALMA_LINUX"),
    ("Linux", "Amazon Linux AMI", "2018.03", "AMAZON_LINUX"),
    ("Linux", "Amazon Linux", "2", "AMAZON_LINUX_2"),
    ("Linux", "Amazon Linux", "2022", "AMAZON_LINUX_2022"),
    ("Linux", "Amazon Linux", "2023", "AMAZON_LINUX_2023"),
    ("Linux", "Amazon Linux", "2023.6.20241010", "AMAZON_LINUX_2023"),
    ("Linux", "CentOS Linux", "7.9", "CENTOS"),
    ("Linux", "CentOS Stream", "9", "CENTOS"),
    ("Linux", "Debian GNU/Linux", "12", "DEBIAN"),
    ("MacOS", "macOS", "14.5", "MACOS"),
    ("MacOS", "Mac OS X", "10.15.7", "MACOS"),
    ("Linux", "Oracle Linux Server", "8.9", "ORACLE_LINUX"),
    ("Linux", "Raspbian GNU/Linux", "10", "RASPBIAN"),
    ("Linux", "Red Hat Enterprise Linux", "9.4", "REDHAT_ENTERPRISE_LINUX"),
    ("Linux", "Red Hat Enterprise Linux Server", "7.9", "REDHAT_ENTERPRISE_LINUX"),
    ("Linux", "Rocky Linux", "9.4", "ROCKY_LINUX"),
    ("Linux", "SLES", "15.5", "SUSE"),
    ("Linux", "SLES_SAP", "15.5", "SUSE"),
    ("Linux", "Ubuntu", "22.04", "UBUNTU"),
    ("Windows", "Microsoft Windows Server 2019 Datacenter", "10.0.17763", "WINDOWS"),
]


@pytest.mark.parametrize(("platform_type", "name", "version", "operating_system"), PLATFORMS)
def test_what_agents_say_tells_the_operating_system(
    platform_type: str, name: str, version: str, operating_system: str
) -> None:
    platform = Platform(platform_type=platform_type, platform_name=name, platform_version=version)
    assert operating_system_of(operating_systems().values(), platform) == operating_system


def test_every_operating_system_is_told_by_some_platform() -> None:
    assert {operating_system for *_, operating_system in PLATFORMS} == operating_systems().keys()


@pytest.mark.parametrize(
    ("platform_type", "name", "version"),
    [
        ("Linux", "Fedora Linux", "40"),
        ("Linux", "Amazon Linux", "2031"),
        ("Linux", "ubuntu", "22.04"),
        ("", "", ""),
    ],
)
def test_what_is_no_known_platform_tells_nothing(
    platform_type: str, name: str, version: str
) -> None:
    platform = Platform(platform_type=platform_type, platform_name=name, platform_version=version)
    assert operating_system_of(operating_systems().values(), platform) is None
