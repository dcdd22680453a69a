import os
from pathlib import Path

import pytest

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import InstalledPackage, Slot
from patchwarden_agent.target import Target
from patchwarden_agent.zypper.history import automatic, installers
from patchwarden_agent.zypper.repositories import (
    missing_lists_detail,
    package_lists,
    read_repositories,
)

HISTORY = """\
# a comment
2026-05-08 07:28:46|install|alpha|1.0-1|x86_64|bob@host|pool|1234|
2026-05-09 07:28:46|install|alpha|1.0-2|x86_64|alice@host|updates|1234|
2026-05-09 07:28:46|install|beta|1:2.0-1|noarch||updates|1234|
2026-05-09 07:28:47|command|root@host|'zypper' 'up'|
"""


def _write(root: Path, inside: str, text: str) -> Path:
    path = root / inside
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _repomd(root: Path, name: str, text: str) -> None:
    path = _write(root, f"var/cache/zypp/raw/{name}/repodata/repomd.xml", text)
    os.utime(path, (1_770_000_000, 1_770_000_000))


def test_repositories_that_are_off_are_left_out(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "etc/zypp/repos.d/a.repo",
        "[on]\nbaseurl=http://x.test/$releasever/%20\n[off]\nenabled=0\n[default]\nenabled = yes\n",
    )
    details: dict[str, str] = {}
    found = read_repositories(Target(root=tmp_path), details)
    assert [each.alias for each in found] == ["default", "on"]
    assert found[1].options["baseurl"] == "http://x.test/$releasever/%20"
    assert details == {}


def test_a_damaged_repository_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    _write(tmp_path, "etc/zypp/repos.d/a.repo", "no section\n")
    _write(tmp_path, "etc/zypp/repos.d/b.repo", "[b]\n")
    details: dict[str, str] = {}
    assert [each.alias for each in read_repositories(Target(root=tmp_path), details)] == ["b"]
    assert "a.repo cannot be read" in details["repositories"]


@pytest.mark.parametrize(
    ("repomd", "released_at"),
    [
        ("<repomd><revision>1764000000</revision><timestamp>1</timestamp></repomd>", 1764000000.0),
        (
            "<revision>42</revision><timestamp>1764000000</timestamp><timestamp>1764000002.5</timestamp>",
            1764000002.0,
        ),
        ("<repomd/>", None),
        ("no XML", None),
    ],
)
def test_the_age_of_a_repository_is_in_its_metadata(
    tmp_path: Path, repomd: str, released_at: float | None
) -> None:
    _write(tmp_path, "etc/zypp/repos.d/a.repo", "[a/b]\n")
    _repomd(tmp_path, "a_b", repomd)
    (known,) = package_lists(read_repositories(Target(root=tmp_path), {}))
    assert (known.name, known.released_at, known.fetched_at) == (
        "a/b",
        released_at,
        1_770_000_000.0,
    )


def test_a_cache_behind_a_link_out_of_the_root_is_not_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    _write(root, "etc/zypp/repos.d/a.repo", "[a]\n")
    _repomd(tmp_path / "elsewhere", "a", "<repomd/>")
    (root / "var/cache/zypp").mkdir(parents=True)
    (root / "var/cache/zypp/raw").symlink_to(tmp_path / "elsewhere/var/cache/zypp/raw")
    repositories = read_repositories(Target(root=root), {})
    assert (
        missing_lists_detail(repositories) == "Repositories never fetched: a: run zypper refresh."
    )


def test_a_node_without_repositories_is_told() -> None:
    assert missing_lists_detail([]) is not None


def test_history_tells_who_asked_for_the_installed_version(tmp_path: Path) -> None:
    _write(tmp_path, "var/log/zypp/history", HISTORY)
    versions = {Slot("alpha", "x86_64"): "1.0-2", Slot("beta", "noarch"): "1:2.0-1"}
    assert installers(Target(root=tmp_path), versions) == {Slot("alpha", "x86_64"): "alice"}


def test_a_node_without_history_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="var/log/zypp/history"):
        installers(Target(root=tmp_path), {})


def test_what_zypper_notes_as_installed_by_itself_is_automatic(tmp_path: Path) -> None:
    _write(tmp_path, "var/lib/zypp/AutoInstalled", "# AutoInstalled\n#\nbeta\n#\n")
    installed = [
        InstalledPackage("alpha", "x86_64", "1.0-2"),
        InstalledPackage("beta", "noarch", "1-1"),
    ]
    assert automatic(Target(root=tmp_path), installed) == {Slot("beta", "noarch")}
