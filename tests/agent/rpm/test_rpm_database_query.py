"""What rpm answers, as it is and as it could be; real databases are in `test_dnf_scan`."""

import sys

import pytest

from patchwarden_agent.command import start
from patchwarden_agent.errors import AgentError
from patchwarden_agent.findings import InstalledPackage, Slot
from patchwarden_agent.rpm.database import RpmDatabase, finish_query, source_of


def _read(*rows: tuple[str, ...]) -> RpmDatabase:
    """Read rows as if rpm had written them."""
    text = "".join("\t".join(row) + "\n" for row in rows)
    program = "import sys; sys.stdout.write(sys.argv[1])"
    return finish_query(start("rpm -qa", [sys.executable, "-I", "-c", program, text]), 30)


def _row(name: str, epoch: str, version: str, release: str, architecture: str) -> tuple[str, ...]:
    source = f"{name}-{version}-{release}.src.rpm"
    return name, epoch, version, release, architecture, "1767700000", "1767614400", source


def test_packages_are_sorted_and_several_versions_are_one_package() -> None:
    database = _read(
        _row("kernel", "0", "6.1", "9", "x86_64"),
        _row("beta", "1", "2.0", "1", "noarch"),
        _row("kernel", "0", "6.1", "10", "x86_64"),
        _row("kernel", "0", "6.1~rc1", "1", "x86_64"),
        _row("alpha", "0", "1", "1", "x86_64"),
        _row("alpha", "0", "1", "1", "i686"),
    )
    assert [(each.name, each.architecture, each.version) for each in database.installed] == [
        ("alpha", "i686", "1-1"),
        ("alpha", "x86_64", "1-1"),
        ("beta", "noarch", "1:2.0-1"),
        ("kernel", "x86_64", "6.1-10"),
    ]
    assert database.installed[-1].other_versions == ("6.1-9", "6.1~rc1-1")
    assert database.architecture == "x86_64"


def test_the_times_are_those_of_the_newest_version() -> None:
    old, new = _row("kernel", "0", "1", "1", "x86_64"), _row("kernel", "0", "1", "2", "x86_64")
    database = _read((*new[:5], "1767800000", "1767614500", ""), old)
    assert database.installed_at == {Slot("kernel", "x86_64"): 1_767_800_000.0}
    assert database.built_at == {Slot("kernel", "x86_64"): 1_767_614_500.0}


def test_a_package_that_is_there_twice_is_there_once() -> None:
    row = _row("alpha", "0", "1", "1", "noarch")
    assert _read(row, row).installed == (InstalledPackage("alpha", "noarch", "1-1"),)


def test_signing_keys_are_no_packages() -> None:
    key = (
        "gpg-pubkey",
        "0",
        "350d275d",
        "6279464b",
        "(none)",
        "1767700000",
        "1652115019",
        "(none)",
    )
    assert len(_read(key, _row("alpha", "0", "1", "1", "noarch")).installed) == 1
    with pytest.raises(AgentError, match="lists no installed package"):
        _read(key)


@pytest.mark.parametrize(
    "row", [("alpha",), ("", "0", "1", "1", "noarch", "1", "1", ""), ("a", *"0" * 8), ("",)]
)
def test_a_line_that_cannot_be_read_is_counted(row: tuple[str, ...]) -> None:
    database = _read(row, _row("beta", "0", "1", "1", "noarch"))
    assert ([each.name for each in database.installed], database.unreadable_count) == (["beta"], 1)


@pytest.mark.parametrize("time", ["(none)", "", "-5", "99999999999", "\u0661"])
def test_a_time_that_is_none_is_left_out(time: str) -> None:
    row = (*_row("alpha", "0", "1", "1", "noarch")[:5], time, time, "(none)")
    database = _read(row)
    assert (database.installed_at, database.built_at) == ({}, {})


@pytest.mark.parametrize(
    ("source_file", "expected"),
    [
        ("alpha-1.0-1.src.rpm", (None, None)),
        ("gamma-1.0-1.src.rpm", ("gamma", None)),
        ("gamma-3.0-2.nosrc.rpm", ("gamma", "3.0-2")),
        ("with-dashes-3.0-2.src.rpm", ("with-dashes", "3.0-2")),
        ("(none)", (None, None)),
        ("", (None, None)),
    ],
)
def test_the_source_is_in_the_name_of_its_file(
    source_file: str, expected: tuple[str | None, str | None]
) -> None:
    assert source_of(source_file, "alpha", "1:1.0-1") == expected
