import os
from pathlib import Path

import pytest

from patchwarden_agent.apt.lists import missing_lists, package_lists, stale_lists_detail
from patchwarden_agent.findings import PackageList
from patchwarden_agent.target import Target

_FETCHED_AT = 1_790_000_000.0


@pytest.fixture
def lists_directory(made_up_root: Path) -> Path:
    directory = made_up_root / "var/lib/apt/lists"
    for path in (*directory.iterdir(), directory):
        os.utime(path, (_FETCHED_AT, _FETCHED_AT))
    return directory


def test_each_list_has_the_times_of_its_release_file(
    made_up_root: Path, lists_directory: Path
) -> None:
    assert package_lists(Target(root=made_up_root)) == (
        PackageList("bookworm-security/main", 1795269736.0, 1795874536.0, _FETCHED_AT),
        PackageList("bookworm/main", 1783764997.0, None, _FETCHED_AT),
    )


def test_a_noted_update_makes_the_lists_fresher(made_up_root: Path, lists_directory: Path) -> None:
    stamp = made_up_root / "var/lib/apt/periodic/update-success-stamp"
    stamp.parent.mkdir()
    stamp.touch()
    os.utime(stamp, (_FETCHED_AT + 5, _FETCHED_AT + 5))
    found = package_lists(Target(root=made_up_root))
    assert {each.fetched_at for each in found} == {_FETCHED_AT + 5}


def test_a_flat_repository_is_named_by_its_place(made_up_root: Path, lists_directory: Path) -> None:
    (lists_directory / "example.test_flat_._Release").write_text("Date: nonsense\n")
    (lists_directory / "example.test_flat_._Packages.lz4").write_bytes(b"")
    (flat,) = (each for each in package_lists(Target(root=made_up_root)) if "flat" in each.name)
    assert (flat.name, flat.released_at) == ("example.test/flat/.", None)


def test_a_system_that_never_fetched_has_no_lists(tmp_path: Path) -> None:
    assert package_lists(Target(root=tmp_path)) == ()


def test_configured_lists_that_are_not_there_are_named(made_up_root: Path) -> None:
    stem = "archive.example.test_debian_dists"
    printed = (
        f"'http://archive.example.test/dists/bookworm/InRelease' {stem}_bookworm_InRelease 0 \n"
        f"'http://archive.example.test/dists/sid/InRelease' {stem}_sid_InRelease 0 \n"
        f"'http://archive.example.test/dists/sid/Packages.xz' {stem}_sid_Packages 0 \n"
    ).encode()
    assert missing_lists(Target(root=made_up_root), printed) == ["sid"]


@pytest.mark.parametrize(
    ("lists", "missing", "expected"),
    [
        ([], [], "no package lists"),
        ([PackageList("a/main", valid_until=99.0)], [], "no longer valid: a/main"),
        ([PackageList("a/main")], ["b"], "never fetched: b"),
        ([PackageList("a/main", valid_until=101.0)], [], None),
    ],
)
def test_stale_lists_are_complained_of(
    lists: list[PackageList], missing: list[str], expected: str | None
) -> None:
    detail = stale_lists_detail(lists, missing, now=100.0)
    if expected is None:
        assert detail is None
    else:
        assert detail is not None
        assert expected in detail
        assert "apt-get update" in detail
