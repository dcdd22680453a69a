import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from patchwarden.data.load import operating_systems
from patchwarden.data.operating_system_file import parse_operating_system
from patchwarden.domain.baselines import ApprovalRule, PatchFilter
from patchwarden.domain.os_rules import (
    OperatingSystemRules,
    OriginPattern,
    PlatformPattern,
    PlatformProduct,
    PredefinedBaseline,
    ProductFamily,
)
from patchwarden.errors import InstallationError

MINIMAL = """
operating_system = "DEBIAN"
package_manager = "apt"
approval_delay = "ignored"
shows_cve_ids = false

[filter_values]
PRODUCT = ["Debian12"]
SECTION = []

[[security_origins]]
label = "Debian-Security"

[[products]]
platform_version = "*"
product = "Debian{major}"

[[platforms]]
platform_type = "Linux"
platform_name = "Debian*"
platform_versions = ["12"]

[[predefined_baselines]]
baseline_id = "pb-09a5f8eb62bde80b1"
is_default = true
created_at = 2020-05-05T16:20:30.388Z
modified_at = 2020-05-05T18:20:30.5+02:00
name = "AWS-Test"
description = "For tests."
global_filters = []

[[predefined_baselines.approval_rules]]
approve_after_days = 7
filters = [{ key = "PRODUCT", values = ["*"] }]
"""


def test_a_file_becomes_rules() -> None:
    rules = parse_operating_system(MINIMAL, "debian.toml")
    assert rules.filter_values == {"PRODUCT": ("Debian12",), "SECTION": ()}
    assert rules.security_origins == (OriginPattern(label="Debian-Security"),)
    assert rules.products == (PlatformProduct(platform_version="*", product="Debian{major}"),)
    assert rules.platforms == (
        PlatformPattern(platform_type="Linux", platform_name="Debian*", platform_versions=("12",)),
    )
    (predefined,) = rules.predefined_baselines
    assert predefined.created_at == 1588695630.388
    assert predefined.modified_at == 1588695630.5
    assert predefined.content.operating_system == "DEBIAN"
    assert predefined.content.approval_rules == (
        ApprovalRule(
            filters=(PatchFilter(key="PRODUCT", values=("*",)),),
            approve_after_days=7,
        ),
    )


@pytest.mark.parametrize(
    ("intact", "broken", "complaint"),
    [
        ('"apt"', "apt", "Invalid value (at line 3, column 19)"),
        ('package_manager = "apt"', "", "missing required field `package_manager`"),
        ("is_default = true", "", "missing required field `is_default` - at `$.predefined"),
        ("is_default = true", 'is_default = "yes"', "Expected `bool`, got `str` - at `$.pre"),
        ("[[products]]", "[[products]]\ncolor = 1", "unknown field `color` - at `$.products[0]`"),
        ('label = "Debian-Security"', "", "A security origin needs a `label`"),
        ("approval_delay", "approval_delays", "unknown field `approval_delays`"),
        ('"ignored"', '"forgotten"', "Invalid enum value 'forgotten' - at `$.approval_delay`"),
        ("30.388Z", "30.388", "Expected `datetime` with a timezone component - at `$.predefined"),
        ("= 7", "= 361", "Expected `int` <= 360 - at `$.predefined_baselines[0].approval_rules"),
        ("pb-09a5", "pb-09A5", "Expected `str` matching regex '^pb-[0-9a-f]{17}$'"),
        ('"Linux"', '"Hurd"', "Invalid enum value 'Hurd' - at `$.platforms[0].platform_type`"),
        ('versions = ["12"]', "versions = []", "of length >= 1 - at `$.platforms[0].platform_v"),
        ('values = ["*"]', "values = []", "of length >= 1 - at `$.predefined_baselines[0].appr"),
    ],
)
def test_a_damaged_file_is_named_with_the_key(intact: str, broken: str, complaint: str) -> None:
    assert intact in MINIMAL
    with pytest.raises(InstallationError) as raised:
        parse_operating_system(MINIMAL.replace(intact, broken, 1), "debian.toml")
    assert str(raised.value).startswith("The shipped file debian.toml is damaged (")
    assert complaint in str(raised.value)


FAMILIES = """
[[product_families]]
name = "Windows"
patch_set = "OS"
products = ["Windows7", "Windows8"]
[[product_families]]
name = "Office"
patch_set = "APPLICATION"
products = ["Office 2016"]
"""
WITH_FAMILIES = (
    MINIMAL.replace(
        'PRODUCT = ["Debian12"]',
        'PRODUCT = ["Windows7", "Windows8", "Office 2016"]\nPRODUCT_FAMILY = ["Windows", "Office"]',
    )
    + FAMILIES
)


def test_products_can_belong_to_families() -> None:
    assert parse_operating_system(WITH_FAMILIES, "any.toml").product_families == (
        ProductFamily(name="Windows", patch_set="OS", products=("Windows7", "Windows8")),
        ProductFamily(name="Office", patch_set="APPLICATION", products=("Office 2016",)),
    )


@pytest.mark.parametrize(
    ("intact", "broken", "complaint"),
    [
        ('products = ["Office 2016"]', 'products = ["Office 2013"]', "the values of PRODUCT"),
        ('products = ["Office 2016"]', "products = []", "of length >= 1"),
        ('name = "Office"', 'name = "Works"', "must be the values of PRODUCT_FAMILY"),
        ('patch_set = "OS"', 'patch_set = "SYSTEM"', "Invalid enum value 'SYSTEM'"),
    ],
)
def test_families_fit_the_values_of_filters(intact: str, broken: str, complaint: str) -> None:
    assert intact in WITH_FAMILIES
    with pytest.raises(InstallationError) as raised:
        parse_operating_system(WITH_FAMILIES.replace(intact, broken, 1), "any.toml")
    assert complaint in str(raised.value)


@pytest.mark.parametrize("name", sorted(operating_systems()))
def test_writing_and_reading_again_gives_the_same(name: str) -> None:
    rules = operating_systems()[name]
    assert parse_operating_system(_toml(rules), "again.toml") == rules


def test_rules_are_read_once_and_frozen() -> None:
    every = operating_systems()
    assert operating_systems() is every
    with pytest.raises(TypeError):
        every["BEOS"] = every["DEBIAN"]  # type: ignore[index]  # the point of the test
    with pytest.raises(TypeError):
        every["DEBIAN"].filter_values["PRODUCT"] = ()  # type: ignore[index]  # likewise
    with pytest.raises(FrozenInstanceError):
        every["DEBIAN"].package_manager = "dnf"  # type: ignore[misc]  # likewise


def test_each_file_begins_with_a_comment_that_names_the_contract() -> None:
    for file in files("patchwarden.data").joinpath("operating_systems").iterdir():
        first_line = file.read_text(encoding="utf-8").splitlines()[0]
        assert first_line.startswith("# ")
        assert "Contract: keys 4.3, values 4.4" in first_line


def _toml(rules: OperatingSystemRules) -> str:
    """Write `rules` as a file. TOML's strings and arrays of strings are those of JSON."""
    lines = [
        f"operating_system = {json.dumps(rules.operating_system)}",
        f"package_manager = {json.dumps(rules.package_manager)}",
        f"approval_delay = {json.dumps(rules.approval_delay)}",
        f"release_date = {json.dumps(rules.release_date)}",
        f"shows_cve_ids = {json.dumps(rules.shows_cve_ids)}",
        "[filter_values]",
        *(f"{key} = {json.dumps(values)}" for key, values in rules.filter_values.items()),
    ]
    for pattern in rules.security_origins:
        fields = {
            "label": pattern.label,
            "codename": pattern.codename,
            "archive": pattern.archive,
        }
        lines.append("[[security_origins]]")
        lines += [f"{key} = {json.dumps(text)}" for key, text in fields.items() if text]
    for product in rules.products:
        lines += [
            "[[products]]",
            f"platform_version = {json.dumps(product.platform_version)}",
            f"product = {json.dumps(product.product)}",
            f"other_names = {json.dumps(product.other_names)}",
        ]
    for platform in rules.platforms:
        lines += [
            "[[platforms]]",
            f"platform_type = {json.dumps(platform.platform_type)}",
            f"platform_name = {json.dumps(platform.platform_name)}",
            f"platform_versions = {json.dumps(platform.platform_versions)}",
        ]
    for family in rules.product_families:
        lines += [
            "[[product_families]]",
            f"name = {json.dumps(family.name)}",
            f"patch_set = {json.dumps(family.patch_set)}",
            f"products = {json.dumps(family.products)}",
        ]
    for predefined in rules.predefined_baselines:
        lines += _baseline_lines(predefined)
    return "\n".join(lines)


def _baseline_lines(predefined: PredefinedBaseline) -> list[str]:
    content = predefined.content
    lines = [
        "[[predefined_baselines]]",
        f"baseline_id = {json.dumps(predefined.baseline_id)}",
        f"is_default = {json.dumps(predefined.is_default)}",
        f"created_at = {datetime.fromtimestamp(predefined.created_at, UTC).isoformat()}",
        f"modified_at = {datetime.fromtimestamp(predefined.modified_at, UTC).isoformat()}",
        f"name = {json.dumps(content.name)}",
        f"description = {json.dumps(content.description)}",
        f"global_filters = {_inline(content.global_filters)}",
    ]
    status = content.available_security_updates_compliance_status
    if status is not None:
        lines.append(f"available_security_updates_compliance_status = {json.dumps(status)}")
    for rule in content.approval_rules:
        lines += [
            "[[predefined_baselines.approval_rules]]",
            f"approve_after_days = {rule.approve_after_days}",
            f"enable_non_security = {json.dumps(rule.enable_non_security)}",
            f"filters = {_inline(rule.filters)}",
        ]
    return lines


def _inline(filters: tuple[PatchFilter, ...]) -> str:
    entries = (
        f"{{ key = {json.dumps(filter_.key)}, values = {json.dumps(filter_.values)} }}"
        for filter_ in filters
    )
    return f"[{', '.join(entries)}]"
