from hypothesis import given
from hypothesis import strategies as st

from patchwarden_agent.findings import Advisory, InstalledPackage, NotInstalled, Origin, Slot
from patchwarden_agent.zypper.candidates import candidates, count_not_installed
from patchwarden_agent.zypper.commands import skipped_repositories
from patchwarden_agent.zypper.packages import Offer, read_packages, read_updates
from patchwarden_agent.zypper.patches import Advisories, Patch, read_contents, read_patches

PATCHES = b"""<?xml version='1.0'?>
<stream><message type="info">Loading repository data...</message>
<update-status version="0.6"><update-list>
<update kind="patch" name="EX-1" edition="1" arch="noarch" status="needed" category="security"
 severity="important" pkgmanager="false" restart="true" interactive="true">
 <summary>Security update
 for alpha</summary><description/><source url="dir:/srv/a" alias="a"/>
 <issue-date time_t="1768176000" text="2026-01-12T00:00:00Z"/>
 <issue-list><issue type="cve" id="CVE-2026-0001"><title/></issue>
 <issue type="cve" id="CVE-2026-0001"/><issue type="cve" id="not a CVE"/>
 <issue type="bugzilla" id="7"/></issue-list></update>
<update kind="patch" name="EX-1" status="applied" category="security" severity="low">
 <issue-date time_t="1768170000"/></update>
<update kind="patch" name="EX-2" status="unwanted" category="optional" severity="">
 <issue-date time_t="never"/></update>
</update-list></update-status></stream>"""

CONTENTS = """Loading repository data...

Information for patch EX-1:
---------------------------
Name        : EX-1
Summary     : Security update
Description :
    It says:
    Conflicts   : evil < 9
Provides    : patch:EX-1 = 1
Conflicts   : [3]
    alpha.x86_64 < 1.0-2
    alpha.noarch < 1.0-2
    srcpackage:alpha < 1.0-2


Information for patch EX-2:
---------------------------
Name        : EX-2
Conflicts   : lib.so.1 < 1:2.0-1
"""

TABLE = """Warning: Skipping repository 'c' because of the above error.
Loading repository data...

S  | Name  | Type    | Version   | Arch   | Repository
---+-------+---------+-----------+--------+------------------
i+ | alpha | package | 1.0-1     | x86_64 | (System Packages)
v  | alpha | package | 1.0-2     | x86_64 | a | b
vR | alpha | package | 1.0-3     | x86_64 | a
il | beta  | package | 1:2.0-1   | noarch | a
   | p     | pattern | 1         | noarch | a
"""

ALPHA = InstalledPackage("alpha", "x86_64", "1.0-1")
FIX = Advisory("EX-1", "security", "important")


def _offer(name: str, version: str, architecture: str = "x86_64", **changes: object) -> Offer:
    defaults = {
        "repository": "updates",
        "is_installed": False,
        "is_locked": False,
        "is_retracted": False,
    }
    return Offer(Slot(name, architecture), version, **{**defaults, **changes})  # type: ignore[arg-type]


def _advisories(*contents: tuple[str, str]) -> Advisories:
    return Advisories({"EX-1": Patch(FIX, "needed")}, {"EX-1": contents})


def test_a_patch_has_what_its_vendor_says() -> None:
    assert read_patches(PATCHES)["EX-1"] == Patch(
        Advisory(
            advisory_id="EX-1",
            classification="security",
            severity="important",
            title="Security update for alpha",
            issued_at=1768176000.0,
            cve_ids=("CVE-2026-0001",),
            bugzilla_ids=("7",),
            reboot_suggested=True,
        ),
        status="needed",
    )


def test_what_a_patch_does_not_say_is_empty() -> None:
    assert read_patches(PATCHES)["EX-2"] == Patch(Advisory("EX-2", "optional"), "unwanted")


def test_a_patch_brings_the_versions_below_which_it_conflicts() -> None:
    assert read_contents(CONTENTS) == {
        "EX-1": [
            ("alpha.x86_64", "1.0-2"),
            ("alpha.noarch", "1.0-2"),
        ],
        "EX-2": [("lib.so.1", "1:2.0-1")],
    }


def test_the_table_has_versions_with_their_repositories() -> None:
    rows = list(read_packages(TABLE))
    assert [(each.slot.name, each.version, each.repository) for each in rows] == [
        ("alpha", "1.0-1", ""),
        ("alpha", "1.0-2", "a | b"),
        ("alpha", "1.0-3", "a"),
        ("beta", "1:2.0-1", "a"),
    ]
    assert [each.is_installed for each in rows] == [True, False, False, True]
    assert [each.is_retracted for each in rows] == [False, False, True, False]
    assert [each.is_locked for each in rows] == [False, False, False, True]


def test_repositories_that_zypper_skips_are_told() -> None:
    assert skipped_repositories(TABLE) == ["c"]


def test_updates_are_what_zypper_would_take() -> None:
    update = b'<s><update kind="package" name="beta" edition="1:2.0.1-1" arch="noarch"/></s>'
    assert read_updates(update) == {Slot("beta", "noarch"): "1:2.0.1-1"}


def test_an_older_version_is_no_candidate() -> None:
    assert candidates([ALPHA], [_offer("alpha", "0.9-1")], {}, _advisories()) == {}


def test_a_retracted_version_is_no_candidate() -> None:
    offers = [_offer("alpha", "1.0-3", is_retracted=True)]
    assert candidates([ALPHA], offers, {}, _advisories()) == {}


def test_a_version_that_several_repositories_offer_is_one_candidate() -> None:
    offers = [_offer("alpha", "1.0-2"), _offer("alpha", "1.0-2", repository="mirror")]
    (candidate,) = candidates([ALPHA], offers, None, _advisories())[Slot("alpha", "x86_64")]
    assert candidate.origins == (Origin(repository="mirror"), Origin(repository="updates"))


def test_a_package_may_change_to_the_architecture_of_the_node() -> None:
    installed = [InstalledPackage("alpha", "noarch", "1.0-1")]
    found = candidates(installed, [_offer("alpha", "1.0-2")], {}, _advisories())
    assert [each.version for each in found[Slot("alpha", "noarch")]] == ["1.0-2"]


def test_another_architecture_of_a_package_is_another_package() -> None:
    assert candidates([ALPHA], [_offer("alpha", "1.0-2", "i586")], {}, _advisories()) == {}


def test_a_patch_for_any_architecture_is_for_each() -> None:
    found = candidates([ALPHA], [_offer("alpha", "1.0-2")], None, _advisories(("alpha", "1.0-2")))
    assert found[Slot("alpha", "x86_64")][0].advisories == (FIX,)


def test_a_patch_for_another_architecture_is_not_taken() -> None:
    advisories = _advisories(("alpha.aarch64", "1.0-2"))
    found = candidates([ALPHA], [_offer("alpha", "1.0-2")], None, advisories)
    assert found[Slot("alpha", "x86_64")][0].advisories == ()


def test_a_version_that_a_patch_brings_is_known_without_a_repository() -> None:
    (candidate,) = candidates([ALPHA], [], {}, _advisories(("alpha.x86_64", "1.0-2")))[
        Slot("alpha", "x86_64")
    ]
    assert candidate.origins == ()
    assert candidate.kept_back == "no repository offers it any more"


def test_nothing_is_kept_back_where_it_is_not_known_what_zypper_takes() -> None:
    (candidate,) = candidates([ALPHA], [_offer("alpha", "1.0-2")], None, _advisories())[
        Slot("alpha", "x86_64")
    ]
    assert candidate.kept_back is None


def test_the_newest_version_decides_what_an_absent_package_counts_as() -> None:
    offers = [_offer("omega", "1-1"), _offer("omega", "2-1"), _offer("psi", "1-1")]
    counted = count_not_installed([ALPHA], offers, _advisories(("omega", "2-1")))
    origins = (Origin(repository="updates"),)
    assert counted == (
        NotInstalled("", "", origins, 1),
        NotInstalled("", "", origins, 1, "security", "important"),
    )


@given(st.text())
def test_any_text_is_read_as_a_table_and_as_contents(text: str) -> None:
    assert all(row.slot.name is not None for row in read_packages(TABLE + text))
    assert all(isinstance(name, str) for name in read_contents(CONTENTS + text))
