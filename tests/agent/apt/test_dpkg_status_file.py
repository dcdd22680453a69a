from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden_agent.apt.dpkg_status import (
    automatic,
    install_times,
    native_architecture,
    parse_status,
    read_status,
)
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import InstalledPackage, Slot
from patchwarden_agent.target import Target


def _paragraph(**fields: str) -> str:
    defaults = {
        "Package": "bash",
        "Status": "install ok installed",
        "Priority": "required",
        "Section": "shells",
        "Architecture": "amd64",
        "Version": "5.2-1",
    }
    return "".join(f"{name}: {value}\n" for name, value in {**defaults, **fields}.items()) + "\n"


def test_a_package_has_its_fields() -> None:
    content = _paragraph(Source="bash-source (5.2-0)").encode()
    assert parse_status(content).installed == (
        InstalledPackage(
            name="bash",
            architecture="amd64",
            version="5.2-1",
            priority="required",
            section="shells",
            source="bash-source",
            source_version="5.2-0",
        ),
    )


@pytest.mark.parametrize("source", ["bash", "bash (5.2-1)", ""])
def test_a_source_equal_to_the_binary_is_left_out(source: str) -> None:
    (package,) = parse_status(_paragraph(Source=source).encode()).installed
    assert (package.source, package.source_version) == (None, None)


@pytest.mark.parametrize(
    ("status", "is_installed", "is_held"),
    [
        ("install ok installed", True, False),
        ("hold ok installed", True, True),
        ("install ok triggers-pending", True, False),
        ("install ok triggers-awaited", True, False),
        ("deinstall ok config-files", False, False),
        ("purge ok not-installed", False, False),
        ("install ok unpacked", False, False),
        ("install reinstreq half-installed", False, False),
        ("", False, False),
    ],
)
def test_the_status_decides_what_counts_as_installed(
    status: str, is_installed: bool, is_held: bool
) -> None:
    installed = parse_status(_paragraph(Status=status).encode()).installed
    assert [package.is_held for package in installed] == ([is_held] if is_installed else [])


def test_a_broken_off_installation_is_named() -> None:
    content = _paragraph() + _paragraph(Package="broken", Status="install ok half-configured")
    assert parse_status(content.encode()).half_done == ("broken",)


@pytest.mark.parametrize(
    "fields",
    [
        {"Version": ""},
        {"Version": "1.0 2"},
        {"Version": "1" * 513},
        {"Package": ""},
        {"Package": "/etc/passwd"},
        {"Package": "b\x00sh"},
        {"Architecture": ""},
        {"Architecture": "../amd64"},
    ],
)
def test_an_unsound_paragraph_is_counted_and_left_out(fields: dict[str, str]) -> None:
    status = parse_status((_paragraph(Package="good") + _paragraph(**fields)).encode())
    assert [package.name for package in status.installed] == ["good"]
    assert status.unreadable_count == 1


def test_a_repeated_package_counts_once_and_the_last_wins() -> None:
    content = _paragraph(Version="1") + _paragraph(Version="2")
    assert [package.version for package in parse_status(content.encode()).installed] == ["2"]


def test_a_description_cannot_pose_as_a_field() -> None:
    content = _paragraph().rstrip("\n") + "\nDescription: x\n Version: 9\n  Package: evil\n\n"
    (package,) = parse_status(content.encode()).installed
    assert (package.name, package.version) == ("bash", "5.2-1")


@given(st.binary())
def test_any_bytes_can_be_parsed(content: bytes) -> None:
    parse_status(content)
    parse_status(_paragraph().encode() + content)
    automatic(content)


def test_dpkgs_own_architecture_is_the_native_one() -> None:
    packages = [
        InstalledPackage("libc6", "i386", "1"),
        InstalledPackage("libm6", "i386", "1"),
        InstalledPackage("dpkg", "amd64", "1"),
    ]
    assert native_architecture(packages) == "amd64"
    assert native_architecture(packages[:2]) == "i386"
    assert native_architecture([]) == "all"


def test_a_file_without_installed_packages_is_refused(tmp_path: Path) -> None:
    garbage = tmp_path / "status"
    garbage.write_bytes(bytes(range(256)) * 100)
    with pytest.raises(UnreadableFileError, match="lists no installed package"):
        read_status(Target(root=None, dpkg_status=garbage))


@pytest.mark.parametrize("path", ["/nonexistent/status", "/dev/zero", "/tmp", "/etc/\x00"])
def test_what_is_no_plain_file_is_refused(path: str) -> None:
    with pytest.raises(UnreadableFileError):
        read_status(Target(root=None, dpkg_status=Path(path)))


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    directory = tmp_path / "root/var/lib/dpkg"
    directory.mkdir(parents=True)
    (tmp_path / "secret").write_text(_paragraph())
    (directory / "status").symlink_to(tmp_path / "secret")
    with pytest.raises(UnreadableFileError, match="link out of"):
        read_status(Target(root=tmp_path / "root"))


def test_a_package_without_a_file_list_has_no_install_time(made_up_root: Path) -> None:
    (made_up_root / "var/lib/dpkg/info/tool.list").unlink()
    target = Target(root=made_up_root)
    times = install_times(target, read_status(target))
    assert len(times) == 11
    assert Slot("tool", "amd64") not in times
    assert Slot("libexample1", "i386") in times
