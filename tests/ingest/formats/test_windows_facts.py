"""What the Windows Update Agent's names and numbers mean."""

import pytest

from patchwarden.data.load import operating_systems
from patchwarden.ingest.formats.windows_facts import (
    OPERATING_SYSTEM,
    PACKAGE_MANAGER,
    Category,
    architecture_of,
    classification_of,
    classification_of_hotfix,
    guid_of,
    kb_id_in_title,
    kb_id_of,
    msrc_severity_of,
    product_family_of,
    products_of_categories,
)

SECURITY_ID = "0FA1201D-4330-4FA8-8AE9-B877473B6441"


@pytest.mark.parametrize(
    ("text", "kb_id"),
    [
        ("KB5034441", "KB5034441"),
        ("kb5034441", "KB5034441"),
        (" 5034441 ", "KB5034441"),
        ("KB0890830", "KB890830"),
        ("File 1", ""),
        ("KB1", ""),
        ("KB123456789", ""),
        ("KB503444\u0661", ""),
        ("", ""),
    ],
)
def test_a_kb_number_has_one_spelling(text: str, kb_id: str) -> None:
    assert kb_id_of(text) == kb_id


@pytest.mark.parametrize(
    ("title", "kb_id"),
    [
        ("2019-01 Update for Windows Server 2016 (KB4480979)", "KB4480979"),
        ("Update for KB4480970 on x64-based Systems (KB4487345)", "KB4487345"),
        ("Update für Office 2016 (KB5100002) 64-Bit-Edition", "KB5100002"),
        ("SKB4480979", ""),
        ("Intel - System - 10.1.1.38", ""),
    ],
)
def test_a_title_names_its_kb_number(title: str, kb_id: str) -> None:
    assert kb_id_in_title(title) == kb_id


def test_the_id_of_a_category_counts_whatever_its_name() -> None:
    russian = Category(SECURITY_ID, "UpdateClassification", "Обновления безопасности")
    misleading = Category("0" * 8, "UpdateClassification", "Critical Updates")
    assert classification_of([misleading, russian]) == "SecurityUpdates"
    assert classification_of([misleading]) == ""


def test_a_category_without_an_id_is_known_by_its_english_name() -> None:
    assert classification_of([Category("", "", "Update Rollups")]) == "UpdateRollups"


@pytest.mark.parametrize(
    "category_id",
    [
        "e6cf1350-c01b-414d-a61f-263d14d133b4",
        "e0789628-ce08-4437-be74-2495b842f43b",
        "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0",
        "b54e7d24-7add-428f-8b75-90a396fa584f",
        "0fa1201d-4330-4fa8-8ae9-b877473b6441",
        "68c5b0a3-d1a6-4553-ae49-01d3a7827828",
        "b4832bd8-e735-4761-8daf-37f882276dab",
        "28bc880e-0592-4cbf-8f95-c79b17911d5f",
        "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83",
        "3689bdc8-b205-4af4-8d4a-a63924c5e9d5",
    ],
)
def test_every_classification_is_one_that_baselines_take(category_id: str) -> None:
    found = classification_of([Category(category_id, "UpdateClassification", "")])
    assert found in operating_systems()[OPERATING_SYSTEM].filter_values["CLASSIFICATION"]


def test_windows_has_the_package_manager_of_its_rules() -> None:
    assert operating_systems()[OPERATING_SYSTEM].package_manager == PACKAGE_MANAGER


def test_products_are_named_once_and_those_of_windows_in_english() -> None:
    categories = [
        Category(SECURITY_ID, "UpdateClassification", "Security Updates"),
        Category("71718F13-7324-4B0F-8F9E-2CA9DC978E53", "Product", "something else"),
        Category("", "Product", "Windows Server 2022"),
        Category("", "Product", "Office 2016"),
        Category("", "ProductFamily", "Office"),
    ]
    assert products_of_categories(categories) == ("Windows Server 2022", "Office 2016")
    assert product_family_of(categories) == "Office"
    assert product_family_of([]) == ""


def test_a_hotfix_tells_only_whether_it_is_of_security() -> None:
    assert classification_of_hotfix("Security Update") == "SecurityUpdates"
    assert classification_of_hotfix("Update") == ""


def test_severities_are_microsofts_four() -> None:
    assert [msrc_severity_of(text) for text in ("important", "Critical", "Unspecified", "")] == [
        "Important",
        "Critical",
        "",
        "",
    ]


def test_architectures_are_named_as_ec2_does() -> None:
    named = [architecture_of(text) for text in ("AMD64", "ARM64", "x86", "x86_64", "")]
    assert named == ["x86_64", "arm64", "i386", "x86_64", ""]


def test_guids_have_one_spelling() -> None:
    assert guid_of("{00000000-0000-4000-8000-00000000000A}") == (
        "00000000-0000-4000-8000-00000000000a"
    )
