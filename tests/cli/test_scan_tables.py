"""What `node scan` prints for people."""

from dataclasses import replace

import pytest

from fakes import NOW, package, report
from patchwarden.cli.scan_summary import summarize_scan
from patchwarden.cli.scan_tables import print_summary
from patchwarden.domain.facts import PackageList

_DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("package_manager", "command"),
    [
        ("apt", "apt-get update"),
        ("dnf", "dnf makecache"),
        ("yum", "yum makecache"),
        ("zypper", "zypper refresh"),
    ],
)
def test_old_lists_are_fetched_by_the_package_manager_of_the_machine(
    package_manager: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = (PackageList(name="updates", fetched_at=NOW - 90 * _DAY_S),)
    facts = report([package("x")], node={"package_lists": lists})
    packages = replace(facts.packages, package_manager=package_manager)
    print_summary(summarize_scan(replace(facts, packages=packages)), NOW)
    assert f"The package lists are 90 days old: run {command}," in capsys.readouterr().out
