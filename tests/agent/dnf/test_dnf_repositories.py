"""The files of a cached repository, as dnf and as yum keep them."""

import bz2
import gzip
import lzma
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from patchwarden_agent.dnf.repositories import complete, missing_lists_detail, package_lists
from patchwarden_agent.dnf.updateinfo import moment, read_updateinfo
from patchwarden_agent.dnf.view import CachedRepository
from patchwarden_agent.errors import AgentError
from patchwarden_agent.findings import Advisory, PackageList
from rpm_repository import Notice, Rpm, updateinfo_xml

_REPOMD = """\
<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo">
  <revision>3</revision>
  <data type="primary">
    <location href="repodata/primary.xml.gz"/><timestamp>1767614400</timestamp>
  </data>
  <data type="updateinfo">
    <location href="{updateinfo}"/><timestamp>1767614401.5</timestamp>
  </data>
</repomd>
"""
_NOTICE = Notice("EXSA-2026:0001", [Rpm("alpha", "1.0")], updated="2026-01-12")
_KNOWN = {"EXSA-2026:0001": Advisory("EXSA-2026:0001", updated_at=1.0)}


def _repository(
    directory: Path, text: str | None, *, name: str = "updateinfo.xml", place: str = "repodata"
) -> CachedRepository:
    repodata = directory / place
    repodata.mkdir(parents=True)
    (repodata / "repomd.xml").write_text(_REPOMD.format(updateinfo=f"repodata/{name}"))
    (repodata / "primary.xml.gz").write_bytes(b"")
    os.utime(repodata / "primary.xml.gz", (1_767_700_000, 1_767_700_000))
    if text is not None:
        (repodata / name).write_text(text)
    return CachedRepository("ex", directory)


def test_a_repository_is_as_old_as_its_newest_file(tmp_path: Path) -> None:
    repository = _repository(tmp_path, None)
    assert package_lists([repository]) == (
        PackageList("ex", released_at=1_767_614_401.0, fetched_at=1_767_700_000.0),
    )


def test_the_cookie_of_yum_says_when_a_repository_was_fetched(tmp_path: Path) -> None:
    repository = _repository(tmp_path / "ex", None, place="")
    (tmp_path / "ex/cachecookie").touch()
    os.utime(tmp_path / "ex/cachecookie", (1_767_800_000, 1_767_800_000))
    (found,) = package_lists([repository])
    assert found.fetched_at == 1_767_800_000.0


def test_a_repository_that_cannot_be_read_has_no_age(tmp_path: Path) -> None:
    assert package_lists([CachedRepository("ex", tmp_path)]) == (PackageList("ex"),)
    (tmp_path / "repodata").mkdir()
    (tmp_path / "repodata/repomd.xml").write_text("<repomd")
    assert package_lists([CachedRepository("ex", tmp_path)]) == (PackageList("ex"),)


def test_what_lacks_is_said() -> None:
    assert "run dnf makecache" in (missing_lists_detail([], []) or "")
    assert "a, b" in (missing_lists_detail([PackageList("c")], ["a", "b"]) or "")
    assert missing_lists_detail([PackageList("c")], []) is None


def test_advisories_are_completed_from_the_repository(tmp_path: Path) -> None:
    found, complaints = complete(_KNOWN, [_repository(tmp_path, updateinfo_xml([_NOTICE]))])
    assert found["EXSA-2026:0001"].issued_at == 1_768_003_200.0
    assert found["EXSA-2026:0001"].updated_at == 1_768_176_000.0
    assert complaints == []


def test_the_repository_with_the_newest_revision_counts(tmp_path: Path) -> None:
    texts = [
        updateinfo_xml([Notice("EXSA-2026:0001", [], title=title, updated=updated)])
        for title, updated in (("b", "2026-01-12"), ("c", "2026-01-13"), ("a", "2026-01-11"))
    ]
    repositories = [
        _repository(tmp_path / str(position), text) for position, text in enumerate(texts)
    ]
    found, _ = complete(_KNOWN, repositories)
    assert found["EXSA-2026:0001"].title == "c"


@pytest.mark.parametrize(
    ("text", "name", "complaint"),
    [
        ("<updates><update>", "updateinfo.xml", "ex: .*XML"),
        ("", "updateinfo.xml.zck", "ex: .*compressed as .zck"),
        ("", "updateinfo.xml.gz", "ex: .*XML"),
        ("no gzip", "updateinfo.xml.gz", "ex: Cannot read"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><updates/>', "updateinfo.xml", "ex: .*document type"),
        (None, "updateinfo.xml", "ex: Cannot read"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_what_was_known(
    tmp_path: Path, text: str | None, name: str, complaint: str
) -> None:
    found, (said,) = complete(_KNOWN, [_repository(tmp_path, text, name=name)])
    assert found == _KNOWN
    assert re.match(complaint, said)


@pytest.mark.parametrize(
    ("ending", "compress"),
    [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)],
)
def test_an_updateinfo_may_be_compressed(
    tmp_path: Path, ending: str, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"updateinfo.xml{ending}"
    path.write_bytes(compress(updateinfo_xml([_NOTICE]).encode()))
    assert read_updateinfo(path, _KNOWN).keys() == _KNOWN.keys()
    assert read_updateinfo(path, {"EXSA-2026:0002"}) == {}


def test_a_truncated_updateinfo_is_an_error_in_words(tmp_path: Path) -> None:
    path = tmp_path / "updateinfo.xml.gz"
    path.write_bytes(gzip.compress(updateinfo_xml([_NOTICE]).encode())[:-20])
    with pytest.raises(AgentError, match="Cannot read"):
        read_updateinfo(path, _KNOWN)


@pytest.mark.parametrize(
    ("element", "suggests"),
    [
        ("<reboot_suggested>True</reboot_suggested>", True),
        ("<reboot_suggested>1</reboot_suggested>", True),
        ("<reboot_suggested/>", True),
        ("<reboot_suggested>False</reboot_suggested>", False),
        ("", False),
    ],
)
def test_a_reboot_is_suggested_in_several_ways(
    tmp_path: Path, element: str, *, suggests: bool
) -> None:
    path = tmp_path / "updateinfo.xml"
    path.write_text(f"<updates><update><id>A</id><pkglist>{element}</pkglist></update></updates>")
    assert read_updateinfo(path, {"A"})["A"].reboot_suggested == suggests


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-10 00:00:00", 1_768_003_200.0),
        ("2026-01-10 00:00", 1_768_003_200.0),
        ("2026-01-10", 1_768_003_200.0),
        ("2026-01-10T00:00:00Z", 1_768_003_200.0),
        (" 2026-01-10 00:00:00 UTC ", 1_768_003_200.0),
        ("1768003200", 1_768_003_200.0),
        ("1768003200000", None),
        ("2026-02-30 00:00:00", None),
        ("2026-13-01", None),
        ("0000-00-00", None),
        ("9999-01-01", None),
        ("some day", None),
        ("", None),
    ],
)
def test_a_date_is_in_utc_or_none(text: str, at: float | None) -> None:
    assert moment(text) == at
