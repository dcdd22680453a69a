"""Fetches packages with apt, and takes the changelogs out of them. Nothing is installed."""

import gzip
import re
import tarfile
import threading
import urllib.parse
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, Optional

from patchwarden_agent.apt.options import Option, as_arguments
from patchwarden_agent.command import start
from patchwarden_agent.errors import CommandError, UnreadableFileError

MAX_PACKAGE_BYTES = 64 * 1024 * 1024
MAX_ALL_BYTES = 512 * 1024 * 1024
MAX_TEXT_BYTES = 64 * 1024 * 1024
MAX_MEMBERS = 200_000
"""Files in one package; the largest has half of that."""
_MAX_EXTENSION_BYTES = 16 * 1024
_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_LISTING_TIMEOUT_S = 120.0
_DOWNLOAD_TIMEOUT_S = 300.0
_UNPACKING_TIMEOUT_S = 60.0
# A mirror that does not answer must not hold up the agent; the next run asks it again.
_PATIENCE: Sequence[Option] = (
    ("Acquire::Retries", "0"),
    ("Acquire::http::Timeout", "20"),
    ("Acquire::https::Timeout", "20"),
)
# apt-get's status where some of what it was asked for cannot be had.
_ACCEPTED = (0, 100)
# One line for each, with URI, file, size and hash:
# 'http://mirror.example.net/alpha_1.0%2bb1_amd64.deb' alpha_1.0+b1_amd64.deb 2451 SHA256:8dbf
_PRINTED = re.compile(r"^'[^'\n]*' (?P<file>[^\s/]+\.deb) (?P<size>\d{1,15})(?: |$)", re.M)
_DOCUMENTS = "usr/share/doc"
# The standard library raises the last two for absurd numbers in a tar archive.
_DAMAGE = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError)


class Binary(NamedTuple):
    """A version of a binary package."""

    name: str
    architecture: str
    version: str

    @property
    def asked_for(self) -> str:
        """Give it as apt-get takes it."""
        if self.architecture == "all":
            return f"{self.name}={self.version}"
        return f"{self.name}:{self.architecture}={self.version}"


def download(
    binaries: Sequence[Binary], options: Sequence[Option], directory: Path
) -> dict[Binary, Path]:
    """Fetch packages into `directory`, and give the file of each that could be had.

    Those that are too large are left out. Raises CommandError if apt-get cannot be run or hangs.
    """
    listed = _apt_get(binaries, options, directory, "--print-uris", _LISTING_TIMEOUT_S)
    files = _affordable(binaries, listed.decode("utf-8", "replace"))
    if files:
        _apt_get(list(files), options, directory, "--quiet", _DOWNLOAD_TIMEOUT_S)
    paths = {binary: directory / file for binary, file in files.items()}
    return {binary: path for binary, path in paths.items() if path.is_file()}


def _apt_get(
    binaries: Sequence[Binary],
    options: Sequence[Option],
    directory: Path,
    how: str,
    timeout_s: float,
) -> bytes:
    command = ["/usr/bin/apt-get", *as_arguments([*options, *_PATIENCE]), "download", how]
    names = [binary.asked_for for binary in binaries]
    # apt-get downloads to where it is run.
    words = ["/usr/bin/env", f"--chdir={directory}", *command, *names]
    return start("apt-get download", words).output(timeout_s, _ACCEPTED)


def _affordable(binaries: Sequence[Binary], listed: str) -> dict[Binary, str]:
    """Give the file of each package, as long as they are not too large."""
    by_name = {(binary.name, binary.version): binary for binary in binaries}
    files: dict[Binary, str] = {}
    left = MAX_ALL_BYTES
    for match in _PRINTED.finditer(listed):
        name, _, rest = match["file"].partition("_")
        version = urllib.parse.unquote(rest.rpartition("_")[0])
        binary, size = by_name.get((name, version)), int(match["size"])
        if binary is not None and size <= min(left, MAX_PACKAGE_BYTES):
            files[binary] = match["file"]
            left -= size
    return files


@dataclass(frozen=True)
class Found:
    """What a package has for a changelog."""

    text: Optional[str] = None
    elsewhere: Optional[str] = None
    """The package that has it, where this one refers to another."""


def read_changelog(path: Path, name: str) -> Found:
    """Give the changelog in the package file `path` of the package `name`; nothing if it has none.

    Raises CommandError if the file is no package, UnreadableFileError if the changelog is too
    large or damaged.
    """
    running = start(f"dpkg-deb {path.name}", ["/usr/bin/dpkg-deb", "--fsys-tarfile", str(path)])
    timer = threading.Timer(_UNPACKING_TIMEOUT_S, running.process.kill)
    timer.start()
    try:
        assert running.process.stdout is not None
        return _search(running.process.stdout, name)
    except _DAMAGE as error:
        raise CommandError(f"{path.name} cannot be unpacked: {error}.") from error
    finally:
        timer.cancel()
        running.close()


class _Member(tarfile.TarInfo):
    """A member whose name is not absurd: the standard library reads all of it, in square time."""

    @classmethod
    def frombuf(cls, buf: "bytes | bytearray", encoding: str, errors: str) -> "_Member":
        """Read a header."""
        member = super().frombuf(buf, encoding, errors)
        if member.type in _EXTENSIONS and member.size > _MAX_EXTENSION_BYTES:
            raise tarfile.ReadError(f"a name or its like has {member.size} bytes")
        return member


def _search(stream: IO[bytes], name: str) -> Found:
    """Look for `changelog.Debian.gz`; a native package has `changelog.gz`."""
    native = Found()
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as archive:
        for count, member in enumerate(archive):
            if count == MAX_MEMBERS:
                raise UnreadableFileError(f"A package has more than {MAX_MEMBERS} files.")
            kind = _kind(PurePosixPath(member.name.lstrip("./")), name)
            if kind is None:
                continue
            if member.issym() or member.islnk():
                found = Found(elsewhere=_other_package(member))
            elif member.isfile():
                found = Found(text=_text(archive.extractfile(member)))
            else:
                continue
            if kind == "Debian":
                return found
            native = found
    return native


def _kind(path: PurePosixPath, name: str) -> Optional[str]:
    """Say which changelog a member is, or leads to; None if it is another file."""
    directory = PurePosixPath(_DOCUMENTS) / name
    if path in (directory, directory / "changelog.Debian.gz"):
        return "Debian"
    return "native" if path == directory / "changelog.gz" else None


def _other_package(member: tarfile.TarInfo) -> Optional[str]:
    """Give the package in whose directory the link ends; None if that cannot be said."""
    if member.islnk():
        target = PurePosixPath(member.linkname.lstrip("./"))
    else:
        here = PurePosixPath("/", member.name.lstrip("./")).parent
        target = PurePosixPath(_normal(str(here / member.linkname)))
    parts = target.parts[-2:] if target.name.startswith("changelog") else (*target.parts[-1:], "")
    return parts[0] if len(parts) == 2 and re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", parts[0]) else None


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _text(file: Optional[IO[bytes]]) -> str:
    assert file is not None
    with gzip.open(file) as unpacked:
        content = unpacked.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        raise UnreadableFileError(f"A changelog is larger than {MAX_TEXT_BYTES} bytes.")
    return content.decode("utf-8", "replace")
