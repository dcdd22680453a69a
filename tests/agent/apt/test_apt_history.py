import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden_agent.apt import history as apt_history
from patchwarden_agent.apt.history import installers
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import Slot
from patchwarden_agent.target import Target

_BASH = Slot("bash", "amd64")


@pytest.fixture
def log_directory(tmp_path: Path) -> Path:
    directory = tmp_path / "var/log/apt"
    directory.mkdir(parents=True)
    return directory


def _entry(change: str, *, command: str = "apt-get install bash", by: str = "") -> str:
    requested_by = f"Requested-By: {by}\n" if by else ""
    return (
        f"\nStart-Date: 2026-05-09  07:28:46\nCommandline: {command}\n{requested_by}{change}\n"
        "End-Date: 2026-05-09  07:28:50\n"
    )


def _installed_by(log_directory: Path, version: str) -> str | None:
    target = Target(root=log_directory.parent.parent.parent)
    return installers(target, {_BASH: version}).get(_BASH)


@pytest.mark.parametrize(
    ("entry", "version", "expected"),
    [
        (_entry("Install: bash:amd64 (1.0)", by="alice (1000)"), "1.0", "alice"),
        (_entry("Install: x:amd64 (2), bash:amd64 (1.0, automatic)"), "1.0", "apt-get"),
        (
            _entry("Upgrade: bash:amd64 (1.0, 1.1)", command="/usr/bin/unattended-upgrade"),
            "1.1",
            "unattended-upgrade",
        ),
        (_entry("Downgrade: bash:amd64 (1.1, 1.0)"), "1.0", "apt-get"),
        (_entry("Reinstall: bash:amd64 (1.0)"), "1.0", "apt-get"),
        (_entry("Upgrade: bash:amd64 (1.0, 1.1)"), "1.0", None),
        (_entry("Remove: bash:amd64 (1.0)"), "1.0", None),
        (_entry("Install: bash:i386 (1.0)"), "1.0", None),
        (_entry("Install: bash:amd64 (1.0)", command=""), "1.0", None),
    ],
)
def test_who_installed_the_version_that_is_there(
    log_directory: Path, entry: str, version: str, expected: str | None
) -> None:
    (log_directory / "history.log").write_text(entry)
    assert _installed_by(log_directory, version) == expected


def test_the_last_installation_counts(log_directory: Path) -> None:
    first = _entry("Install: bash:amd64 (1.0)", by="alice (1000)")
    last = _entry("Reinstall: bash:amd64 (1.0)", by="bob (1001)")
    (log_directory / "history.log").write_text(first + last)
    assert _installed_by(log_directory, "1.0") == "bob"


def test_rotated_files_are_read_newest_first(log_directory: Path) -> None:
    (log_directory / "history.log").write_text("")
    for age, who in ((2, "carol"), (10, "dave")):
        entry = _entry("Install: bash:amd64 (1.0)", by=f"{who} (1)")
        (log_directory / f"history.log.{age}.gz").write_bytes(gzip.compress(entry.encode()))
    assert _installed_by(log_directory, "1.0") == "carol"


def test_a_damaged_file_does_not_hide_the_others(log_directory: Path) -> None:
    entry = _entry("Install: bash:amd64 (1.0)", by="alice (1)")
    (log_directory / "history.log.1.gz").write_bytes(b"\x1f\x8b garbage")
    (log_directory / "history.log.2.gz").write_bytes(gzip.compress(entry.encode())[:-9])
    (log_directory / "history.log.3.gz").write_bytes(gzip.compress(entry.encode()))
    assert _installed_by(log_directory, "1.0") == "alice"


def test_a_file_that_unpacks_to_more_than_the_limit_is_left_out(log_directory: Path) -> None:
    bomb = gzip.compress(b"\n" * (apt_history.MAX_BYTES + 1), compresslevel=1)
    (log_directory / "history.log.1.gz").write_bytes(bomb)
    assert _installed_by(log_directory, "1.0") is None


def test_no_history_is_an_error_that_names_the_directory(log_directory: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"history\.log"):
        _installed_by(log_directory, "1.0")


@given(content=st.binary())
def test_any_history_can_be_read(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("root")
    directory = root / "var/log/apt"
    directory.mkdir(parents=True)
    (directory / "history.log").write_bytes(b"Commandline: x\nInstall: " + content)
    installers(Target(root=root), {_BASH: "1.0"})
