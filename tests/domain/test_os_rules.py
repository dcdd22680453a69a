from collections.abc import Iterable
from dataclasses import replace

import pytest

from patchwarden.domain.facts import Origin
from patchwarden.domain.os_rules import (
    OperatingSystemRules,
    OriginPattern,
    Platform,
    PlatformPattern,
    PlatformProduct,
    is_security,
    operating_system_of,
    product_of,
    products_of,
)


def rules_with(
    *,
    products: Iterable[tuple[str, str]] = (),
    security_origins: tuple[OriginPattern, ...] = (),
    platforms: tuple[PlatformPattern, ...] = (),
) -> OperatingSystemRules:
    return OperatingSystemRules(
        operating_system="DEBIAN",
        package_manager="apt",
        approval_delay="ignored",
        release_date="updated",
        shows_cve_ids=False,
        filter_values={},
        security_origins=security_origins,
        products=tuple(
            PlatformProduct(platform_version=version, product=product)
            for version, product in products
        ),
        predefined_baselines=(),
        platforms=platforms,
    )


@pytest.mark.parametrize(
    ("platform_type", "name", "version", "matches"),
    [
        ("Linux", "Debian GNU/Linux", "12", True),
        ("Linux", "Debian", "11.9", True),
        ("Linux", "Debian", "13", False),
        ("Linux", "Debian", "", False),
        ("Linux", "Devuan", "12", False),
        ("Windows", "Debian", "12", False),
        ("", "Debian", "12", False),
    ],
)
def test_a_platform_is_known_by_its_type_name_and_version(
    platform_type: str, name: str, version: str, *, matches: bool
) -> None:
    pattern = PlatformPattern(
        platform_type="Linux", platform_name="Debian*", platform_versions=("11", "12")
    )
    platform = Platform(platform_type=platform_type, platform_name=name, platform_version=version)
    every = [rules_with(), rules_with(platforms=(pattern,))]
    assert operating_system_of(every, platform) == ("DEBIAN" if matches else None)


@pytest.mark.parametrize(
    ("platform_version", "product"),
    [("12", "Debian12"), ("12.5", "Debian12"), ("120", None), ("1", None), ("", None)],
)
def test_a_version_covers_its_point_releases(platform_version: str, product: str | None) -> None:
    assert product_of(rules_with(products=[("12", "Debian12")]), platform_version) == product


@pytest.mark.parametrize(
    ("platform_version", "product"),
    [("15", "Suse15.0"), ("15.5", "Suse15.5"), ("15.5.1", "Suse15.5"), ("12.10", "Suse12.10")],
)
def test_a_template_needs_the_numbers_that_it_names(platform_version: str, product: str) -> None:
    rules = rules_with(products=[("*", "Suse{major}.{minor}"), ("*", "Suse{major}.0")])
    assert product_of(rules, platform_version) == product


def test_the_first_entry_that_matches_counts() -> None:
    rules = rules_with(products=[("10", "MacOS{major}.{minor}"), ("*", "MacOS{major}")])
    assert [product_of(rules, version) for version in ("10.15.7", "11.2", "10")] == [
        "MacOS10.15",
        "MacOS11",
        "MacOS10",
    ]


@pytest.mark.parametrize(
    ("platform_version", "products"),
    [
        ("8.10", ("Linux8.10", "Linux8.*", "Linux")),
        ("8", ("Linux8", "Linux8.*")),
        ("", ()),
    ],
)
def test_other_names_of_a_product_match_a_node_too(
    platform_version: str, products: tuple[str, ...]
) -> None:
    entries = (
        PlatformProduct(
            platform_version="*",
            product="Linux{major}.{minor}",
            other_names=("Linux{major}.*", "Linux"),
        ),
        PlatformProduct(
            platform_version="*", product="Linux{major}", other_names=("Linux{major}.*",)
        ),
    )
    rules = replace(rules_with(), products=entries)
    assert products_of(rules, platform_version) == products
    assert product_of(rules, platform_version) == next(iter(products), None)


@pytest.mark.parametrize("platform_version", ["", "trixie/sid", "rolling", "-1", "v12"])
def test_a_version_that_is_no_number_has_no_product(platform_version: str) -> None:
    assert product_of(rules_with(products=[("*", "Debian{major}")]), platform_version) is None


def test_any_origin_that_fits_any_pattern_makes_a_security_update() -> None:
    rules = rules_with(
        security_origins=(OriginPattern(label="Security"), OriginPattern(codename="*-security"))
    )
    main = Origin(label="Main", codename="bookworm", archive="stable-security")
    by_label = Origin(label="Security", codename="buster")
    by_codename = Origin(label="Mirror", codename="bookworm-security")
    assert not is_security(rules, [])
    assert not is_security(rules, [main])
    assert is_security(rules, [by_label])
    assert is_security(rules, [by_codename])
    assert is_security(rules, [main, by_codename])


def test_all_named_fields_of_a_pattern_must_fit() -> None:
    rules = rules_with(security_origins=(OriginPattern(label="A", codename="b", archive="c-*"),))
    fitting = Origin(label="A", codename="b", archive="c-1", site="anywhere")
    assert is_security(rules, [fitting])
    for other in (
        Origin(label="", codename="b", archive="c-1"),
        Origin(label="A", codename="bb", archive="c-1"),
        Origin(label="A", codename="b", archive="xc-1"),
    ):
        assert not is_security(rules, [other])


@pytest.mark.parametrize("label", ["a.c", "a.", "a.bc"])
def test_a_star_stands_for_any_text(label: str) -> None:
    rules = rules_with(security_origins=(OriginPattern(label="a.*"),))
    assert is_security(rules, [Origin(label=label)])


@pytest.mark.parametrize("label", ["abc", "A.c", "xa.c", ""])
def test_everything_but_a_star_stands_for_itself(label: str) -> None:
    rules = rules_with(security_origins=(OriginPattern(label="a.*"),))
    assert not is_security(rules, [Origin(label=label)])


def test_no_pattern_makes_no_security_update() -> None:
    assert not is_security(rules_with(), [Origin(label="Debian-Security")])
