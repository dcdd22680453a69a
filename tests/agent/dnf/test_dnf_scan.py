"""A real root, made by dnf: `rpm_examples` says what is in it."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from patchwarden.domain.facts import Packages
from patchwarden.ingest.report import read_packages, read_parts
from patchwarden_agent.dnf.scanner import scan_dnf
from patchwarden_agent.errors import AgentError
from patchwarden_agent.findings import (
    Advisory,
    Candidate,
    Findings,
    InstalledPackage,
    NotInstalled,
    Origin,
    Slot,
)
from patchwarden_agent.host import Host
from patchwarden_agent.scan import ScanOptions, scan
from patchwarden_agent.target import Target
from rpm_examples import KERNEL
from rpm_repository import BUILT_AT, Rpm, RpmRoot, RpmTools

_EX, _OTHER = Origin(repository="ex"), Origin(repository="other")
_ISSUED_AT = 1_768_003_200.0


def _scanned(root: RpmRoot, *, may_use_library: bool = True) -> Findings:
    return scan_dnf(Target(root=root.path), Host(), may_use_library=may_use_library)


@pytest.fixture(scope="module")
def by_library(untouched_root: RpmRoot) -> Findings:
    return _scanned(untouched_root)


@pytest.fixture(scope="module")
def by_commands(untouched_root: RpmRoot) -> Findings:
    return _scanned(untouched_root, may_use_library=False)


@pytest.fixture(params=["by_library", "by_commands"])
def findings(request: pytest.FixtureRequest) -> Findings:
    found: Findings = request.getfixturevalue(request.param)
    return found


def _package(findings: Findings, name: str) -> InstalledPackage:
    return next(package for package in findings.installed if package.name == name)


def _candidates(
    findings: Findings, name: str, architecture: str = "noarch"
) -> tuple[Candidate, ...]:
    return findings.available.get(Slot(name, architecture), ())


def _advisories(
    findings: Findings, name: str, architecture: str = "noarch"
) -> dict[str, list[str]]:
    return {
        candidate.version: [each.advisory_id for each in candidate.advisories]
        for candidate in _candidates(findings, name, architecture)
    }


def test_what_is_installed_is_found(findings: Findings) -> None:
    assert {package.name: package.version for package in findings.installed} == {
        "alpha": "1.0-1",
        "beta": "1:2.0-1",
        "delta": "1-1",
        "excluded": "1-1",
        "gone": "3-1",
        "kernel-core": "6.1.0-10",
        "locked": "1-1",
        "needy": "1-1",
        "patched": "1-2",
        "tool": "1.0-1",
    }
    assert findings.architecture == "x86_64"
    assert findings.package_manager == "dnf"
    assert min(findings.installed_at.values()) > BUILT_AT


def test_both_ways_say_by_which_they_asked(by_library: Findings, by_commands: Findings) -> None:
    assert (by_library.evidence, by_commands.evidence) == ("python-dnf", "dnf")


def test_both_ways_agree_but_for_what_the_commands_do_not_tell(
    by_library: Findings, by_commands: Findings
) -> None:
    assert by_library.installed == by_commands.installed
    assert by_library.package_lists == by_commands.package_lists
    told = {
        slot: tuple(
            candidate.__class__(
                **{
                    **vars(candidate),
                    "module": "",
                    # In minutes.
                    "built_at": (candidate.built_at or 0) // 60,
                    "kept_back": None if slot.name == "needy" else candidate.kept_back,
                }
            )
            for candidate in candidates
        )
        for slot, candidates in by_library.available.items()
    }
    listed = {
        slot: tuple(
            candidate.__class__(**{**vars(candidate), "built_at": (candidate.built_at or 0) // 60})
            for candidate in candidates
        )
        for slot, candidates in by_commands.available.items()
    }
    assert told == listed
    assert {"kept_back", "not_installed", "python_dnf"} <= by_commands.details.keys()


def test_every_newer_version_is_offered_the_newest_first(findings: Findings) -> None:
    assert [each.version for each in _candidates(findings, "alpha")] == ["1.0-4", "1.0-2"]
    assert [each.version for each in _candidates(findings, "delta")] == ["1-2"]


def test_an_update_in_two_repositories_has_both(findings: Findings) -> None:
    (candidate,) = _candidates(findings, "beta")
    assert (candidate.version, candidate.origins) == ("1:2.0.1-1", (_EX, _OTHER))


def test_an_advisory_has_all_that_the_repository_says_of_it(findings: Findings) -> None:
    _, older = _candidates(findings, "alpha")
    assert older.advisories == (
        Advisory(
            advisory_id="EXSA-2026:0001",
            classification="security",
            severity="Important",
            title="Important: alpha <security> update",
            issued_at=_ISSUED_AT,
            updated_at=1_768_213_800.0,
            cve_ids=("CVE-2026-0001", "CVE-2026-0002"),
            bugzilla_ids=("2000001",),
        ),
    )


def test_an_advisory_of_a_version_that_is_gone_is_that_of_the_next_one(findings: Findings) -> None:
    assert _advisories(findings, "alpha") == {
        "1.0-4": ["EXBA-2026:0003", "EXSA-2026:0002"],
        "1.0-2": ["EXSA-2026:0001"],
    }


def test_a_type_that_dnf_does_not_know_is_kept(findings: Findings) -> None:
    newest, _ = _candidates(findings, "alpha")
    assert [(each.classification, each.severity) for each in newest.advisories] == [
        ("recommended", ""),
        ("security", "Important"),
    ]


def test_the_installed_version_is_there_where_an_advisory_names_it(findings: Findings) -> None:
    assert _advisories(findings, "patched") == {"1-2": ["EXBA-2026:0006"]}
    assert _candidates(findings, "patched")[0].advisories[0].severity == "None"
    assert _candidates(findings, "patched")[0].origins == (_EX,)


def test_an_installed_version_that_no_repository_has_keeps_its_advisory(findings: Findings) -> None:
    (candidate,) = _candidates(findings, "gone")
    assert (candidate.version, candidate.origins, candidate.built_at) == ("3-1", (), BUILT_AT)
    assert [each.advisory_id for each in candidate.advisories] == ["EXSA-2026:0008"]


def test_an_update_without_an_advisory_has_none(findings: Findings) -> None:
    assert _advisories(findings, "delta") == {"1-2": []}


def test_the_newest_of_several_kernels_counts_and_the_older_are_kept(findings: Findings) -> None:
    package = _package(findings, "kernel-core")
    assert (package.version, package.other_versions) == ("6.1.0-10", ("6.1.0-9",))
    assert package.source == "kernel"
    (candidate,) = _candidates(findings, "kernel-core", "x86_64")
    assert (candidate.version, candidate.source) == ("6.1.0-11", "kernel")
    assert candidate.kept_back is None
    assert candidate.advisories[0].reboot_suggested


@pytest.mark.parametrize(
    ("name", "kept_back"),
    [
        ("excluded", "excluded in the configuration of the package manager"),
        ("locked", "locked by versionlock"),
    ],
)
def test_what_the_administrator_keeps_is_held_and_says_why(
    findings: Findings, name: str, kept_back: str
) -> None:
    assert _package(findings, name).is_held
    assert [each.kept_back for each in _candidates(findings, name)] == [kept_back]


def test_nothing_else_is_held_or_kept_back(findings: Findings) -> None:
    assert {package.name for package in findings.installed if package.is_held} == {
        "excluded",
        "locked",
    }
    kept_back = {
        slot.name
        for slot, candidates in findings.available.items()
        if any(each.kept_back for each in candidates)
    }
    assert kept_back - {"needy"} == {"excluded", "locked"}


def test_a_missing_dependency_keeps_an_update_back(by_library: Findings) -> None:
    (candidate,) = _candidates(by_library, "needy")
    assert candidate.kept_back == (
        "nothing provides nobody-has-this >= 2 needed by needy-1-2.noarch"
    )


def test_only_the_enabled_stream_of_a_module_is_offered(findings: Findings) -> None:
    assert _advisories(findings, "tool") == {"1.1-1": ["EXEA-2026:0009"]}


def test_a_version_names_its_module_stream(by_library: Findings) -> None:
    assert [each.module for each in _candidates(by_library, "tool")] == ["tool:1"]
    assert [each.module for each in _candidates(by_library, "delta")] == [""]


def test_packages_say_when_they_were_built(by_library: Findings) -> None:
    assert [each.built_at for each in _candidates(by_library, "tool")] == [1_767_700_000]
    assert [each.built_at for each in _candidates(by_library, "delta")] == [BUILT_AT]


def test_packages_that_are_not_installed_are_counted_by_advisory(by_library: Findings) -> None:
    assert by_library.not_installed == (
        NotInstalled("", "", (_EX,), 2),
        NotInstalled("", "", (_EX,), 1, "security", "Critical"),
    )


def test_the_age_of_each_repository_is_known(findings: Findings) -> None:
    assert [each.name for each in findings.package_lists] == ["ex", "other"]
    for each in findings.package_lists:
        assert each.released_at is not None
        assert each.fetched_at is not None
        assert each.released_at <= each.fetched_at + 1


def test_what_could_not_be_found_out_is_said(by_library: Findings) -> None:
    assert by_library.details == {"reboot": "A pending reboot shows on the running node only."}


def test_an_update_that_was_taken_is_installed_with_its_advisories(rpm_root: RpmRoot) -> None:
    before = _scanned(rpm_root)
    rpm_root.update("alpha", "kernel-core", "beta")
    after = _scanned(rpm_root)
    assert _package(before, "alpha").version == "1.0-1"
    assert _package(after, "alpha").version == "1.0-4"
    # The advisory of 1.0-3 was for a version that has been passed over.
    assert _advisories(after, "alpha") == {"1.0-4": ["EXBA-2026:0003"]}
    assert _advisories(after, "beta") == {"1:2.0.1-1": ["EXSA-2026:0004"]}
    kernel = _package(after, "kernel-core")
    assert (kernel.version, kernel.other_versions) == ("6.1.0-11", ("6.1.0-10", "6.1.0-9"))
    assert before.available[Slot("delta", "noarch")] == after.available[Slot("delta", "noarch")]


def test_a_disabled_lock_holds_nothing(rpm_root: RpmRoot) -> None:
    rpm_root.write("etc/dnf/plugins/versionlock.conf", "[main]\nenabled = 0\n")
    findings = _scanned(rpm_root)
    assert not _package(findings, "locked").is_held
    assert [each.kept_back for each in _candidates(findings, "locked")] == [None]


@pytest.mark.parametrize("may_use_library", [True, False])
def test_a_banned_version_is_never_taken(rpm_root: RpmRoot, *, may_use_library: bool) -> None:
    rpm_root.write("etc/dnf/plugins/versionlock.list", "!alpha-0:1.0-4.*\n")
    findings = _scanned(rpm_root, may_use_library=may_use_library)
    assert not _package(findings, "alpha").is_held
    assert [(each.version, each.kept_back) for each in _candidates(findings, "alpha")] == [
        ("1.0-4", "locked by versionlock"),
        ("1.0-2", None),
    ]


def test_a_version_from_the_worse_repository_is_not_called_excluded(rpm_root: RpmRoot) -> None:
    repository = rpm_root.path / "etc/yum.repos.d/other.repo"
    repository.write_text(repository.read_text() + "excludepkgs=beta\n")
    (candidate,) = _candidates(_scanned(rpm_root), "beta")
    assert (candidate.origins, candidate.kept_back) == ((_EX, _OTHER), None)


def test_the_history_tells_who_installed_what_and_why(rpm_root: RpmRoot) -> None:
    with closing(sqlite3.connect(rpm_root.path / "var/lib/dnf/history.sqlite")) as history:
        history.execute("UPDATE trans SET user_id = 1000")
        history.execute(
            "UPDATE trans_item SET reason = 1 WHERE item_id IN"
            " (SELECT item_id FROM rpm WHERE name = 'delta')"
        )
        history.commit()
    rpm_root.write("etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n")
    findings = _scanned(rpm_root)
    assert set(findings.installed_by.values()) == {"alice"}
    assert len(findings.installed_by) == len(findings.installed)
    assert findings.automatic == {Slot("delta", "noarch")}


def test_whoever_did_not_log_in_is_not_named(by_library: Findings) -> None:
    assert by_library.installed_by == {}


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\x00garbage"])
def test_a_history_that_cannot_be_read_is_a_detail(
    rpm_root: RpmRoot, content: bytes | None
) -> None:
    directory = rpm_root.path / "var/lib/dnf"
    shutil.rmtree(directory)
    if content is not None:
        directory.mkdir()
        (directory / "history.sqlite").write_bytes(content)
    assert "history" in _scanned(rpm_root).details["installed_by"]


@pytest.mark.parametrize("may_use_library", [True, False])
def test_a_repository_that_was_never_fetched_is_named(
    rpm_root: RpmRoot, *, may_use_library: bool
) -> None:
    rpm_root.write(
        "etc/yum.repos.d/new.repo", "[new]\nname=New\nbaseurl=https://new.example.test/\n"
    )
    findings = _scanned(rpm_root, may_use_library=may_use_library)
    assert findings.details["package_lists"] == (
        "Repositories without a usable cache: new; run dnf makecache."
    )
    assert [each.name for each in findings.package_lists] == ["ex", "other"]
    assert _candidates(findings, "delta")


def test_without_any_cache_what_is_installed_stays(rpm_root: RpmRoot) -> None:
    shutil.rmtree(rpm_root.path / "var/cache/dnf")
    findings = _scanned(rpm_root)
    assert len(findings.installed) == 10
    assert findings.available == {}
    assert "ex, other" in findings.details["package_lists"]


def test_a_damaged_cache_is_as_good_as_none(rpm_root: RpmRoot) -> None:
    (path,) = rpm_root.path.glob("var/cache/dnf/ex-*/repodata/*-updateinfo.xml.gz")
    path.write_bytes(path.read_bytes()[:-40])
    findings = _scanned(rpm_root)
    assert findings.details["package_lists"] == (
        "Repositories without a usable cache: ex; run dnf makecache."
    )
    assert [slot.name for slot in findings.available] == ["beta"]


@pytest.mark.parametrize("may_use_library", [True, False])
def test_a_root_of_another_architecture_is_asked_as_such(
    rpm_tools: RpmTools, tmp_path: Path, *, may_use_library: bool
) -> None:
    packages = [Rpm("delta", "1", release, architecture="aarch64") for release in ("1", "2")]
    rpm_tools.build(tmp_path / "aarch64", packages)
    rpm_tools.index(tmp_path / "aarch64")
    root = rpm_tools.root(tmp_path / "root", {"ex": tmp_path / "$basearch"})
    root.dnf("--forcearch=aarch64", "install", packages[0].nevra)
    findings = _scanned(root, may_use_library=may_use_library)
    assert findings.architecture == "aarch64"
    assert [each.version for each in _candidates(findings, "delta", "aarch64")] == ["1-2"]


def test_a_cache_elsewhere_is_found(rpm_root: RpmRoot) -> None:
    rpm_root.write("etc/dnf/dnf.conf", "[main]\ncachedir=/srv/dnf\n")
    (rpm_root.path / "srv").mkdir()
    (rpm_root.path / "var/cache/dnf").rename(rpm_root.path / "srv/dnf")
    findings = _scanned(rpm_root)
    assert [each.version for each in _candidates(findings, "excluded")] == ["1-2"]


def test_a_database_in_the_newer_place_is_found(rpm_root: RpmRoot) -> None:
    directory = rpm_root.path / "usr/lib/sysimage/rpm"
    directory.parent.mkdir(parents=True)
    (rpm_root.path / "var/lib/rpm").rename(directory)
    assert len(_scanned(rpm_root).installed) == 10


@pytest.mark.parametrize("damage", [lambda _: b"", lambda content: content[:5000] + b"\xff" * 9000])
def test_a_broken_database_is_an_error_in_words(
    rpm_root: RpmRoot, damage: Callable[[bytes], bytes]
) -> None:
    path = rpm_root.path / "var/lib/rpm/rpmdb.sqlite"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(AgentError, match="rpm"):
        _scanned(rpm_root)


def test_a_root_without_a_database_is_an_error_in_words(rpm_root: RpmRoot) -> None:
    shutil.rmtree(rpm_root.path / "var/lib/rpm")
    with pytest.raises(AgentError, match="has no rpm database"):
        _scanned(rpm_root)


@pytest.mark.parametrize("may_use_library", [True, False])
def test_a_scan_writes_nothing_to_the_root(rpm_root: RpmRoot, *, may_use_library: bool) -> None:
    before = _listing(rpm_root.path)
    _scanned(rpm_root, may_use_library=may_use_library)
    assert _listing(rpm_root.path) == before


def _listing(root: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_size)
        for path in (root, *root.rglob("*"))
    }


def test_a_link_out_of_the_root_is_not_followed(rpm_root: RpmRoot, tmp_path: Path) -> None:
    outside = tmp_path / "outside.repo"
    outside.write_text("[outside]\nname=Outside\nbaseurl=https://outside.example.test/\n")
    (rpm_root.path / "etc/yum.repos.d/outside.repo").symlink_to(outside)
    findings = _scanned(rpm_root)
    assert "is a link out of" in findings.details["configuration"]
    assert "package_lists" not in findings.details


def test_a_database_behind_a_link_out_of_the_root_is_not_read(
    rpm_root: RpmRoot, tmp_path: Path
) -> None:
    database = rpm_root.path / "var/lib/rpm"
    database.rename(tmp_path / "rpm")
    database.symlink_to(tmp_path / "rpm")
    with pytest.raises(AgentError, match="has no rpm database"):
        _scanned(rpm_root)


def _report(root: RpmRoot) -> dict[str, Any]:
    return scan(ScanOptions(root=root.path))


def test_the_server_reads_the_report(untouched_root: RpmRoot) -> None:
    report = _report(untouched_root)
    parts = read_parts(json.dumps(report).encode(), now=report["scan"]["ended_at"])
    packages: Packages = read_packages(parts.sent.packages)
    node = parts.node
    assert (node.operating_system, node.platform_name) == ("ROCKY_LINUX", "Rocky Linux")
    assert (node.platform_version, node.architecture) == ("9.3", "x86_64")
    assert (packages.package_manager, packages.knows_available) == ("dnf", True)
    by_name = {package.name: package for package in packages.installed}
    kernel = by_name["kernel-core"]
    assert kernel.other_versions == (KERNEL[0].evr,)
    (advisory,) = (packages.advisories[each] for each in kernel.available[0].advisories)
    assert (advisory.advisory_id, advisory.reboot_suggested) == ("EXSA-2026:0005", True)
    assert by_name["excluded"].held
    assert by_name["tool"].available[0].module == "tool:1"
    assert {packages.origins[each].repository for each in by_name["beta"].available[0].origins} == {
        "ex",
        "other",
    }


def test_the_packages_of_an_unchanged_system_are_the_same_bytes(untouched_root: RpmRoot) -> None:
    first, second = (json.dumps(_report(untouched_root)["packages"]) for _ in range(2))
    assert first == second


def test_without_dnf_and_yum_the_server_is_told_that_nothing_is_known(
    untouched_root: RpmRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Debian's rpm asks a shell where its database is.
    for program in ("rpm", "sh", "bash"):
        (tmp_path / program).symlink_to(shutil.which(program) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = _scanned(untouched_root, may_use_library=False)
    assert (findings.evidence, findings.knows_available) == ("rpm", False)
    assert len(findings.installed) == 10
    assert "there is no dnf and no yum" in findings.details["available"]
