"""A made-up system, `cases/apt/root`, on which every kind of update is to be found."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from patchwarden.domain.facts import Packages
from patchwarden.ingest.report import read_packages, read_parts
from patchwarden_agent.apt.library import SYSTEM_PYTHON, finish_walk, start_walk
from patchwarden_agent.apt.scanner import scan_apt
from patchwarden_agent.errors import AgentError
from patchwarden_agent.findings import Candidate, Findings, NotInstalled, Origin, Slot
from patchwarden_agent.host import Host
from patchwarden_agent.scan import ScanOptions, scan
from patchwarden_agent.target import Target

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="this machine has no apt to ask"
)

_MAIN = Origin("oldstable", "bookworm", "Debian", "Debian", "main", "archive.example.test")
_SECURITY = Origin(
    "oldstable-security",
    "bookworm-security",
    "Debian-Security",
    "Debian",
    "main",
    "archive.example.test",
)
_KEPT_BACK = {
    "python-apt": {
        "editor": "held",
        "frontend": "needs editor (>= 2.0), which is held",
        "server": "needs libserver2 (>= 2) | libserver3, which no package list offers",
    },
    "apt-get": {
        "editor": "held",
        "frontend": "apt-get dist-upgrade keeps it back",
        "server": "apt-get dist-upgrade keeps it back",
    },
}


def _has_library() -> bool:
    if not SYSTEM_PYTHON.exists():
        return False
    try:
        return finish_walk(start_walk([]), 60) is not None
    except AgentError:
        return False


_WAYS = [
    pytest.param(
        True,
        marks=pytest.mark.skipif(not _has_library(), reason="this machine has no python3-apt"),
        id="python-apt",
    ),
    pytest.param(False, id="apt-get"),
]


@pytest.fixture(params=_WAYS)
def findings(request: pytest.FixtureRequest, made_up_root: Path) -> Findings:
    return scan_apt(Target(root=made_up_root), Host(), may_use_library=request.param)


@pytest.fixture
def candidate(findings: Findings) -> Callable[..., Candidate]:
    return lambda name, architecture="amd64": findings.available[Slot(name, architecture)][0]


def test_what_is_installed_is_found(findings: Findings) -> None:
    names = [(package.name, package.architecture) for package in findings.installed]
    assert names == [
        ("base-files", "amd64"),
        ("desktop", "amd64"),
        ("dpkg", "amd64"),
        ("editor", "amd64"),
        ("frontend", "amd64"),
        ("libdouble0", "amd64"),
        ("libexample1", "amd64"),
        ("libexample1", "i386"),
        ("local-tool", "all"),
        ("moved", "amd64"),
        ("server", "amd64"),
        ("tool", "all"),
    ]


def test_each_package_has_the_candidate_that_apt_would_take(findings: Findings) -> None:
    assert {":".join(slot): each.version for slot, (each,) in findings.available.items()} == {
        "base-files:amd64": "12.4+deb12u2",
        "desktop:amd64": "1.1-1",
        "dpkg:amd64": "1.21.22",
        "editor:amd64": "2.0-1",
        "frontend:amd64": "2.0-1",
        "libdouble0:amd64": "1.1-1",
        "libexample1:amd64": "1.0-1+deb12u1",
        "libexample1:i386": "1.0-1+deb12u1",
        "local-tool:amd64": "5.0",
        "moved:amd64": "1.0-1",
        "server:amd64": "2.0-1",
        "tool:amd64": "1.1-1",
    }


def test_a_security_update_has_the_origin_of_the_security_list(
    candidate: Callable[..., Candidate],
) -> None:
    assert candidate("libexample1").origins == (_SECURITY,)
    assert candidate("libexample1", "i386").origins == (_SECURITY,)


def test_an_update_in_two_lists_has_both_origins(candidate: Callable[..., Candidate]) -> None:
    assert candidate("libdouble0").origins == (_MAIN, _SECURITY)


def test_a_package_that_no_list_offers_has_no_origin(candidate: Callable[..., Candidate]) -> None:
    assert candidate("local-tool").origins == ()


def test_what_is_kept_back_says_why_and_nothing_else_does(findings: Findings) -> None:
    kept_back = {
        slot.name: each.kept_back for slot, (each,) in findings.available.items() if each.kept_back
    }
    assert kept_back == _KEPT_BACK[findings.evidence]


def test_a_phased_update_is_seen_with_its_percentage(findings: Findings) -> None:
    phased = {
        slot.name: each.phased_percentage
        for slot, (each,) in findings.available.items()
        if each.phased_percentage is not None
    }
    assert phased == {"desktop": 10}


def test_what_an_archive_says_anew_of_an_installed_version_is_seen(
    candidate: Callable[..., Candidate],
) -> None:
    assert (candidate("moved").priority, candidate("moved").section) == ("extra", "libs")


def test_the_source_of_an_update_is_known(candidate: Callable[..., Candidate]) -> None:
    assert (candidate("libdouble0").source, candidate("libdouble0").source_version) == (
        "double",
        "1.1-1",
    )


def test_times_installers_and_marks_are_found(findings: Findings, installed_at: float) -> None:
    assert set(findings.installed_at.values()) == {installed_at}
    assert len(findings.installed_at) == 12
    assert findings.installed_by == {
        Slot("server", "amd64"): "alice",
        Slot("libdouble0", "amd64"): "unattended-upgrade",
        Slot("tool", "amd64"): "unattended-upgrade",
    }
    assert findings.automatic == {Slot("libdouble0", "amd64"), Slot("libexample1", "i386")}


def test_packages_that_are_not_installed_are_counted_by_the_library_alone(
    findings: Findings,
) -> None:
    if findings.evidence == "python-apt":
        assert findings.not_installed == (
            NotInstalled("important", "net", (_SECURITY,), 1),
            NotInstalled("optional", "games", (_MAIN,), 2),
            NotInstalled("optional", "libs", (_MAIN,), 1),
        )
    else:
        assert findings.not_installed == ()
        assert "not_installed" in findings.details


def test_what_could_not_be_found_out_is_said(findings: Findings) -> None:
    assert findings.reboot is None
    assert "reboot" in findings.details
    assert "never fetched: bookworm-updates" in findings.details["package_lists"]
    assert [each.name for each in findings.package_lists] == [
        "bookworm-security/main",
        "bookworm/main",
    ]


def test_a_scan_writes_nothing_to_the_root(made_up_root: Path) -> None:
    before = _listing(made_up_root)
    for may_use_library in (True, False):
        scan_apt(Target(root=made_up_root), Host(), may_use_library=may_use_library)
    assert _listing(made_up_root) == before


def _listing(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (root, *root.rglob("*"))}


def _report(root: Path | None = None, dpkg_status: Path | None = None) -> dict[str, Any]:
    return scan(ScanOptions(root=root, dpkg_status=dpkg_status))


def test_the_server_reads_the_report(made_up_root: Path) -> None:
    report = _report(made_up_root)
    parts = read_parts(json.dumps(report).encode(), now=report["scan"]["ended_at"])
    read_packages(parts.sent.packages)
    packages = msgspec.json.decode(parts.sent.packages, type=Packages)
    assert (parts.node.operating_system, parts.node.computer_name) == (
        "DEBIAN",
        "made-up.example.test",
    )
    by_name = {(package.name, package.architecture): package for package in packages.installed}
    editor = by_name["editor", "amd64"]
    assert editor.held
    assert editor.available[0].kept_back == "held"
    double = by_name["libdouble0", "amd64"]
    assert double.available[0].source is None
    assert double.available[0].source_version == "1.1-1"
    assert [packages.origins[position].label for position in double.available[0].origins] == [
        "Debian",
        "Debian-Security",
    ]


def test_the_packages_of_an_unchanged_system_are_the_same_bytes(made_up_root: Path) -> None:
    first, second = (json.dumps(_report(made_up_root)["packages"]) for _ in range(2))
    assert first == second


def test_a_status_file_alone_uses_no_lists_of_this_machine(made_up_root: Path) -> None:
    report = _report(dpkg_status=made_up_root / "var/lib/dpkg/status")
    assert report["scan"]["evidence"] == "dpkg-status"
    assert {"available", "installed_at", "reboot"} <= report["scan"]["details"].keys()
    installed = report["packages"]["installed"]
    assert len(installed) == 12
    assert not any("available" in package or "installed_at" in package for package in installed)
    node = report["node"]
    assert (node["operating_system"], node["platform_version"]) == ("DEBIAN", "12")
    assert not {"computer_name", "kernel_release", "package_lists"} & node.keys()
    parts = read_parts(json.dumps(report).encode(), report["scan"]["ended_at"])
    read_packages(parts.sent.packages)


def test_a_status_file_may_take_the_place_of_the_roots_own(
    made_up_root: Path, tmp_path: Path
) -> None:
    status = tmp_path / "status"
    text = (made_up_root / "var/lib/dpkg/status").read_text()
    status.write_text(text.replace("hold ok installed", "install ok installed"))
    report = _report(made_up_root, status)
    kept_back = {
        package["name"]
        for package in report["packages"]["installed"]
        if "kept_back" in package["available"][0]
    }
    assert kept_back == {"server"}


def test_lists_that_apt_cannot_read_leave_what_is_installed(made_up_root: Path) -> None:
    for path in (made_up_root / "var/lib/apt/lists").glob("*_Packages"):
        path.write_bytes(b"\x00garbage\xff" * 50)
    report = _report(made_up_root)
    assert report["scan"]["evidence"] == "dpkg-status"
    assert "available" in report["scan"]["details"]
    assert len(report["packages"]["installed"]) == 12


def test_a_root_that_was_never_updated_says_so(made_up_root: Path) -> None:
    shutil.rmtree(made_up_root / "var/lib/apt/lists")
    report = _report(made_up_root)
    assert "run apt-get update" in report["scan"]["details"]["package_lists"]
    assert len(report["packages"]["installed"]) == 12


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 1000, b"Package: x\n\n"])
def test_a_broken_status_is_an_error_in_words(made_up_root: Path, content: bytes) -> None:
    (made_up_root / "var/lib/dpkg/status").write_bytes(content)
    with pytest.raises(AgentError, match="lists no installed package"):
        _report(made_up_root)
