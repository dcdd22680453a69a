"""Real rpm packages, repositories and roots, made in a second or two by the programs themselves.

    tools = RpmTools.of(home)                     # a private HOME; skips the test without programs
    tools.build(repository, [Rpm("alpha", "1.0"), Rpm("beta", "2.0", epoch=1)])
    tools.index(repository, updateinfo_xml([Notice("EXSA-2026:0001", [Rpm("alpha", "1.0", "2")])]))
    root = tools.root(tmp_path / "root", {"ex": repository})
    root.install("alpha-1.0-1")                   # dnf --installroot, its cache left in the root
    root.update("alpha")

`conftest.py` of `tests/agent` has the session's fixture `rpm_tools`. A package takes 20 ms, a root
with packages 200 ms, so make those that many tests want in a fixture for the module or the session,
and give each test a copy (`RpmRoot.copied`). The database of a root is in `/var/lib/rpm`: Debian's
own rpm has it in the home of root, so that whoever asks about a root must say where it is
(`--dbpath`, or `RpmTools.run` with its private home). zypper works on the same root, once
`etc/zypp/repos.d` has the repository (`tools.run("zypper", "-n", "--root", root.path, "addrepo",
"--no-gpgcheck", "--type", "rpm-md", f"dir:{repository}", "ex")`).
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

PROGRAMS = ("rpm", "rpmbuild", "createrepo_c", "modifyrepo_c", "dnf")
BUILT_AT = 1_767_614_400
"""When every package says it was built: 2026-01-05T12:00:00Z."""
OS_RELEASE = """\
NAME="Rocky Linux"
VERSION="9.3 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.3"
PLATFORM_ID="platform:el9"
"""
_MACROS = """\
%_dbpath /var/lib/rpm
%_build_id_links none
%debug_package %{nil}
%__os_install_post %{nil}
%use_source_date_epoch_as_buildtime 1
%source_date_epoch_from_changelog 0
"""


@dataclass(frozen=True)
class Rpm:
    """A package to build, without files."""

    name: str
    version: str
    release: str = "1"
    epoch: int = 0
    architecture: str = "noarch"
    source: str = ""
    """The name of its source package; its own if empty."""
    lines: tuple[str, ...] = ()
    """More lines of the spec, such as `Requires: beta >= 2` or `Vendor: Example`."""
    built_at: int = BUILT_AT

    @property
    def evr(self) -> str:
        """Give `[epoch:]version-release`, as reports have it."""
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{epoch}{self.version}-{self.release}"

    @property
    def nevra(self) -> str:
        """Give it as dnf names it."""
        return f"{self.name}-{self.evr}.{self.architecture}"

    @property
    def file_name(self) -> str:
        """Give the name of its file."""
        return f"{self.name}-{self.version}-{self.release}.{self.architecture}.rpm"

    def spec(self) -> str:
        """Give the text that rpmbuild builds it from."""
        head = [
            f"Name: {self.source or self.name}",
            f"Epoch: {self.epoch}" if self.epoch else "",
            f"Version: {self.version}",
            f"Release: {self.release}",
            f"Summary: The example {self.name}",
            "License: MIT",
            "AutoReqProv: no",
            "BuildArch: noarch" if self.architecture == "noarch" else "",
        ]
        package = "" if not self.source else f"-n {self.name}"
        own = [f"%package {package}", f"Summary: The example {self.name}"] if package else []
        body = [f"%description {package}", "An example.", f"%files {package}"]
        return "\n".join([*filter(None, head), *own, *self.lines, *self._described(package), *body])

    @staticmethod
    def _described(package: str) -> list[str]:
        return ["%description", "An example."] if package else []


@dataclass(frozen=True)
class Notice:
    """An advisory of an updateinfo."""

    advisory_id: str
    packages: Sequence[Rpm]
    type: str = "security"
    severity: str | None = "Important"
    title: str = "An update"
    issued: str = "2026-01-10 00:00:00"
    updated: str | None = None
    cves: Sequence[str] = ()
    bugs: Sequence[str] = ()
    reboot_suggested: bool = False
    module: tuple[str, str, str, str, str] | None = None
    """Its name, stream, version, context and architecture."""

    def xml(self) -> str:
        """Give it as an element of an updateinfo."""
        updated = f"<updated date={quoteattr(self.updated)}/>" if self.updated else ""
        severity = f"<severity>{self.severity}</severity>" if self.severity else ""
        references = [
            f'<reference href="https://example.test/{each}" id="{each}" type="{kind}"/>'
            for kind, ids in (("cve", self.cves), ("bugzilla", self.bugs))
            for each in ids
        ]
        return f"""
 <update from="security@example.test" status="final" type="{self.type}" version="1">
  <id>{self.advisory_id}</id><title>{escape(self.title)}</title>
  <issued date="{self.issued}"/>{updated}{severity}
  <summary>An update</summary><description>What it is for.</description>
  <references>{"".join(references)}</references>
  <pkglist><collection short="ex9"><name>Example 9</name>{self._module()}
   {"".join(self._package(each) for each in self.packages)}</collection></pkglist>
 </update>"""

    def _module(self) -> str:
        if self.module is None:
            return ""
        name, stream, version, context, architecture = self.module
        return (
            f'<module name="{name}" stream="{stream}" version="{version}" context="{context}"'
            f' arch="{architecture}"/>'
        )

    def _package(self, rpm: Rpm) -> str:
        reboot = "<reboot_suggested>True</reboot_suggested>" if self.reboot_suggested else ""
        return (
            f'<package name="{rpm.name}" epoch="{rpm.epoch}" version="{rpm.version}"'
            f' release="{rpm.release}" arch="{rpm.architecture}" src="{rpm.name}.src.rpm">'
            f"<filename>{rpm.file_name}</filename>{reboot}</package>"
        )


def updateinfo_xml(notices: Sequence[Notice]) -> str:
    """Give an updateinfo of these notices."""
    updates = "".join(notice.xml() for notice in notices)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<updates>{updates}\n</updates>\n'


@dataclass(frozen=True)
class RpmTools:
    """The programs, in a home of their own."""

    home: Path

    @classmethod
    def of(cls, home: Path) -> "RpmTools":
        """Make the home in the directory `home`; skip the test if a program is missing."""
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        if missing:
            pytest.skip(f"NOT TESTED: there is no {', '.join(missing)}; see CONTRIBUTING.md")
        if os.geteuid() != 0:
            pytest.skip("NOT TESTED: only the user root can install packages into a root")
        home.mkdir(parents=True, exist_ok=True)
        (home / ".rpmmacros").write_text(_MACROS)
        return cls(home)

    def run(self, *arguments: str | Path, **environment: str) -> str:
        """Run a program, and give what it wrote; fail the test if it fails."""
        done = subprocess.run(
            [str(each) for each in arguments],
            capture_output=True,
            env={**os.environ, "HOME": str(self.home), "LC_ALL": "C", **environment},
            timeout=60,
            check=False,
            text=True,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def build(self, repository: Path, packages: Sequence[Rpm]) -> None:
        """Build packages into the directory `repository`."""
        repository.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(max_workers=4) as workers:
            list(workers.map(lambda rpm: self._build(repository, rpm), packages))

    def _build(self, repository: Path, rpm: Rpm) -> None:
        top = Path(tempfile.mkdtemp(prefix="build-", dir=self.home))
        spec = top / f"{rpm.name}.spec"
        spec.write_text(rpm.spec() + "\n")
        self.run(
            *("rpmbuild", "--quiet", "-bb", f"--target={rpm.architecture}"),
            *("--define", f"_topdir {top}", "--define", f"_rpmdir {repository}"),
            *("--define", "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm", spec),
            SOURCE_DATE_EPOCH=str(rpm.built_at),
        )

    def index(
        self,
        repository: Path,
        updateinfo: str | None = None,
        modules: str | None = None,
        *options: str,
    ) -> None:
        """Write the metadata of a repository anew; `modules` is in modulemd's YAML."""
        self.run("createrepo_c", "-q", "--no-database", *options, repository)
        for kind, text, ending in (
            ("updateinfo", updateinfo, "xml"),
            ("modules", modules, "yaml"),
        ):
            if text is not None:
                written = self.home / f"{kind}.{ending}"
                written.write_text(text)
                self.run("modifyrepo_c", f"--mdtype={kind}", written, repository / "repodata")

    def root(
        self, path: Path, repositories: Mapping[str, Path], os_release: str = OS_RELEASE
    ) -> "RpmRoot":
        """Make an empty root that is set up to use `repositories`, by their id."""
        for directory in ("etc/yum.repos.d", "etc/dnf", "var/lib/rpm", "var/log"):
            (path / directory).mkdir(parents=True)
        (path / "etc/os-release").write_text(os_release)
        (path / "etc/dnf/dnf.conf").write_text("[main]\ngpgcheck=0\n")
        for name, repository in repositories.items():
            (path / f"etc/yum.repos.d/{name}.repo").write_text(
                f"[{name}]\nname=The repository {name}\nbaseurl=file://{repository}\nenabled=1\n"
            )
        return RpmRoot(self, path)


@dataclass(frozen=True)
class RpmRoot:
    """The root directory of a system with its own configuration, cache and rpm database."""

    tools: RpmTools
    path: Path
    options: tuple[str, ...] = field(default=("--releasever=9", "--noplugins"))

    def dnf(self, *arguments: str) -> str:
        """Run dnf on it."""
        return self.tools.run(
            "dnf", "-q", "-y", f"--installroot={self.path}", *self.options, *arguments
        )

    def install(self, *packages: str) -> None:
        """Install packages such as `alpha` or `alpha-1.0-1.noarch`."""
        self.dnf("install", *packages)

    def update(self, *packages: str) -> None:
        """Take these to their newest versions; all of them if none is named."""
        self.dnf("upgrade", *packages)

    def refresh(self) -> None:
        """Fetch the metadata of the repositories."""
        self.dnf("makecache", "--refresh")

    def write(self, inside: str, text: str) -> None:
        """Write a file inside the root."""
        path = self.path / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def copied(self, path: Path) -> "RpmRoot":
        """Give a copy of it, times kept."""
        shutil.copytree(self.path, path, symlinks=True)
        return RpmRoot(self.tools, path, self.options)
