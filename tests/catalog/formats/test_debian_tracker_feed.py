import pytest

from feed_files import advisories, refusal, short
from patchwarden.catalog.formats.debian_tracker import FORMAT


def test_a_cve_has_the_fixes_of_all_packages_and_releases() -> None:
    cve, temporary = advisories(FORMAT, "debian-tracker.json")
    assert (cve.source, cve.advisory.advisory_id) == ("debian", "CVE-2025-90001")
    # trixie is undetermined: nothing is known of it.
    assert [short(fix) for fix in cve.fixes] == [
        "Debian12 brook.src 1:2.4-3+deb12u1",
        "Debian11 brook.src unfixed",
        "Debian10 brook.src not-affected",
        "sid brook.src 1:2.5-1",
        "Debian12 brook-embedded.src unfixed",
    ]
    assert temporary.advisory.advisory_id == "TEMP-0000000-0CA7E3"
    assert temporary.advisory.cve_ids == ()


def test_a_cve_has_the_worst_urgency_and_its_bug() -> None:
    cve, _ = advisories(FORMAT, "debian-tracker.json")
    assert cve.advisory.severity == "high"
    assert cve.advisory.bugzilla_ids == ("900001",)
    assert cve.advisory.cve_ids == ("CVE-2025-90001",)
    assert cve.description == "Two lengths in one request."


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            b'{"brook": {"CVE-2025-90001": {"releases": {"sid": {"status": 1}}}}}',
            "feed is wrong at brook[...].releases[...].status: Expected `str`, got `int`.",
        ),
        (
            b'{"brook": {"CVE-2025-90001": {}, "CVE-1": {}}}',
            "feed is wrong at brook.CVE-1: 'CVE-1' is no id of a CVE.",
        ),
        (b'{"brook": []}', "feed is wrong at brook: Expected `object`, got `array`."),
    ],
)
def test_what_is_wrong_is_refused_with_its_package(content: bytes, problem: str) -> None:
    assert refusal(FORMAT, content) == problem
