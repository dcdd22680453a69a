"""zypper itself, on a root with packages, repositories and patches made for it."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from patchwarden.ingest.report import read_packages, read_parts
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import Candidate, Findings, Slot
from patchwarden_agent.host import Host
from patchwarden_agent.scan import ScanOptions, scan
from patchwarden_agent.target import Target
from patchwarden_agent.zypper.scanner import scan_zypper
from rpm_repository import Notice, Rpm, RpmTools, updateinfo_xml

OLD = (
    Rpm("alpha", "1.0", architecture="x86_64"),
    Rpm("beta", "2.0", epoch=1, source="beta-suite"),
    Rpm("gamma", "3.0"),
    Rpm("delta", "1"),
    Rpm("kernel-default", "6.4.0", architecture="x86_64"),
)
ALPHA = Rpm("alpha", "1.0", "2", architecture="x86_64")
BETA = Rpm("beta", "2.0.1", epoch=1, source="beta-suite")
KERNEL = Rpm("kernel-default", "6.4.0", "2", architecture="x86_64")
OMEGA = Rpm("omega", "5.0", "7")
NEW = (ALPHA, BETA, Rpm("gamma", "3.1"), Rpm("gamma", "3.1~rc1"), Rpm("delta", "2"), KERNEL, OMEGA)
NOTICES = (
    Notice(
        "EX-SU-2026:1",
        [ALPHA],
        severity="important",
        title="Security update for alpha",
        updated="2026-01-12 00:00:00",
        cves=["CVE-2026-0001"],
        bugs=["1200001"],
    ),
    Notice("EX-RU-2026:2", [BETA], type="recommended", severity="low", title="An update for beta"),
    Notice(
        "EX-SU-2026:3",
        [KERNEL],
        severity="critical",
        cves=["CVE-2026-0002", "CVE-2026-0003"],
        reboot_suggested=True,
    ),
    Notice("EX-OU-2026:4", [OMEGA], type="optional", severity=None),
)


@dataclass(frozen=True)
class SuseRoot:
    """A root that zypper works on."""

    tools: RpmTools
    path: Path

    def zypper(self, *arguments: str) -> None:
        """Run zypper on it."""
        self.tools.run(
            *("zypper", "--non-interactive", "--no-gpg-checks", "--root", self.path),
            *arguments,
            ZYPP_LOGFILE="/dev/null",
        )

    def scan(self) -> Findings:
        """Scan it."""
        return scan_zypper(Target(root=self.path), Host())

    def listing(self) -> list[tuple[str, int, int, int]]:
        """Give every file with its size, time and permissions."""
        found = [(str(path), path.lstat()) for path in sorted(self.path.rglob("*"))]
        return [(name, each.st_size, each.st_mtime_ns, each.st_mode) for name, each in found]

    def copied(self, path: Path) -> "SuseRoot":
        """Give a copy of it, times kept."""
        shutil.copytree(self.path, path, symlinks=True)
        return SuseRoot(self.tools, path)


@pytest.fixture(scope="module")
def outdated_root(rpm_tools: RpmTools, tmp_path_factory: pytest.TempPathFactory) -> SuseRoot:
    """Give a root with old packages, two repositories, and a third that was never fetched."""
    if shutil.which("zypper") is None:
        pytest.skip("NOT TESTED: there is no zypper; see CONTRIBUTING.md")
    directory = tmp_path_factory.mktemp("suse")
    rpm_tools.build(directory / "pool", OLD)
    rpm_tools.index(directory / "pool")
    rpm_tools.build(directory / "updates", NEW)
    rpm_tools.index(directory / "updates", updateinfo_xml(NOTICES))
    root = SuseRoot(rpm_tools, directory / "root")
    root.path.mkdir()
    for name in ("pool", "updates"):
        root.zypper("addrepo", "--no-gpgcheck", "--type", "rpm-md", f"dir:{directory / name}", name)
    root.zypper("refresh")
    root.zypper("install", *(f"{each.name}={each.evr}" for each in OLD))
    # zypper would try to fetch it, though it is asked not to refresh: nobody listens there.
    root.zypper("addrepo", "--no-check", "http://127.0.0.1:1/", "far")
    return root


@pytest.fixture
def root(outdated_root: SuseRoot, tmp_path: Path) -> SuseRoot:
    """Give a copy to change, without the repository that cannot be fetched."""
    copy = outdated_root.copied(tmp_path / "root")
    copy.zypper("removerepo", "far")
    return copy


@pytest.fixture(scope="module")
def outdated(outdated_root: SuseRoot) -> Findings:
    """Give what a scan of the outdated root finds."""
    return outdated_root.scan()


def _of(findings: Findings, name: str) -> tuple[Candidate, ...]:
    slots = [slot for slot in findings.available if slot.name == name]
    return findings.available[slots[0]] if slots else ()


def _versions(findings: Findings) -> Mapping[str, list[str]]:
    return {
        slot.name: [candidate.version for candidate in candidates]
        for slot, candidates in findings.available.items()
    }


def test_what_is_installed_is_found_with_its_times(outdated: Findings) -> None:
    assert outdated.package_manager == "zypper"
    assert outdated.evidence == "zypper"
    assert outdated.knows_available
    assert [(each.name, each.architecture, each.version) for each in outdated.installed] == [
        ("alpha", "x86_64", "1.0-1"),
        ("beta", "noarch", "1:2.0-1"),
        ("delta", "noarch", "1-1"),
        ("gamma", "noarch", "3.0-1"),
        ("kernel-default", "x86_64", "6.4.0-1"),
    ]
    assert {slot.name for slot in outdated.installed_at} == {each.name for each in OLD}


def test_what_is_newer_is_found_newest_first(outdated: Findings) -> None:
    assert _versions(outdated) == {
        "alpha": ["1.0-2"],
        "beta": ["1:2.0.1-1"],
        "delta": ["2-1"],
        "gamma": ["3.1-1", "3.1~rc1-1"],
        "kernel-default": ["6.4.0-2"],
    }
    assert {origin.repository for each in _of(outdated, "gamma") for origin in each.origins} == {
        "updates"
    }


def test_an_update_has_the_patch_that_brings_it(outdated: Findings) -> None:
    (alpha,) = _of(outdated, "alpha")
    (patch,) = alpha.advisories
    assert patch.advisory_id == "EX-SU-2026:1"
    assert (patch.classification, patch.severity) == ("security", "important")
    assert patch.title == "Security update for alpha"
    assert patch.issued_at == 1768176000.0
    assert patch.cve_ids == ("CVE-2026-0001",)
    assert patch.bugzilla_ids == ("1200001",)
    assert not patch.reboot_suggested
    (beta,) = _of(outdated, "beta")
    assert beta.advisories[0].classification == "recommended"


def test_an_update_without_a_patch_has_none(outdated: Findings) -> None:
    assert [each.advisories for each in _of(outdated, "gamma")] == [(), ()]


def test_a_patch_says_whether_it_needs_a_reboot(outdated: Findings) -> None:
    (kernel,) = _of(outdated, "kernel-default")
    assert kernel.advisories[0].reboot_suggested


def test_what_is_not_installed_is_counted_by_its_patch(outdated: Findings) -> None:
    (group,) = outdated.not_installed
    assert (group.count, group.classification) == (1, "optional")


def test_repositories_have_their_age(outdated: Findings) -> None:
    assert [each.name for each in outdated.package_lists] == ["pool", "updates"]
    assert all(each.fetched_at and each.released_at for each in outdated.package_lists)


def test_a_repository_that_was_never_fetched_is_told_and_not_fetched(outdated: Findings) -> None:
    assert (
        outdated.details["package_lists"] == "Repositories never fetched: far: run zypper refresh."
    )


def test_a_scan_writes_nothing(outdated_root: SuseRoot, outdated: Findings) -> None:
    assert outdated.evidence == "zypper"
    before = outdated_root.listing()
    outdated_root.scan()
    assert outdated_root.listing() == before


def test_after_the_update_the_patch_belongs_to_what_is_installed(root: SuseRoot) -> None:
    root.zypper("--no-refresh", "install", "alpha=1.0-2")
    findings = root.scan()
    assert {each.name: each.version for each in findings.installed}["alpha"] == "1.0-2"
    (alpha,) = _of(findings, "alpha")
    assert alpha.version == "1.0-2"
    assert [each.advisory_id for each in alpha.advisories] == ["EX-SU-2026:1"]
    assert findings.installed_by[Slot("alpha", "x86_64")] == "root"
    assert _versions(findings)["beta"] == ["1:2.0.1-1"]


def test_zypper_patch_leaves_what_no_patch_brings_and_what_needs_a_reboot(root: SuseRoot) -> None:
    root.zypper("--no-refresh", "patch")
    findings = root.scan()
    newer = {slot.name for slot, found in findings.available.items() if not found[0].advisories}
    assert newer == {"delta", "gamma"}
    assert {each.name: each.version for each in findings.installed} == {
        "alpha": "1.0-2",
        "beta": "1:2.0.1-1",
        "delta": "1-1",
        "gamma": "3.0-1",
        "kernel-default": "6.4.0-1",
    }


def test_a_locked_package_is_held(root: SuseRoot) -> None:
    root.zypper("addlock", "del*")
    findings = root.scan()
    assert [each.name for each in findings.installed if each.is_held] == ["delta"]
    assert [each.kept_back for each in _of(findings, "delta")] == ["locked"]
    assert [each.kept_back for each in _of(findings, "gamma")] == [None, None]


def test_a_locked_patch_is_told(root: SuseRoot) -> None:
    root.zypper("addlock", "--type", "patch", "EX-SU-2026:1")
    assert root.scan().details["locked_patches"] == "Locked in zypper: EX-SU-2026:1."


def test_what_zypper_update_does_not_take_is_kept_back(root: SuseRoot) -> None:
    root.tools.build(root.path / "more", [Rpm("gamma", "4", lines=("Requires: nothing-has-this",))])
    root.tools.index(root.path / "more")
    root.zypper("addrepo", "--no-gpgcheck", f"dir:{root.path}/more", "more")
    root.zypper("refresh", "more")
    kept_back = {each.version: each.kept_back for each in _of(root.scan(), "gamma")}
    assert kept_back == {
        "4-1": "zypper update does not take it",
        "3.1-1": None,
        "3.1~rc1-1": None,
    }


@pytest.mark.parametrize("key", ["baseurl", "mirrorlist"])
def test_what_was_fetched_is_read_without_the_network(root: SuseRoot, key: str) -> None:
    file = root.path / "etc/zypp/repos.d/updates.repo"
    file.write_text(f"[updates]\nautorefresh=1\nrefresh=1\n{key}=http://127.0.0.1:1/\n")
    findings = root.scan()
    assert findings.details.keys() & {"available", "package_lists", "repositories"} == set()
    assert _versions(findings)["alpha"] == ["1.0-2"]


def test_what_is_available_is_unknown_where_nothing_was_fetched(root: SuseRoot) -> None:
    shutil.rmtree(root.path / "var/cache/zypp")
    findings = root.scan()
    assert not findings.knows_available
    assert findings.details["package_lists"] == (
        "Repositories never fetched: pool, updates: run zypper refresh."
    )
    assert len(findings.installed) == len(OLD)


def test_damaged_metadata_is_told(root: SuseRoot) -> None:
    for path in (root.path / "var/cache/zypp/raw/updates/repodata").glob("*primary*"):
        path.write_bytes(b"no XML")
    findings = root.scan()
    assert findings.details["repositories"] == (
        "zypper cannot read its metadata of updates: run zypper refresh --force."
    )
    assert len(findings.installed) == len(OLD)
    assert findings.available == {}


def test_the_server_takes_the_report(root: SuseRoot) -> None:
    (root.path / "etc/os-release").write_text('NAME="SLES"\nVERSION_ID="15.6"\nID="sles"\n')
    report = json.dumps(scan(ScanOptions(root=root.path))).encode()
    parts = read_parts(report, now=2e9)
    packages = read_packages(parts.sent.packages)
    assert parts.node.operating_system == "SUSE"
    assert packages.package_manager == "zypper"
    assert {each.advisory_id for each in packages.advisories} == {
        "EX-SU-2026:1",
        "EX-RU-2026:2",
        "EX-SU-2026:3",
    }


def test_a_root_without_an_rpm_database_cannot_be_scanned(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no rpm database"):
        scan_zypper(Target(root=tmp_path), Host())
