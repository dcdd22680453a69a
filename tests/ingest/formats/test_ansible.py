import json
from typing import Any

import pytest

from fakes import NOW
from patchwarden.ingest.formats.format import Given
from report_files import GIVEN, case, conversion_of, packages_of, refusal

DEBIAN = Given(scanned_at=NOW - 60, operating_system="DEBIAN", platform_version="12")
BASH = {"arch": "amd64", "category": "shells", "name": "bash", "source": "apt", "version": "5.2-1"}


def result(packages: Any, **facts: Any) -> bytes:
    """Give what a task returns."""
    return json.dumps({"ansible_facts": {"packages": packages, **facts}, "changed": False}).encode()


def test_setup_tells_the_machine() -> None:
    report = conversion_of(case("ansible-deb.txt")).report
    node = report.node
    assert (node.computer_name, node.ip_address) == ("web-1", "192.0.2.10")
    assert (node.kernel_release, node.platform_version) == ("6.1.0-18-amd64", "12.5")
    assert report.scan.ended_at == NOW
    assert report.packages.installed[1].section == "shells"


def test_a_cache_of_facts_has_no_frame() -> None:
    cached = {"packages": {"bash": [BASH]}, "ansible_distribution": "Debian"}
    cached |= {"ansible_distribution_version": "11.9"}
    node = conversion_of(json.dumps(cached).encode()).report.node
    assert (node.operating_system, node.platform_version) == ("DEBIAN", "11.9")


def test_one_line_for_a_host_is_read_too() -> None:
    line = b"web-1 | SUCCESS => " + result({"bash": [BASH]}) + b"\n"
    assert packages_of(line, DEBIAN)["bash"].version == "5.2-1"


def test_names_of_facts_may_lack_the_prefix() -> None:
    content = result({"bash": [BASH]}, distribution="Ubuntu", distribution_version="22.04")
    assert conversion_of(content).report.node.operating_system == "UBUNTU"


def test_packages_of_other_managers_are_left_out() -> None:
    other = {"name": "example", "source": "pip", "version": "1"}
    conversion = conversion_of(result({"bash": [BASH], "example": [other]}), DEBIAN)
    assert conversion.cannot_tell[0] == "anything about packages of 'pip' (1)"
    assert len(conversion.report.packages.installed) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (result(None), "gather them with the module package_facts"),
        (result({}), "lists no deb or rpm package"),
        (result({"bash": ["x"]}), "packages.bash[0]: expected an object"),
        (
            result({"bash": [BASH | {"version": None}]}),
            "packages.bash[0]: '' is no version of bash",
        ),
        (result({"bash": [BASH | {"arch": "x y"}]}), "'x y' is no architecture of bash"),
        (
            b"a | SUCCESS => " + result({"bash": [BASH]}) + b"\nb | CHANGED => " + result({}),
            "facts of several hosts, such as 'a' and 'b'",
        ),
        (b"a | UNREACHABLE! => {}", "gather them with the module package_facts"),
        (b"a | SUCCESS => {", "line 1, column 2: it is not valid JSON"),
        (b'{"ansible_facts": {"packages": {"bash": ' + b"[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(content: bytes, told: str) -> None:
    assert told in refusal(content, DEBIAN)


def test_the_system_has_to_be_known() -> None:
    assert "--operating-system" in refusal(result({"bash": [BASH]}), GIVEN)
