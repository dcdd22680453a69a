from pathlib import Path

import pytest

from patchwarden_agent.dnf.holds import Holds, read_holds
from patchwarden_agent.target import Target


@pytest.mark.parametrize(
    "pattern",
    [
        "alpha",
        "al*",
        "alpha.noarch",
        "alpha-1.0",
        "alpha-1.0-2",
        "alpha-1.0-2.noarch",
        "alpha-1:1.0-2",
        "alpha-1:1.0-2.*",
        "1:alpha-1.0-2.*",
    ],
)
def test_a_package_can_be_named_in_many_ways(pattern: str) -> None:
    assert Holds(excluded=(pattern,)).is_excluded("alpha", "noarch", "1:1.0-2")


@pytest.mark.parametrize(
    "pattern", ["", "beta", "alp", "alpha.x86_64", "alpha-0:1.0-2", "alpha-1.0-1", "noarch"]
)
def test_a_pattern_holds_nothing_else(pattern: str) -> None:
    holds = Holds(excluded=(pattern,), locks=(pattern,))
    assert not holds.keep("alpha", "noarch", "1:1.0-2")


def test_a_ban_is_no_lock() -> None:
    holds = Holds(locks=("!alpha-1:1.0-2.*",))
    assert not holds.is_locked("alpha", "noarch", "1:1.0-2")
    assert holds.is_banned("alpha", "noarch", "1:1.0-2")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, Holds()),
        (
            {"etc/dnf/dnf.conf": "[main]\nexclude=a b,c\nexcludepkgs = d\n  e\n"},
            Holds(excluded=("a", "b", "c", "d", "e")),
        ),
        ({"etc/yum.conf": "[main]\nexclude=kernel*\n"}, Holds(excluded=("kernel*",))),
        # yum.conf is of no account to dnf.
        ({"etc/dnf/dnf.conf": "[main]\n", "etc/yum.conf": "[main]\nexclude=a\n"}, Holds()),
        ({"etc/dnf/dnf.conf": "no configuration"}, Holds()),
        ({"etc/dnf/dnf.conf": "[other]\nexclude=a\n"}, Holds()),
        (
            {"etc/dnf/plugins/versionlock.list": "# a comment\n\na-0:1-1.*  # why\n!b-0:1-1.*\n"},
            Holds(locks=("a-0:1-1.*", "!b-0:1-1.*")),
        ),
        (
            {"etc/yum/pluginconf.d/versionlock.list": "0:a-1-1.*\n"},
            Holds(locks=("0:a-1-1.*",)),
        ),
        (
            {
                "etc/dnf/plugins/versionlock.list": "a-0:1-1.*\n",
                "etc/dnf/plugins/versionlock.conf": "[main]\nenabled = False\n",
            },
            Holds(),
        ),
    ],
)
def test_what_is_held_is_read_from_the_configuration(
    tmp_path: Path, files: dict[str, str], expected: Holds
) -> None:
    for inside, text in files.items():
        path = tmp_path / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert read_holds(Target(root=tmp_path)) == expected
