import pytest

from patchwarden.data.load import operating_systems
from patchwarden.data.products import operating_system_of_product, product_spelled


@pytest.mark.parametrize(
    ("product", "operating_system"),
    [
        ("AmazonLinux2018.03", "AMAZON_LINUX"),
        ("amazonlinux2.0", "AMAZON_LINUX_2"),
        ("WindowsServer2012R2", "WINDOWS"),
        ("Office 2016", "WINDOWS"),
        ("AlmaLinux9", "ALMA_LINUX"),
        ("RockyLinux11.3", "ROCKY_LINUX"),
        ("Suse12", "SUSE"),
        ("Ubuntu19.04", "UBUNTU"),
        ("Debian4", "DEBIAN"),
        ("AmazonLinux2024", None),
        ("RedhatEnterpriseLinux", None),
        ("Debian12 ", None),
        ("Amiga", None),
        ("", None),
    ],
)
def test_a_product_is_of_one_operating_system(product: str, operating_system: str | None) -> None:
    assert operating_system_of_product(product) == operating_system


@pytest.mark.parametrize(
    ("words", "product"),
    [
        ("RedHatEnterpriseLinux9", "RedhatEnterpriseLinux9"),
        ("redhatenterpriselinux9.4", "RedhatEnterpriseLinux9.4"),
        ("RedhatEnterpriseLinux9.*", "RedhatEnterpriseLinux9"),
        ("rockylinux11.3", "RockyLinux11.3"),
        (" Suse15 ", "Suse15"),
        ("Debian:12", "Debian12"),
        ("jammy", "Ubuntu22.04"),
        ("RHEL9", None),
        ("Fedora 43", None),
        (".*", None),
    ],
)
def test_a_product_is_known_in_many_spellings(words: str, product: str | None) -> None:
    assert product_spelled(words) == product


def test_no_two_operating_systems_share_a_product() -> None:
    products = [
        product.lower()
        for rules in operating_systems().values()
        for product in rules.filter_values["PRODUCT"]
    ]
    assert len(set(products)) == len(products)
