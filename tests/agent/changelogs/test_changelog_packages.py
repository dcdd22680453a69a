import gzip
import tarfile
from pathlib import Path

import pytest

from debian_packages import Deb, gzipped, skip_without_apt
from patchwarden_agent.changelogs import packages
from patchwarden_agent.changelogs.packages import Found, read_changelog
from patchwarden_agent.errors import AgentError, CommandError

DOC = "usr/share/doc/alpha"
TEXT = "alpha (1.0-2) sid; urgency=low\n"


@pytest.fixture(autouse=True)
def _programs() -> None:
    skip_without_apt()


def _read(directory: Path, deb: Deb) -> Found:
    return read_changelog(deb.build(directory), deb.name)


def test_the_changelog_of_the_packager_comes_before_the_authors(tmp_path: Path) -> None:
    files = {
        f"{DOC}/changelog.gz": gzipped("the author's"),
        f"{DOC}/changelog.Debian.gz": gzipped(TEXT),
        "usr/share/doc/other/changelog.Debian.gz": gzipped("another package's"),
    }
    assert _read(tmp_path, Deb("alpha", "1.0-2", files)) == Found(text=TEXT)


def test_a_native_package_has_one_changelog(tmp_path: Path) -> None:
    deb = Deb("alpha", "1.0", {f"{DOC}/changelog.gz": gzipped(TEXT)}, architecture="all")
    assert _read(tmp_path, deb) == Found(text=TEXT)


@pytest.mark.parametrize(
    ("inside", "target"),
    [
        (DOC, "alpha-common"),
        (DOC, "/usr/share/doc/alpha-common"),
        (f"{DOC}/changelog.Debian.gz", "../alpha-common/changelog.Debian.gz"),
    ],
)
def test_a_link_leads_to_the_package_that_has_the_changelog(
    tmp_path: Path, inside: str, target: str
) -> None:
    deb = Deb("alpha", "1.0-2", links={inside: target})
    assert _read(tmp_path, deb) == Found(elsewhere="alpha-common")


@pytest.mark.parametrize("target", ["../../../../..", "/", "../.."])
def test_a_link_to_no_package_leads_nowhere(tmp_path: Path, target: str) -> None:
    found = _read(tmp_path, Deb("alpha", "1.0-2", links={DOC: target}))
    assert found.text is None


def test_a_package_without_a_changelog_has_none(tmp_path: Path) -> None:
    assert _read(tmp_path, Deb("alpha", "1.0-2", {"etc/alpha.conf": b""})) == Found()


def test_a_changelog_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(70 * 1024 * 1024), compresslevel=1)
    with pytest.raises(AgentError, match="larger than"):
        _read(tmp_path, Deb("alpha", "1.0-2", {f"{DOC}/changelog.Debian.gz": bomb}))


def test_a_damaged_changelog_is_refused(tmp_path: Path) -> None:
    deb = Deb("alpha", "1.0-2", {f"{DOC}/changelog.Debian.gz": gzipped(TEXT)[:-9] + b"\1" * 9})
    with pytest.raises(AgentError, match="cannot be unpacked"):
        _read(tmp_path, deb)


@pytest.mark.parametrize("content", [b"", b"!<arch>\n", b"no package"])
def test_a_file_that_is_no_package_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "alpha_1.0-2_amd64.deb"
    path.write_bytes(content)
    with pytest.raises(CommandError, match="alpha_1"):
        read_changelog(path, "alpha")


def _member(name: str, kind: bytes, size: int, content: bytes = b"") -> bytes:
    """Give a header of a tar archive that says `size`, and what follows it."""
    header = tarfile.TarInfo(name)
    header.type, header.size = kind, size
    return header.tobuf() + content.ljust(-(-len(content) // 512) * 512, b"\0")


def _package(tree: bytes) -> bytes:
    """Give a package with a tar archive that dpkg-deb would never make."""
    empty = gzip.compress(bytes(1024))
    parts = {"debian-binary": b"2.0\n", "control.tar.gz": empty, "data.tar": tree}
    return b"!<arch>\n" + b"".join(
        f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(part):<10}`\n".encode()
        + part.ljust(len(part) + len(part) % 2)
        for name, part in parts.items()
    )


_LONG = 64 * 1024


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        # What the standard library's reader does with this many digits takes minutes.
        (_member("x", tarfile.XHDTYPE, _LONG, b"9" * _LONG), "a name or its like has 65536 bytes"),
        (_member("x", tarfile.GNUTYPE_LONGNAME, _LONG, b"n" * _LONG), "a name or its like has"),
        (_member("x", tarfile.XHDTYPE, 25, b"9" * 20 + b" a=b\n"), "cannot be unpacked"),
    ],
    ids=["digits", "long name", "length"],
)
def test_an_absurd_archive_is_refused(tmp_path: Path, tree: bytes, problem: str) -> None:
    path = tmp_path / "alpha_1.0-2_amd64.deb"
    path.write_bytes(_package(tree + bytes(1024)))
    with pytest.raises(AgentError, match=problem):
        read_changelog(path, "alpha")


def test_absurdly_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_MEMBERS", 100)
    path = tmp_path / "alpha_1.0-2_amd64.deb"
    path.write_bytes(_package(_member("a", tarfile.REGTYPE, 0) * 101 + bytes(1024)))
    with pytest.raises(AgentError, match="more than 100 files"):
        read_changelog(path, "alpha")


def test_a_name_that_leads_out_is_only_a_name(tmp_path: Path) -> None:
    content = gzipped(TEXT)
    tree = _member("../../outside", tarfile.REGTYPE, 1, b"x")
    tree += _member(f"./{DOC}/changelog.Debian.gz", tarfile.REGTYPE, len(content), content)
    path = tmp_path / "inside" / "deep" / "alpha_1.0-2_amd64.deb"
    path.parent.mkdir(parents=True)
    path.write_bytes(_package(tree + bytes(1024)))
    assert read_changelog(path, "alpha") == Found(text=TEXT)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [path]
