"""Every format: what is recognised as what, and that the same machine gives the same packages."""

import gzip
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import NOW
from patchwarden.domain.facts import Package
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Given
from patchwarden.ingest.formats.known import FORMATS, MAX_FILE_BYTES, convert, opened
from patchwarden.ingest.formats.report_json import encode
from patchwarden.ingest.report import read_packages, read_parts
from report_files import CASES, GIVEN, case, conversion_of, refusal

FORMAT_OF = {
    "report.json": "report",
    "osquery-deb.json": "osquery",
    "osquery-rpm.log": "osquery",
    "osquery-windows.json": "osquery",
    "osquery-differential.log": "osquery",
    "cyclonedx-deb.json": "cyclonedx",
    "cyclonedx-rpm.json": "cyclonedx",
    "spdx.json": "spdx",
    "spdx.spdx": "spdx-tag-value",
    "ansible-deb.txt": "ansible",
    "ansible-rpm.json": "ansible",
    "aws-application.json": "aws-application",
    "dpkg-status": "dpkg-status",
    "dpkg-list.txt": "dpkg-list",
    "dpkg-query.txt": "dpkg-query",
    "dpkg-query.tsv": "dpkg-query",
    "rpm-list.txt": "rpm-list",
    "rpm-query.tsv": "rpm-query",
    "windows/collector.json": "windows-collector",
    "windows/get-hotfix-5.1.json": "get-hotfix-json",
    "windows/get-hotfix-7.json": "get-hotfix-json",
    "windows/get-hotfix.csv": "get-hotfix-csv",
    "windows/windows-update.json": "ps-windows-update",
    "windows/windows-update-depth-2.json": "ps-windows-update",
    "windows/update-history.json": "ps-windows-update",
}
CONVERTIBLE = [name for name in FORMAT_OF if "differential" not in name]
DEB = [name for name in CONVERTIBLE if "deb" in name or "dpkg" in name] + ["spdx.json"]
RPM = [name for name in CONVERTIBLE if "rpm" in name] + ["spdx.spdx", "aws-application.json"]
DEB_PACKAGES = [
    ("base-files", "amd64", "12.4+deb12u5", (), None),
    ("bash", "amd64", "5.2.15-2+b2", (), None),
    ("libssl3", "amd64", "3.0.11-1~deb12u2", (), "openssl"),
    ("tzdata", "all", "2024a-0+deb12u1", (), None),
    ("zlib1g", "amd64", "1:1.2.13.dfsg-1", (), "zlib"),
]
KERNELS = ("5.14.0-427.20.1.el9_4", ("5.14.0-427.13.1.el9_4",))
RPM_PACKAGES = [
    ("bash", "x86_64", "5.1.8-9.el9", (), None),
    ("kernel-core", "x86_64", *KERNELS, "kernel"),
    ("openssl-libs", "x86_64", "1:3.0.7-27.el9", (), "openssl"),
    ("rocky-release", "noarch", "9.4-1.7.el9", (), None),
]
WITHOUT_SOURCES = {"dpkg-list.txt", "dpkg-query.txt", "ansible-deb.txt", "ansible-rpm.json"}
WITHOUT_SOURCES |= {"rpm-list.txt"}


def identity(package: Package, name: str) -> tuple[object, ...]:
    """Give what every format tells of a package, the source where the file has it."""
    source = package.source if name not in WITHOUT_SOURCES else None
    return package.name, package.architecture, package.version, package.other_versions, source


def expected(packages: Sequence[tuple[object, ...]], name: str) -> list[tuple[object, ...]]:
    """Give `packages` without what the file does not have."""
    if name == "dpkg-query.txt":
        # It has no `all`.
        packages = [(each[0], "amd64", *each[2:]) for each in packages]
    if name in WITHOUT_SOURCES:
        packages = [(*package[:4], None) for package in packages]
    if name == "rpm-list.txt":
        packages = [
            tuple("3.0.7-27.el9" if part == "1:3.0.7-27.el9" else part for part in package)
            for package in packages
        ]
    return list(packages)


def test_every_file_has_its_place_in_the_table() -> None:
    files = {path.relative_to(CASES).as_posix() for path in CASES.rglob("*") if path.is_file()}
    assert files == set(FORMAT_OF)
    assert set(FORMAT_OF.values()) == set(FORMATS)


@pytest.mark.parametrize("name", FORMAT_OF)
def test_a_file_is_recognised_by_its_own_format_alone(name: str) -> None:
    content = case(name)
    found = [each.name for each in FORMATS.values() if each.recognizes(content)]
    assert found == [FORMAT_OF[name]]


@pytest.mark.parametrize("name", DEB)
def test_every_format_tells_the_same_deb_packages(name: str) -> None:
    report = conversion_of(case(name)).report
    found = [identity(package, name) for package in report.packages.installed]
    assert found == expected(DEB_PACKAGES, name)
    assert report.node.operating_system == "DEBIAN"
    assert report.node.platform_name == "Debian GNU/Linux"
    assert report.node.platform_version.partition(".")[0] == "12"
    assert (report.node.architecture, report.packages.package_manager) == ("amd64", "apt")
    assert not report.packages.knows_available


@pytest.mark.parametrize("name", RPM)
def test_every_format_tells_the_same_rpm_packages(name: str) -> None:
    report = conversion_of(case(name)).report
    found = [identity(package, name) for package in report.packages.installed]
    assert found == expected(RPM_PACKAGES, name)
    assert report.node.operating_system == "ROCKY_LINUX"
    assert (report.node.platform_name, report.node.platform_version) == ("Rocky Linux", "9.4")
    assert (report.node.architecture, report.packages.package_manager) == ("x86_64", "dnf")
    assert not report.packages.knows_available


@pytest.mark.parametrize("name", [name for name in CONVERTIBLE if name != "report.json"])
def test_what_the_user_says_about_the_time_counts(name: str) -> None:
    content = case(name)
    before = NOW - 5_000_000
    converted = convert(content, FORMATS[FORMAT_OF[name]], GIVEN, scanned_at=before, now=NOW)
    assert (converted.report.scan.started_at, converted.report.scan.ended_at) == (before, before)


@pytest.mark.parametrize("name", CONVERTIBLE)
def test_the_json_of_a_conversion_is_the_report(name: str) -> None:
    report = conversion_of(case(name)).report
    parts = read_parts(encode(report), NOW)
    assert parts.node.computer_name == report.node.computer_name
    read = read_packages(parts.sent.packages)
    # The types of what was read are made for reading; their members are the same.
    assert encode(replace(report, packages=read)) == encode(report)


@pytest.mark.parametrize("name", ["osquery-rpm.log", "dpkg-status", "windows/collector.json"])
def test_files_may_be_compressed(name: str) -> None:
    assert conversion_of(gzip.compress(case(name))) == conversion_of(case(name))


@pytest.mark.parametrize("name", ["osquery-deb.json", "cyclonedx-rpm.json", "rpm-list.txt"])
def test_powershell_may_have_written_the_file(name: str) -> None:
    redirected = b"\xff\xfe" + case(name).decode().replace("\n", "\r\n").encode("utf-16-le")
    assert conversion_of(redirected) == conversion_of(case(name))


@pytest.mark.parametrize("name", ["dpkg-status", "dpkg-list.txt", "dpkg-query.tsv", "spdx.spdx"])
def test_lines_may_end_as_on_windows(name: str) -> None:
    assert conversion_of(case(name).replace(b"\n", b"\r\n")) == conversion_of(case(name))


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"{}",
        b"[]",
        b"[1, 2]",
        b"null",
        b"hello\n",
        b'{"sbom": {}}',
        b"\x89PNG",
    ],
)
def test_what_is_no_known_format_is_told_which_there_are(content: bytes) -> None:
    told = refusal(content)
    assert "is of no format that is known here" in told
    assert all(f"({name})" in told for name in FORMATS)


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe\r\0\n\0"])
def test_an_empty_file_is_called_empty(content: bytes) -> None:
    assert refusal(content).startswith("The file is empty")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"\x1f\x8b", "cut off"),
        (b"\x1f\x8bgarbage", "not valid gzip"),
        (gzip.compress(b"[]", mtime=0) * 2, "after the end of its gzip"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "cut off"),
        (gzip.compress(b"\0" * (MAX_FILE_BYTES + 1), 1, mtime=0), "larger than 64 MiB"),
    ],
)
def test_damaged_and_huge_files_are_refused(sent: bytes, told: str) -> None:
    with pytest.raises(InvalidReportError, match=told):
        opened(sent)


def outcome(name: str, content: bytes) -> str:
    """Give why content is refused; empty if it is not."""
    try:
        conversion_of(content, Given(scanned_at=NOW, operating_system="DEBIAN"), name)
    except InvalidReportError as error:
        return str(error)
    return ""


@given(st.binary(max_size=200), st.sampled_from(list(FORMATS)))
def test_any_bytes_are_converted_or_refused(content: bytes, name: str) -> None:
    for known in FORMATS.values():
        known.recognizes(content)
    assert outcome(name, content).isprintable()


SPICE = st.sampled_from(
    [
        b"a" * 2000,
        "\u202e".encode(),
        *(b"{}", b"[]", b"{", b"}", b"]", b"\t", b"\n", b"\x1b[2J"),
        b"",
        b"\0",
        b"\xff",
        b'"',
        b"\\ud800",
        b"\\u0000",
        b"-1",
        b"1e999",
        b"9" * 5000,
        b"null",
        b"[" * 5000,
    ]
)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_converted_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(FORMAT_OF)))
    content = bytearray(case(name))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(content)))
        end = position + data.draw(st.integers(0, 8))
        content[position:end] = data.draw(SPICE)
    told = outcome(FORMAT_OF[name], bytes(content))
    assert told.isprintable()
    assert len(told) < 3000


@pytest.mark.parametrize("name", FORMAT_OF)
def test_a_file_that_is_cut_off_anywhere_is_converted_or_refused(name: str) -> None:
    content = case(name)
    for end in range(0, len(content), max(1, len(content) // 40)):
        assert outcome(FORMAT_OF[name], content[:end]).isprintable()
