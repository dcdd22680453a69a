"""A repository and a root in which every kind of update of dnf is to be found."""

import shutil
from pathlib import Path

from rpm_repository import Notice, Rpm, RpmRoot, RpmTools, updateinfo_xml

ALPHA = [Rpm("alpha", "1.0", release) for release in ("1", "2", "4")]
BETA = [Rpm("beta", version, epoch=1) for version in ("2.0", "2.0.1")]
DELTA = [Rpm("delta", "1", release) for release in ("1", "2")]
EXCLUDED = [Rpm("excluded", "1", release) for release in ("1", "2")]
LOCKED = [Rpm("locked", "1", release) for release in ("1", "2")]
NEEDY = [Rpm("needy", "1"), Rpm("needy", "1", "2", lines=("Requires: nobody-has-this >= 2",))]
KERNEL = [
    Rpm(
        "kernel-core",
        "6.1.0",
        release,
        architecture="x86_64",
        source="kernel",
        # What lets several be installed side by side.
        lines=("Provides: installonlypkg(kernel)",),
    )
    for release in ("9", "10", "11")
]
PATCHED = [Rpm("patched", "1", release) for release in ("1", "2")]
GONE = [Rpm("gone", "3", release) for release in ("1", "2")]
TOOL = [Rpm("tool", version, built_at=1_767_700_000) for version in ("1.0", "1.1", "2.0")]
ABSENT = [Rpm(f"absent-{letter}", "1") for letter in "abc"]

NOTICES = [
    Notice(
        "EXSA-2026:0001",
        [ALPHA[1]],
        title="Important: alpha <security> update",
        updated="2026-01-12 10:30:00",
        cves=["CVE-2026-0002", "CVE-2026-0001"],
        bugs=["2000001"],
    ),
    # No repository has 1.0-3 any more: it was replaced by 1.0-4.
    Notice("EXSA-2026:0002", [Rpm("alpha", "1.0", "3")], cves=["CVE-2026-0003"]),
    Notice("EXBA-2026:0003", [ALPHA[2]], type="recommended", severity=None),
    Notice("EXSA-2026:0004", [BETA[1]], severity="Critical", cves=["CVE-2026-0004"]),
    Notice("EXSA-2026:0005", [KERNEL[2]], severity="Moderate", reboot_suggested=True),
    Notice("EXBA-2026:0006", [PATCHED[1]], type="bugfix", severity="None"),
    Notice("EXBA-2026:0007", [PATCHED[0]], type="bugfix", severity="None"),
    Notice("EXSA-2026:0008", GONE, severity="Low"),
    Notice(
        "EXEA-2026:0009", [TOOL[1]], type="enhancement", module=("tool", "1", "2", "aa", "noarch")
    ),
    Notice("EXSA-2026:0010", [TOOL[2]], module=("tool", "2", "1", "aa", "noarch")),
    Notice("EXSA-2026:0011", [ABSENT[0]], severity="Critical"),
    Notice("EXSA-2026:0012", [Rpm("never-installed", "1")], severity="Critical"),
]

_MODULE = """\
---
document: modulemd
version: 2
data:
  name: tool
  stream: "{stream}"
  version: {version}
  context: aa
  arch: noarch
  summary: A tool
  description: A tool
  license:
    module: [MIT]
  dependencies:
  - requires:
      platform: [el9]
  artifacts:
    rpms: [{artifact}]
...
"""
MODULES = "".join(
    _MODULE.format(stream=stream, version=version, artifact=f"tool-0:{number}-1.noarch")
    for stream, version, number in (("1", 1, "1.0"), ("1", 2, "1.1"), ("2", 1, "2.0"))
)

DNF_CONF = "[main]\ngpgcheck=0\nexcludepkgs=exclu*, something-else\n"
VERSIONLOCK = "# Added lock on Mon Jan  5 12:00:00 2026\nlocked-0:1-1.*\n"


def make_example_repositories(tools: RpmTools, directory: Path) -> dict[str, Path]:
    """Build the repositories `ex` and `other` in `directory`; `other` has one package of `ex`."""
    kinds = (ALPHA, BETA, DELTA, EXCLUDED, LOCKED, NEEDY, KERNEL, PATCHED, TOOL, ABSENT)
    repositories = {"ex": directory / "ex", "other": directory / "other"}
    tools.build(repositories["ex"], [rpm for kind in kinds for rpm in kind])
    tools.index(repositories["ex"], updateinfo_xml(NOTICES), MODULES)
    tools.build(directory / "gone", [GONE[0]])
    tools.index(directory / "gone")
    repositories["other"].mkdir()
    shutil.copy(repositories["ex"] / BETA[1].file_name, repositories["other"])
    tools.index(repositories["other"])
    return repositories


def make_example_root(tools: RpmTools, path: Path, repositories: dict[str, Path]) -> RpmRoot:
    """Install the oldest of everything, two kernels, and a package that no repository has."""
    root = tools.root(path, repositories)
    root.dnf("module", "enable", "tool:1")
    kinds = (ALPHA, BETA, DELTA, EXCLUDED, LOCKED, NEEDY, PATCHED[1:], KERNEL, TOOL)
    root.install(*(kind[0].nevra for kind in kinds), KERNEL[1].nevra)
    gone = repositories["ex"].parent / "gone"
    root.dnf(f"--repofrompath=gone,file://{gone}", "--repo=gone", "install", GONE[0].nevra)
    root.write("etc/dnf/dnf.conf", DNF_CONF)
    root.write("etc/dnf/plugins/versionlock.list", VERSIONLOCK)
    return root
