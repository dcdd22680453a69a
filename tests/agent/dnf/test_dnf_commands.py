"""Asking yum 3, which no machine here has: a script stands in for it. dnf is in `test_dnf_scan`."""

from pathlib import Path

import pytest

from patchwarden_agent.dnf.commands import ask_yum
from patchwarden_agent.dnf.holds import Holds
from patchwarden_agent.errors import CommandError
from patchwarden_agent.findings import Advisory, InstalledPackage, Slot
from patchwarden_agent.rpm.database import RpmDatabase

_YUM = """\
#!/bin/sh
case "$*" in
*"--disableexcludes=all --showduplicates list available")
    echo "Available Packages"
    echo "alpha.noarch 0:1-1 ex"
    echo "alpha.noarch 0:1-2 ex"
    echo "excluded.noarch 1:1-2 ex"
    echo "locked.noarch 1-2 ex" ;;
*"list available")
    echo "Available Packages"
    echo "alpha.noarch 0:1-1 ex"
    echo "alpha.noarch 0:1-2 ex"
    exit 1 ;;
*"repolist enabled")
    echo "repo id          repo name   status"
    echo "ex/7/x86_64      Example     4" ;;
*"updateinfo info all")
    echo "==============================================================================="
    echo "  An update"
    echo "==============================================================================="
    echo "  Update ID : EX-1"
    echo "       Type : security"
    echo "   Severity : important" ;;
*"updateinfo list all")
    echo "  EX-1 important/Sec. alpha-1-2.noarch" ;;
*)  echo "unexpected: $*" >&2
    exit 2 ;;
esac
"""
_DATABASE = RpmDatabase(
    architecture="x86_64",
    installed=tuple(
        InstalledPackage(name, "noarch", version)
        for name, version in (("alpha", "1-1"), ("excluded", "1:1-1"), ("locked", "1-1"))
    ),
    installed_at={},
    built_at={},
    unreadable_count=0,
)
_HOLDS = Holds(excluded=("excluded",), locks=("0:locked-1-1.*",))


@pytest.fixture
def yum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the script, which is the first yum that is found."""
    path = tmp_path / "yum"
    path.write_text(_YUM)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return path


@pytest.mark.usefixtures("yum")
def test_yum_tells_versions_and_advisories() -> None:
    view = ask_yum(_DATABASE, _HOLDS, 30)
    assert [(offer.slot.name, offer.version, offer.kept_back) for offer in view.offers] == [
        ("alpha", "1-1", None),
        ("alpha", "1-2", None),
        ("excluded", "1:1-2", "excluded in the configuration of the package manager"),
        ("locked", "1-2", "locked by versionlock"),
    ]
    assert view.advisories == {"EX-1": Advisory("EX-1", "security", "important", "An update")}
    assert [(each.advisory_id, each.slot, each.version) for each in view.named] == [
        ("EX-1", Slot("alpha", "noarch"), "1-2")
    ]
    assert (view.evidence, view.missing) == ("yum", ("ex",))
    assert {"built_at", "kept_back", "not_installed"} == view.details.keys()


def test_a_yum_that_fails_says_so(yum: Path) -> None:
    yum.write_text("#!/bin/sh\necho no cache >&2\nexit 3\n")
    with pytest.raises(CommandError, match=r"yum .* failed with status 3: no cache"):
        ask_yum(_DATABASE, _HOLDS, 30)
