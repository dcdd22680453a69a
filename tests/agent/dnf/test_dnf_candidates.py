"""Which versions are candidates, and which advisories each of them has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden_agent.dnf.candidates import candidates, not_installed
from patchwarden_agent.dnf.view import AbsentPackages, DnfView, NamedVersion, Offer
from patchwarden_agent.findings import (
    Advisory,
    Candidate,
    InstalledPackage,
    NotInstalled,
    Origin,
    Slot,
)
from patchwarden_agent.rpm.database import RpmDatabase
from patchwarden_agent.rpm.order import sort_key

_SLOT = Slot("alpha", "noarch")


def _candidates(
    installed: str, offers: list[Offer], named: dict[str, str] | None = None
) -> tuple[Candidate, ...]:
    """Give the candidates of alpha; `named` gives the version that each advisory names."""
    named = named or {}
    database = RpmDatabase(
        architecture="x86_64",
        installed=(InstalledPackage("alpha", "noarch", installed),),
        installed_at={},
        built_at={_SLOT: 5.0},
        unreadable_count=0,
    )
    view = DnfView(
        evidence="dnf",
        offers=tuple(offers),
        advisories={advisory_id: Advisory(advisory_id) for advisory_id in named},
        named=tuple(NamedVersion(each, _SLOT, version) for each, version in named.items()),
    )
    return candidates(database, view).get(_SLOT, ())


def _offer(version: str, repository: str = "ex", kept_back: str | None = None) -> Offer:
    return Offer(_SLOT, version, repository, 7.0, kept_back=kept_back)


@pytest.mark.parametrize(
    ("installed", "offered", "named", "expected"),
    [
        ("1-1", ["1-1", "1-2"], {}, {"1-2": []}),
        ("1-1", ["1-1"], {}, {}),
        ("1-3", ["1-1", "1-2"], {"A": "1-2"}, {}),
        (
            "1-1",
            ["1-2", "1-4"],
            {"A": "1-2", "B": "1-3", "C": "1-4"},
            {"1-4": ["B", "C"], "1-2": ["A"]},
        ),
        # Nobody offers what these ask for.
        ("1-1", ["1-2"], {"A": "1-3"}, {"1-2": []}),
        ("1-1", [], {"A": "1-2"}, {}),
        ("1-1", [], {"A": "1-1"}, {"1-1": ["A"]}),
        ("1-1", ["1-1", "1-2"], {"A": "1-1", "B": "1-2"}, {"1-2": ["B"], "1-1": ["A"]}),
        ("1:1-1", ["2-1", "1:1-2"], {"A": "2-1"}, {"1:1-2": []}),
        # One version, written in two ways.
        ("1.0-1", ["1.0-01"], {"A": "1.00-1"}, {"1.0-1": ["A"]}),
        ("1.0~rc1-1", ["1.0-1"], {"A": "1.0~rc2-1"}, {"1.0-1": ["A"]}),
    ],
)
def test_each_newer_version_has_the_advisories_that_it_settles(
    installed: str, offered: list[str], named: dict[str, str], expected: dict[str, list[str]]
) -> None:
    found = _candidates(installed, [_offer(version) for version in offered], named)
    assert {
        each.version: [advisory.advisory_id for advisory in each.advisories] for each in found
    } == expected


_VERSIONS = st.integers(1, 9).map(lambda number: f"{number}-1")


@given(
    _VERSIONS,
    st.lists(_VERSIONS, unique=True),
    st.dictionaries(st.sampled_from("ABCDE"), _VERSIONS),
)
def test_no_advisory_up_to_the_newest_version_is_lost(
    installed: str, offered: list[str], named: dict[str, str]
) -> None:
    found = _candidates(installed, [_offer(version) for version in offered], named)
    keys = [sort_key(each.version) for each in found]
    assert keys == sorted(keys, reverse=True)
    newest = max([*map(sort_key, offered), sort_key(installed)])
    shown = [advisory.advisory_id for each in found for advisory in each.advisories]
    wanted = [
        advisory_id
        for advisory_id, version in named.items()
        if sort_key(installed) <= sort_key(version) <= newest
    ]
    assert sorted(shown) == sorted(wanted)


def test_what_one_repository_excludes_may_come_from_another() -> None:
    (candidate,) = _candidates("1-1", [_offer("1-2", "b", "excluded"), _offer("1-2", "a")])
    assert candidate.kept_back is None
    assert candidate.origins == (Origin(repository="a"), Origin(repository="b"))


def test_a_version_that_nobody_gives_says_why() -> None:
    (candidate,) = _candidates(
        "1-1", [_offer("1-2", "b", "excluded"), _offer("1-2", "a", "locked")]
    )
    assert candidate.kept_back == "excluded"


def test_the_source_of_a_version_is_not_told_by_who_does_not_know_it() -> None:
    (candidate,) = _candidates("1-1", [_offer("1-2")])
    assert (candidate.source, candidate.source_version) == (None, None)


def test_absent_packages_are_summed_up_by_their_worst_advisory() -> None:
    view = DnfView(
        evidence="dnf",
        advisories={
            "A": Advisory("A", "bugfix", "None"),
            "B": Advisory("B", "security", "Low"),
            "C": Advisory("C", "security", "Low"),
        },
        absent=(
            AbsentPackages(("A", "B"), ("ex",), 2),
            AbsentPackages(("C",), ("ex",), 3),
            AbsentPackages((), ("ex",), 4),
            AbsentPackages(("unknown",), ("ex",), 5),
        ),
    )
    origins = (Origin(repository="ex"),)
    assert not_installed(view) == (
        NotInstalled("", "", origins, 9),
        NotInstalled("", "", origins, 5, "security", "Low"),
    )
