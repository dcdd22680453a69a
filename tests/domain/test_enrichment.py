"""What the catalog adds to the facts of a report."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import NOW, package, report
from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion
from patchwarden.domain.enrichment import Knowledge, Offer, enrich
from patchwarden.domain.facts import Advisory, AvailableVersion, Package, Packages, Report
from patchwarden.domain.fix_order import KnownFix


def advisory(advisory_id: str, **members: object) -> Advisory:
    return Advisory(advisory_id=advisory_id, classification="security", **members)  # type: ignore[arg-type]


def known_fix(version: str, advisory_id: str = "DSA-1", **members: object) -> KnownFix:
    given = {"architecture": "", "is_source": False, "module": "", **members}
    return KnownFix(version=version, advisory=advisory(advisory_id), **given)  # type: ignore[arg-type]


def rpm_report(*installed: Package, knows_available: bool = True) -> Report:
    packages = Packages(package_manager="dnf", installed=installed, knows_available=knows_available)
    return replace(report(), packages=packages)


def rpm(name: str, version: str, *offered: str, **members: object) -> Package:
    available = tuple(AvailableVersion(version=each) for each in offered)
    given = {"architecture": "x86_64", "available": available, **members}
    return Package(name=name, version=version, **given)  # type: ignore[arg-type]


def advised(enriched: Report, position: int = 0) -> dict[str, list[str]]:
    """Version on offer → ids of its advisories."""
    every = enriched.packages.advisories
    return {
        offer.version: [every[each].advisory_id for each in offer.advisories]
        for offer in enriched.packages.installed[position].available
    }


def test_nothing_known_leaves_a_report_as_it_is() -> None:
    given = report([package("bash", update="2")])
    assert enrich(given, Knowledge()) is given
    elsewhere = enrich(given, Knowledge(fixes={"zsh": [known_fix("9")]}))
    assert elsewhere.packages == given.packages


class TestTooMuch:
    """A node that claims absurd things, while no other node is judged."""

    # What grows with the square of these takes minutes.
    COUNT = 20_000
    FIXES = tuple(known_fix(f"1.{number}-1", f"A-{number}") for number in range(COUNT))

    def test_one_package_may_have_many_fixes(self) -> None:
        given = rpm_report(rpm("tool", "1-1", "2-1"))
        enriched = enrich(given, Knowledge(fixes={"tool": self.FIXES}))
        assert len(advised(enriched)["2-1"]) == self.COUNT

    def test_a_package_with_absurdly_many_versions_stays_as_it_is(self) -> None:
        absurd = rpm("tool", "1-1", *(f"0.{number}-1" for number in range(self.COUNT)))
        sound = rpm("alpha", "1-1", "2-1")
        fixes = {"tool": self.FIXES, "alpha": [known_fix("2-1")]}
        enriched = enrich(rpm_report(absurd, sound), Knowledge(fixes=fixes))
        assert enriched.packages.installed[0] is absurd
        assert advised(enriched, 1) == {"2-1": ["DSA-1"], "1-1": []}

    def test_packages_that_share_many_fixes_get_them_as_long_as_it_is_sane(self) -> None:
        every_cve = tuple(f"CVE-2026-{number:04}" for number in range(1000))
        fix = known_fix("2-1", is_source=True)._replace(advisory=advisory("A", cve_ids=every_cve))
        every = [rpm(f"k-{number}", "1-1", "2-1", source="k") for number in range(3000)]
        enriched = enrich(rpm_report(*every), Knowledge(fixes={"k": [fix]}))
        assert advised(enriched, 100)["2-1"] == ["A"]
        assert enriched.packages.installed[-1] is every[-1]


class TestOffered:
    """A node that tells what is on offer."""

    def test_a_fix_belongs_to_the_oldest_offered_version_that_has_it(self) -> None:
        fixes = [known_fix("1-2", "A"), known_fix("1-3", "B"), known_fix("1-4", "C")]
        fixes.append(known_fix("1-9", "not offered"))
        enriched = enrich(
            rpm_report(rpm("tool", "1-1", "1-4", "1-3")), Knowledge(fixes={"tool": fixes})
        )
        assert advised(enriched) == {"1-4": ["C"], "1-3": ["A", "B"], "1-1": []}

    def test_rpm_shows_the_advisory_of_what_is_installed(self) -> None:
        fixes = [known_fix("1-1", "A"), known_fix("0-9", "older")]
        enriched = enrich(rpm_report(rpm("tool", "1-1", "1-2")), Knowledge(fixes={"tool": fixes}))
        assert advised(enriched) == {"1-2": [], "1-1": ["A"]}

    def test_apt_has_its_candidate_alone(self) -> None:
        given = report([package("tool", "1-1", update="1-3")])
        fixes = [known_fix("1-1", "installed"), known_fix("1-2", "A")]
        enriched = enrich(given, Knowledge(fixes={"tool": fixes}))
        assert advised(enriched) == {"1-3": ["A"]}

    @pytest.mark.parametrize(
        ("architecture", "is_meant"),
        [("", True), ("noarch", True), ("x86_64", True), ("i686", False)],
    )
    def test_a_fix_is_for_an_architecture(self, architecture: str, is_meant: bool) -> None:
        fixes = {"tool": [known_fix("1-2", architecture=architecture)]}
        enriched = enrich(rpm_report(rpm("tool", "1-1", "1-2")), Knowledge(fixes=fixes))
        assert bool(advised(enriched)["1-2"]) is is_meant

    def test_a_source_package_fixes_what_is_built_from_it(self) -> None:
        built = package("libtool1", "5:1-1", update="5:1-2", source="tool", source_version="1-1")
        offer = replace(built.available[0], source_version="1-2")
        fixes = {"tool": [known_fix("1-2", is_source=True)], "libtool1": [known_fix("9", "other")]}
        enriched = enrich(report([replace(built, available=(offer,))]), Knowledge(fixes=fixes))
        assert advised(enriched) == {"5:1-2": ["DSA-1"]}

    def test_a_fix_of_a_module_is_for_its_stream(self) -> None:
        offered = AvailableVersion(version="18-2", module="nodejs:18")
        node = rpm("nodejs", "18-1", available=(offered,))
        fixes = [known_fix("18-2", "A", module="nodejs:18"), known_fix("18-1.5", "B", module="x:1")]
        enriched = enrich(rpm_report(node), Knowledge(fixes={"nodejs": fixes}))
        assert advised(enriched)["18-2"] == ["A"]

    def test_the_very_version_that_a_module_brought_needs_no_word_of_its_stream(self) -> None:
        fixes = {"nodejs": [known_fix("18-1", module="nodejs:18")]}
        enriched = enrich(rpm_report(rpm("nodejs", "18-1")), Knowledge(fixes=fixes))
        assert advised(enriched) == {"18-1": ["DSA-1"]}

    @pytest.mark.parametrize(
        ("module", "fixed"), [("", "18-1.5"), ("x:1", "18-1.5"), ("", "18-1.5.module+el8")]
    )
    def test_a_stream_has_no_part_in_the_fixes_of_others(self, module: str, fixed: str) -> None:
        offered = AvailableVersion(version="18-2", module="" if "module" in fixed else "nodejs:18")
        fixes = {"nodejs": [known_fix(fixed, module=module)]}
        given = rpm_report(rpm("nodejs", "18-1", available=(offered,)))
        assert advised(enrich(given, Knowledge(fixes=fixes)))["18-2"] == []

    def test_a_source_rpm_has_no_epoch(self) -> None:
        # Its file name has none, but advisories have.
        offered = AvailableVersion(version="1.30-482", source="perl", source_version="5.32-482")
        errno = rpm("perl-Errno", "1.30-481", source="perl", source_version="5.32-481")
        errno = replace(errno, available=(offered,))
        fixes = [known_fix("4:5.32-482", "A", is_source=True)]
        fixes.append(known_fix("4:5.32-481", "B", is_source=True))
        enriched = enrich(rpm_report(errno), Knowledge(fixes={"perl": fixes}))
        assert advised(enriched) == {"1.30-482": ["A"], "1.30-481": ["B"]}

    def test_what_a_newer_revision_leaves_out_is_kept(self) -> None:
        said = advisory("A", severity="Critical", cve_ids=("CVE-2026-1",), updated_at=1.0)
        offered = AvailableVersion(version="1-2", advisories=(0,))
        given = rpm_report(rpm("tool", "1-1", available=(offered,)))
        given = replace(given, packages=replace(given.packages, advisories=(said,)))
        terse = Advisory(advisory_id="A", title="Tool", updated_at=2.0, bugzilla_ids=("7",))
        fixes = {"tool": [known_fix("1-2")._replace(advisory=terse)]}
        (known,) = enrich(given, Knowledge(fixes=fixes)).packages.advisories
        assert known == replace(said, title="Tool", updated_at=2.0, bugzilla_ids=("7",))

    def test_the_newer_revision_of_an_advisory_counts(self) -> None:
        old = advisory("A", severity="Low", updated_at=1.0)
        offered = AvailableVersion(version="1-2", advisories=(0,))
        given = rpm_report(rpm("tool", "1-1", available=(offered,)))
        given = replace(given, packages=replace(given.packages, advisories=(old,)))
        for updated_at, severity in ((2.0, "Critical"), (0.5, "Low")):
            new = advisory("A", severity="Critical", updated_at=updated_at)
            fixes = {"tool": [known_fix("1-2")._replace(advisory=new)]}
            enriched = enrich(given, Knowledge(fixes=fixes))
            (known,) = enriched.packages.advisories
            assert known.severity == severity
            assert advised(enriched)["1-2"] == ["A"]


class TestNotOffered:
    """A bare list of packages."""

    def test_every_fix_that_is_lacking_is_taken_for_offered(self) -> None:
        fixes = [known_fix("1-2", "A"), known_fix("1-3", "B"), known_fix("1-0", "older")]
        fixes.append(known_fix("1-3", "C"))
        given = rpm_report(rpm("tool", "1-1"), rpm("other", "1-1"), knows_available=False)
        enriched = enrich(given, Knowledge(fixes={"tool": fixes}))
        assert advised(enriched) == {"1-3": ["B", "C"], "1-2": ["A"]}
        assert advised(enriched, 1) == {}

    def test_the_installed_version_keeps_its_spelling(self) -> None:
        given = rpm_report(rpm("tool", "1-01"), knows_available=False)
        enriched = enrich(given, Knowledge(fixes={"tool": [known_fix("0:1-1")]}))
        assert advised(enriched) == {"1-01": ["DSA-1"]}

    @pytest.mark.parametrize(
        ("installed", "fixed", "expected"),
        [
            ("3.0-2", "1:3.0-2", {"3.0-2": ["DSA-1"]}),
            ("3.0-3", "1:3.0-2", {}),
            ("3.0-1", "1:3.0-2", {"1:3.0-2": ["DSA-1"]}),
            ("3.0-1", "3.0-2", {"3.0-2": ["DSA-1"]}),
        ],
    )
    def test_epochs_that_nobody_knows_are_left_out_of_account(
        self, installed: str, fixed: str, expected: dict[str, list[str]]
    ) -> None:
        given = rpm_report(rpm("tool", installed), knows_available=False)
        given = replace(given, packages=replace(given.packages, knows_epochs=False))
        assert advised(enrich(given, Knowledge(fixes={"tool": [known_fix(fixed)]}))) == expected

    @pytest.mark.parametrize(
        ("version", "source", "source_version", "fixed", "expected"),
        [
            ("1:2.38-5+b1", "util-linux", "2.38-5", "2.38-5+deb12u1", "1:2.38-5+deb12u1"),
            ("2.38-5+b1", "util-linux", "2.38-5", "2.38-5+deb12u1", "2.38-5+deb12u1"),
            ("1.0-1", "tool", "2:1.0-1", "2:1.0-2", "1.0-2"),
            ("2:1.02.185-2", "lvm2", "2.03.16-2", "2.03.16-3", "2.03.16-3"),
        ],
    )
    def test_a_fix_of_the_source_is_shown_in_the_version_of_the_package(
        self, version: str, source: str, source_version: str, fixed: str, expected: str
    ) -> None:
        listed = Package(
            name="binary",
            architecture="amd64",
            version=version,
            source=source,
            source_version=source_version,
        )
        given = report([listed])
        given = replace(given, packages=replace(given.packages, knows_available=False))
        fixes = {source: [known_fix(fixed, is_source=True)]}
        (offer,) = enrich(given, Knowledge(fixes=fixes)).packages.installed[0].available
        assert (offer.version, offer.source_version) == (expected, fixed)

    def test_apt_would_take_the_newest_with_all_that_it_fixes(self) -> None:
        given = report([replace(package("tool", "1-1"), available=())])
        given = replace(given, packages=replace(given.packages, knows_available=False))
        fixes = [known_fix("1-2", "A", is_source=True), known_fix("1-3", "B", is_source=True)]
        assert advised(enrich(given, Knowledge(fixes={"tool": fixes}))) == {"1-3": ["A", "B"]}

    @pytest.mark.parametrize("fixed", ["20-1", "20-1.module+el8"])
    def test_a_package_of_a_module_is_not_fixed_by_what_may_be_of_none(self, fixed: str) -> None:
        given = rpm_report(rpm("nodejs", "18-1.module+el8"), knows_available=False)
        assert advised(enrich(given, Knowledge(fixes={"nodejs": [known_fix(fixed)]}))) == {}

    def test_streams_of_modules_are_not_guessed(self) -> None:
        given = rpm_report(rpm("nodejs", "18-1"), knows_available=False)
        fixes = {"nodejs": [known_fix("20-1", module="nodejs:20")]}
        assert advised(enrich(given, Knowledge(fixes=fixes))) == {}


class TestReleaseDates:
    """What an approval delay counts from."""

    @pytest.mark.parametrize(
        ("own", "issued", "seen", "expected"),
        [
            (3.0, 2.0, 1.0, 3.0),
            (None, 2.0, 1.0, 2.0),
            (None, None, 1.0, 1.0),
            (None, None, None, None),
        ],
    )
    def test_the_best_date_counts(
        self, own: float | None, issued: float | None, seen: float | None, expected: float | None
    ) -> None:
        tool = package("tool", "1", update="2")
        tool = replace(tool, available=(replace(tool.available[0], released_at=own),))
        fixes = {"tool": [known_fix("2")._replace(advisory=advisory("A", issued_at=issued))]}
        first_seen = {} if seen is None else {Offer("tool", "amd64", "2"): seen}
        knowledge = Knowledge(fixes=fixes, first_seen=first_seen)
        (offer,) = enrich(report([tool]), knowledge).packages.installed[0].available
        assert offer.released_at == expected


def test_changelogs_tell_the_cves_fixed_since_the_installed_version() -> None:
    entries = (
        ChangelogEntry(version="1-4", released_at=NOW, cve_ids=("CVE-2026-4",)),
        ChangelogEntry(version="1-3", cve_ids=("CVE-2026-3", "CVE-2026-4")),
        ChangelogEntry(version="1-2", cve_ids=("CVE-2026-2",)),
    )
    changelogs = {SourceVersion("tool", "1-4"): entries}
    tool = package("libtool1", "1-2+b1", update="1-4", source="tool", source_version="1-2")
    tool = replace(tool, available=(replace(tool.available[0], source_version="1-4"),))
    (offer,) = (
        enrich(report([tool]), Knowledge(changelogs=changelogs)).packages.installed[0].available
    )
    assert offer.cve_ids == ("CVE-2026-4", "CVE-2026-3")


_VERSIONS = st.builds("1-{}".format, st.integers(0, 9))


@settings(max_examples=200)
@given(
    installed=_VERSIONS,
    offered=st.lists(_VERSIONS, unique=True, max_size=4),
    fixed=st.lists(_VERSIONS, unique=True, max_size=6),
    knows_available=st.booleans(),
)
def test_each_fix_that_helps_is_attached_once_and_no_other(
    installed: str, offered: list[str], fixed: list[str], knows_available: bool
) -> None:
    newer = sorted((each for each in offered if each > installed), reverse=True)
    given = rpm_report(
        rpm("tool", installed, *(newer if knows_available else ())), knows_available=knows_available
    )
    fixes = {"tool": [known_fix(version, f"for {version}") for version in fixed]}
    enriched = enrich(given, Knowledge(fixes=fixes))
    attached = [each for ids in advised(enriched).values() for each in ids]
    newest = max(newer, default=installed) if knows_available else "1-9"
    expected = {f"for {version}" for version in fixed if installed <= version <= newest}
    assert sorted(attached) == sorted(expected)
    for version, ids in advised(enriched).items():
        assert all(each <= f"for {version}" for each in ids)
    assert enrich(enriched, Knowledge(fixes=fixes)).packages == enriched.packages
