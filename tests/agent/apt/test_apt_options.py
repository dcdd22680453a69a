from pathlib import Path

import pytest

from patchwarden_agent.apt.options import apt_options, as_arguments, private_cache_file
from patchwarden_agent.target import Target


def test_another_root_is_named_with_its_architectures(made_up_root: Path) -> None:
    options = apt_options(Target(root=made_up_root), "amd64", None)
    assert ("Dir", str(made_up_root)) in options
    assert ("Dir::State::status", f"{made_up_root}/var/lib/dpkg/status") in options
    assert [value for name, value in options if name.startswith("APT::Arch")] == [
        "amd64",
        "amd64",
        "i386",
    ]


def test_no_option_lets_apt_write_to_the_node(tmp_path: Path) -> None:
    options = dict(apt_options(Target(), "amd64", tmp_path / "own"))
    assert options["Dir::Cache::pkgcache"] == str(tmp_path / "own")
    assert options["Dir::Cache::srcpkgcache"] == ""
    assert options["Dir::Log::Planner"] == ""
    assert options["Dir::Log::Solver"] == ""


def test_options_become_arguments() -> None:
    assert as_arguments([("A", ""), ("B::", "c d")]) == ["-o", "A=", "-o", "B::=c d"]


def test_only_scans_of_this_machine_keep_a_cache(made_up_root: Path, session_cache: Path) -> None:
    assert private_cache_file(Target()) == session_cache / "patchwarden-agent" / "pkgcache.bin"
    assert private_cache_file(Target(root=made_up_root)) is None


def test_a_directory_that_others_can_write_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared" / "patchwarden-agent"
    shared.mkdir(parents=True)
    shared.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = private_cache_file(Target())
    assert found == tmp_path / "home/.cache/patchwarden-agent/pkgcache.bin"
