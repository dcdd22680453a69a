"""A real scan of the machine that runs the tests, where it has apt."""

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from patchwarden.domain.facts import Packages
from patchwarden.ingest.report import read_packages, read_parts
from patchwarden_agent.apt.scanner import scan_apt
from patchwarden_agent.host import read_host
from patchwarden_agent.scan import scan
from patchwarden_agent.target import Target

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None or not Path("/var/lib/dpkg/status").exists(),
    reason="this machine has no apt",
)
_NODES_OWN = ("/var/cache/apt", "/var/lib/apt", "/var/log/apt", "/var/lib/dpkg")


def _listing() -> dict[str, int]:
    return {
        str(path): path.lstat().st_mtime_ns
        for directory in map(Path, _NODES_OWN)
        for path in (directory, *directory.rglob("*"))
    }


def test_both_ways_of_asking_apt_agree_and_write_nothing() -> None:
    before = _listing()
    target = Target()
    by_library = scan_apt(target, read_host(target))
    if by_library.evidence != "python-apt":
        pytest.skip("this machine has no python3-apt")
    by_commands = scan_apt(target, read_host(target), may_use_library=False)
    assert _listing() == before
    assert by_commands.evidence == "apt-get"
    assert by_library.installed == by_commands.installed
    assert by_library.available.keys() == by_commands.available.keys()
    for slot, (ours,) in by_library.available.items():
        (theirs,) = by_commands.available[slot]
        assert (ours.version, ours.origins, ours.phased_percentage, ours.kept_back is None) == (
            theirs.version,
            theirs.origins,
            theirs.phased_percentage,
            theirs.kept_back is None,
        )
        assert (ours.priority, ours.section) == (theirs.priority, theirs.section)


def test_dpkg_and_the_server_agree_with_the_report() -> None:
    report = scan()
    parts = read_parts(json.dumps(report).encode(), report["scan"]["ended_at"])
    read_packages(parts.sent.packages)
    packages = msgspec.json.decode(parts.sent.packages, type=Packages)
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Architecture} ${Version}\n"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    expected = sorted(
        tuple(line.split()[1:]) for line in listed.splitlines() if line.startswith("installed ")
    )
    found = [
        (package.name, package.architecture, package.version) for package in packages.installed
    ]
    assert found == expected
    assert parts.node.kernel_release
    assert parts.node.booted_at is not None
