"""Debian packages and a repository of them, made by dpkg-deb in a moment.

deb = Deb("alpha", "1.0-2", {"usr/share/doc/alpha/changelog.Debian.gz": gzipped(text)})
path = deb.build(directory)
root = apt_root(tmp_path, [deb])              # apt knows the packages of its repository
"""

import gzip
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROGRAMS = ("dpkg-deb", "apt-get")
_STATUS = """\
Package: dpkg
Status: install ok installed
Priority: required
Section: admin
Architecture: amd64
Version: 1.21.22
Description: an example

"""


def skip_without_apt() -> None:
    """Skip the test if a program is missing."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"NOT TESTED: there is no {', '.join(missing)}")


def gzipped(text: str) -> bytes:
    """Give a text as dpkg keeps changelogs."""
    return gzip.compress(text.encode(), mtime=0)


@dataclass(frozen=True)
class Deb:
    """A binary package."""

    name: str
    version: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links, and where they lead."""
    architecture: str = "amd64"

    @property
    def control(self) -> str:
        """Give the paragraph that describes it."""
        return (
            f"Package: {self.name}\nVersion: {self.version}\nArchitecture: {self.architecture}\n"
            "Maintainer: Alice Example <alice@example.test>\nDescription: an example\n"
        )

    def build(self, directory: Path) -> Path:
        """Build it into `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        version = self.version.replace(":", "%3a")
        path = directory / f"{self.name}_{version}_{self.architecture}.deb"
        with tempfile.TemporaryDirectory() as name:
            tree = Path(name)
            tree.chmod(0o755)
            (tree / "DEBIAN").mkdir()
            (tree / "DEBIAN/control").write_text(self.control)
            for inside, content in self.files.items():
                (tree / inside).parent.mkdir(parents=True, exist_ok=True)
                (tree / inside).write_bytes(content)
            for inside, target in self.links.items():
                (tree / inside).parent.mkdir(parents=True, exist_ok=True)
                (tree / inside).symlink_to(target)
            _run("dpkg-deb", "--root-owner-group", "-z1", "-Zgzip", "--build", name, str(path))
        return path


def apt_root(directory: Path, packages: Sequence[Deb]) -> Path:
    """Give a root whose apt has fetched the list of a repository with `packages`."""
    repository, root = directory / "repository", directory / "root"
    paragraphs = []
    for package in packages:
        path = package.build(repository)
        paragraphs.append(
            f"{package.control}Filename: ./{path.name}\nSize: {path.stat().st_size}\n"
            f"SHA256: {_sha256(path)}\n"
        )
    (repository / "Packages").write_text("\n".join(paragraphs))
    for inside in ("etc/apt", "var/lib/dpkg", "var/lib/apt/lists/partial", "var/cache/apt"):
        (root / inside).mkdir(parents=True)
    (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{repository} ./\n")
    (root / "var/lib/dpkg/status").write_text(_STATUS)
    options = (f"Dir={root}", "APT::Architecture=amd64", "APT::Sandbox::User=root")
    _run("apt-get", *(part for option in options for part in ("-o", option)), "-qq", "update")
    return root


def _sha256(path: Path) -> str:
    return _run("sha256sum", str(path)).split()[0]


def _run(*arguments: str) -> str:
    done = subprocess.run(
        arguments,
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout
