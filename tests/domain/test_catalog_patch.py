from dataclasses import replace

import pytest

from catalog_patches import LINUX_PATCH, WINDOWS_PATCH
from patchwarden.domain.catalog_patch import CatalogPatch, references, terms


@pytest.mark.parametrize(
    ("patch", "other"),
    [
        (WINDOWS_PATCH, {"title": "New", "kb_number": "KB1", "released_at": None}),
        (WINDOWS_PATCH, {"patch_id": WINDOWS_PATCH.patch_id.upper()}),
        (LINUX_PATCH, {"severity": "Low", "advisory_ids": (), "patch_id": "a"}),
    ],
)
def test_what_may_change_does_not_make_another_patch(
    patch: CatalogPatch, other: dict[str, object]
) -> None:
    assert replace(patch, **other).identity == patch.identity  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("patch", "other"),
    [
        (WINDOWS_PATCH, {"product": "WindowsServer2016"}),
        (WINDOWS_PATCH, {"patch_id": "b"}),
        (LINUX_PATCH, {"product": "AmazonLinux2.0"}),
        (LINUX_PATCH, {"epoch": 2}),
        (LINUX_PATCH, {"release": "4"}),
        (LINUX_PATCH, {"arch": "i686"}),
        (LINUX_PATCH, {"repository": "Extras"}),
    ],
)
def test_another_product_or_package_is_another_patch(
    patch: CatalogPatch, other: dict[str, object]
) -> None:
    assert replace(patch, **other).identity != patch.identity  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "product", "patch_set"),
    [
        ("Windows", "MicrosoftDefenderAntivirus", "os"),
        ("windows", "Windows10", "os"),
        ("Office", "Office 2016", "application"),
        ("", "WindowsServer2019", "os"),
        ("", "Office 2016", "application"),
    ],
)
def test_the_family_tells_the_patch_set(family: str, product: str, patch_set: str) -> None:
    patch = replace(WINDOWS_PATCH, product_family=family, product=product)
    assert ("PATCH_SET", patch_set) in terms(patch)


def test_terms_are_what_rules_filter_by() -> None:
    assert terms(WINDOWS_PATCH) == {
        ("PATCH_SET", "os"),
        ("PRODUCT", "windowsserver2019"),
        ("PRODUCT_FAMILY", "windows"),
        ("CLASSIFICATION", "securityupdates"),
        ("MSRC_SEVERITY", "critical"),
    }
    assert terms(LINUX_PATCH) == {
        ("PATCH_SET", "os"),
        ("PRODUCT", "amazonlinux2"),
        ("CLASSIFICATION", "security"),
        ("SEVERITY", "critical"),
    }


def test_references_are_the_names_that_a_patch_has() -> None:
    assert references(replace(WINDOWS_PATCH, msrc_number="MS12-072")) == {
        ("PATCH_ID", "kb5000001"),
        ("PATCH_ID", WINDOWS_PATCH.patch_id),
        ("MSRC_NUMBER", "ms12-072"),
    }
    assert references(LINUX_PATCH) == {
        ("NAME", "tool"),
        ("ADVISORY_ID", "alas2-2025-1"),
        ("BUGZILLA_ID", "1463241"),
        ("CVE_ID", "cve-2025-1"),
        ("CVE_ID", "cve-2025-2"),
    }
