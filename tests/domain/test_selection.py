import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.baselines import PatchFilter
from patchwarden.domain.selection import NameList, Selector


def lists(pattern: str, name: str) -> bool:
    return NameList.of((pattern,)).matches((name,))


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("openssl", "openssl"),
        ("OpenSSL", "openssl"),
        ("open*", "openssl"),
        ("*ssl", "openssl"),
        ("*", ""),
        ("o?enssl", "openssl"),
        ("lib[a-c]", "libb"),
        ("LIB[A-C]", "libb"),
        ("lib[!a]", "libb"),
        ("lib[]]", "lib]"),
        ("lib[", "lib["),
        ("g++-1?", "g++-12"),
        ("lib.*", "lib.so"),
        ("1:2.0-1", "1:2.0-1"),
        ("a*b*c", "aXbYbc"),
    ],
)
def test_patterns_match_whole_names(pattern: str, name: str) -> None:
    assert lists(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("openssl", "openssl-dev"),
        ("openssl", "libopenssl"),
        ("open?", "openssl"),
        ("*ssl", "openssl3"),
        ("lib[a-c]", "libd"),
        ("lib[!b]", "libb"),
        ("lib.*", "libxso"),
        ("g++", "gg"),
        ("?", ""),
        ("a[bc", "ab"),
    ],
)
def test_patterns_do_not_match_parts_of_names(pattern: str, name: str) -> None:
    assert not lists(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name", "listed"),
    [
        ("MozillaFirefox", "MozillaFirefox", True),
        ("MozillaFirefox", "mozillafirefox", False),
        ("mozilla*", "MozillaFirefox", False),
        ("Mozilla*", "MozillaFirefox", True),
    ],
)
def test_case_matters_where_a_list_is_made_so(pattern: str, name: str, *, listed: bool) -> None:
    assert NameList.of((pattern,), ignores_case=False).matches((name,)) is listed


def test_without_globs_every_pattern_is_a_whole_name() -> None:
    names = NameList.of(("lib*", "g++"), has_globs=False)
    assert names.matches(("lib*",))
    assert names.matches(("g++",))
    assert not names.matches(("libc", "lib"))


def test_fifty_patterns_are_asked_each_on_its_own() -> None:
    names = NameList.of((*(f"lib{number:02d}-*" for number in range(40)), *"abcdefghij"))
    assert all(names.matches((f"lib{number:02d}-x",)) for number in range(40))
    assert all(names.matches((letter,)) for letter in "abcdefghij")
    assert not names.matches(("lib40-x", "lib00", "k", "ab"))


def test_any_form_of_a_name_is_enough() -> None:
    assert NameList.of(("b*",)).matches(("a", "bc"))
    assert not NameList.of(("b*",)).matches(())


def test_a_list_is_true_unless_it_is_empty() -> None:
    assert [bool(NameList.of(patterns)) for patterns in ((), ("a",), ("*",))] == [False, True, True]
    assert not NameList.of(()).matches(("",))


@given(st.lists(st.text(st.sampled_from("ab*?[]!-^&|~\\.{}()+$"), min_size=1), max_size=4))
def test_every_pattern_can_be_prepared(patterns: list[str]) -> None:
    names = NameList.of(tuple(patterns))
    assert names.matches(patterns) or any("[" in p for p in patterns) or not patterns


def filters(**values: tuple[str, ...]) -> list[PatchFilter]:
    return [PatchFilter(key=key, values=value) for key, value in values.items()]


def test_a_selector_without_filters_matches_everything() -> None:
    assert Selector.of(()).matches(frozenset())


def test_all_filters_must_match_and_any_value_of_each() -> None:
    selector = Selector.of(filters(SECTION=("net", "Web"), PRIORITY=("Optional",)))
    optional = ("PRIORITY", "optional")
    assert selector.matches(frozenset({optional, ("SECTION", "web")}))
    assert not selector.matches(frozenset({optional, ("SECTION", "libs")}))
    assert not selector.matches(frozenset({("SECTION", "web")}))


def test_two_filters_on_one_key_must_both_match() -> None:
    selector = Selector.of([*filters(SECTION=("net", "web")), *filters(SECTION=("web", "libs"))])
    assert selector.matches(frozenset({("SECTION", "web")}))
    assert not selector.matches(frozenset({("SECTION", "net")}))


def test_a_value_counts_for_its_own_key() -> None:
    assert not Selector.of(filters(SECTION=("net",))).matches(frozenset({("PRIORITY", "net")}))


def test_a_star_among_the_values_matches_a_missing_field() -> None:
    assert Selector.of(filters(SECTION=("net", "*"))).matches(frozenset())
