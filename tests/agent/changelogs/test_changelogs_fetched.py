"""apt-get itself, on a root whose repository is a directory made for it."""

from pathlib import Path

import pytest

from debian_packages import Deb, apt_root, gzipped, skip_without_apt
from patchwarden_agent.changelogs.cache import MAX_KEPT, ChangelogCache
from patchwarden_agent.changelogs.fetching import MAX_AT_ONCE, WantedChangelog, fetch_changelogs
from patchwarden_agent.changelogs.text import Changelog, Entry
from patchwarden_agent.target import Target

TEXT = """\
alpha (1:1.0-2) sid; urgency=low

  * CVE-2026-0001

 -- Alice Example <alice@example.test>  Sat, 05 Sep 2026 09:40:39 +0000
"""
ENTRIES = (Entry("1:1.0-2", 1788601239.0, ("CVE-2026-0001",)),)
ALPHA = WantedChangelog("alpha", "1:1.0-2", "alpha-data", "all", "1:1.0-2")
TOOLS = WantedChangelog("alpha", "1:1.0-2", "alpha-tools", "amd64", "1:1.0-2")
BARE = WantedChangelog("bare", "3", "bare", "amd64", "3")
GONE = WantedChangelog("gone", "1", "gone", "amd64", "1")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    skip_without_apt()
    text = gzipped(TEXT)
    packages = [
        Deb(
            "alpha-data",
            "1:1.0-2",
            {"usr/share/doc/alpha-data/changelog.Debian.gz": text},
            architecture="all",
        ),
        Deb("alpha-tools", "1:1.0-2", links={"usr/share/doc/alpha-tools": "alpha-lib"}),
        Deb("alpha-lib", "1:1.0-2", links={"usr/share/doc/alpha-lib": "alpha"}),
        Deb("alpha", "1:1.0-2", {"usr/share/doc/alpha/changelog.Debian.gz": text}),
        Deb("bare", "3"),
    ]
    return Target(root=apt_root(tmp_path_factory.mktemp("apt"), packages))


@pytest.mark.parametrize("wanted", [ALPHA, TOOLS])
def test_a_changelog_is_taken_out_of_a_package_of_its_source(
    target: Target, tmp_path: Path, wanted: WantedChangelog
) -> None:
    fetched = fetch_changelogs([wanted], target, tmp_path)
    assert fetched.problems == ()
    assert fetched.changelogs == (Changelog("alpha", "1:1.0-2", ENTRIES),)


def test_a_package_without_a_changelog_gives_one_without_entries(
    target: Target, tmp_path: Path
) -> None:
    assert fetch_changelogs([BARE], target, tmp_path).changelogs == (Changelog("bare", "3", ()),)


def test_what_cannot_be_had_is_told_and_the_rest_is_given(target: Target, tmp_path: Path) -> None:
    fetched = fetch_changelogs([GONE, ALPHA], target, tmp_path)
    assert [each.source for each in fetched.changelogs] == ["alpha"]
    assert fetched.problems == ("gone:amd64=1 cannot be downloaded, or is too large.",)


def test_what_was_fetched_is_not_downloaded_again(target: Target, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = fetch_changelogs([ALPHA, BARE], target, cache)
    nowhere = Target(root=tmp_path)
    assert fetch_changelogs([ALPHA, BARE], nowhere, cache) == first


def test_a_root_that_has_no_dpkg_is_told(tmp_path: Path) -> None:
    fetched = fetch_changelogs([ALPHA], Target(root=tmp_path), tmp_path / "cache")
    assert fetched.changelogs == ()
    assert "var/lib/dpkg/status" in fetched.problems[0]


def test_a_status_file_alone_has_no_packages_to_fetch(tmp_path: Path) -> None:
    fetched = fetch_changelogs([ALPHA], Target(root=None, dpkg_status=tmp_path), tmp_path)
    assert fetched.problems == ("No changelogs can be fetched for a status file alone.",)


def test_a_fetch_leaves_nothing_in_the_root(target: Target, tmp_path: Path) -> None:
    assert target.root is not None
    before = sorted(target.root.rglob("*"))
    fetch_changelogs([ALPHA, TOOLS], target, tmp_path)
    assert sorted(target.root.rglob("*")) == before


def test_only_so_many_are_downloaded_at_once(target: Target, tmp_path: Path) -> None:
    gone = [GONE._replace(source=f"gone{number}") for number in range(MAX_AT_ONCE)]
    assert fetch_changelogs([*gone, ALPHA], target, tmp_path).changelogs == ()


def test_a_damaged_file_of_the_cache_counts_as_absent(tmp_path: Path) -> None:
    cache = ChangelogCache(tmp_path)
    cache.keep(Changelog("alpha", "1:1.0-2", ENTRIES))
    assert cache.find("alpha", "1:1.0-2") == Changelog("alpha", "1:1.0-2", ENTRIES)
    (path,) = tmp_path.iterdir()
    for content in ("", "{}x", "[1]", '[["1", "x", []]]', '[["1", 1, [2]]]', "[" * 100_000):
        path.write_text(content)
        assert cache.find("alpha", "1:1.0-2") is None


def test_a_name_cannot_lead_out_of_the_cache(tmp_path: Path) -> None:
    ChangelogCache(tmp_path / "cache").keep(Changelog("../../alpha", "/1", ()))
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "cache"]


def test_a_full_cache_drops_the_oldest(tmp_path: Path) -> None:
    for number in range(MAX_KEPT + 3):
        (tmp_path / f"{number}.json").write_text("[]")
    ChangelogCache(tmp_path).keep(Changelog("alpha", "1", ()))
    assert len(list(tmp_path.iterdir())) == MAX_KEPT
