import pytest

from feed_files import advisories, refusal, short
from patchwarden.catalog.feed import Format
from patchwarden.catalog.formats.debian_lists import ADVISORIES, CVES


def test_an_advisory_has_its_day_cves_and_releases() -> None:
    regression, update, notice = advisories(ADVISORIES, "debian-DSA-list")
    assert (update.source, update.advisory.advisory_id) == ("debian", "DSA-9001-1")
    assert update.advisory.title == "brook - security update"
    assert update.advisory.issued_at == 1741046400.0
    assert update.advisory.cve_ids == ("CVE-2025-90001", "CVE-2025-90002")
    assert [short(fix) for fix in update.fixes] == [
        "Debian12 brook.src 1:2.4-3+deb12u1",
        "Debian11 brook.src not-affected",
        "Debian11 libbrook-perl.src unfixed",
    ]
    assert [short(fix) for fix in regression.fixes] == ["Debian12 brook.src 1:2.4-3+deb12u2"]
    assert notice.fixes == ()


def test_a_cve_without_number_or_package_is_left_out() -> None:
    (cve,) = advisories(CVES, "debian-CVE-list")
    assert cve.advisory.advisory_id == "CVE-2025-90001"
    assert cve.advisory.title.startswith("A request with two lengths")
    assert cve.advisory.severity == "medium"
    assert cve.advisory.bugzilla_ids == ("900001",)
    # `<removed>` says nothing of those who still have it.
    assert [short(fix) for fix in cve.fixes] == [
        "sid brook.src 1:2.5-1",
        "Debian12 brook.src 1:2.4-3+deb12u1",
        "Debian11 brook.src unfixed",
    ]


@pytest.mark.parametrize(
    ("format_", "content", "problem"),
    [
        (
            ADVISORIES,
            b"[04 Mar 2025] DSA-1-1 brook - x\n[04 Mar 2025] WRONG\n",
            "line 2: '[04 Mar 2025] WRONG' is neither an advisory nor about one",
        ),
        (ADVISORIES, b"[31 Feb 2025] DSA-1-1 brook - x\n", "line 1: '31 Feb 2025' is no day"),
        (
            ADVISORIES,
            b"[01 Jan 1066] DSA-1-1 brook - x\n",
            "line 1: -28527465600.0 seconds is not within the years 1970 to 2105",
        ),
        (
            ADVISORIES,
            b"\t- brook 1\n",
            "line 1: it is indented, and there is nothing above that it belongs to",
        ),
        (
            CVES,
            b"CVE-2025-90001 (x)\n\t[bookworm] -\n",
            "line 2: '[bookworm] -' names no package",
        ),
        (CVES, b"CVE-2025-90001 (x)\nother\n", "line 2: 'other' is neither a CVE nor about one"),
        (CVES, b"CVE-2025-90001 (\xff)\n", "line 1: it is not UTF-8"),
        (CVES, b"CVE-2025-90001 (" + b"x" * 1_000_000, "line 1: it is longer than 1000000 bytes"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    format_: Format, content: bytes, problem: str
) -> None:
    assert refusal(format_, content) == f"feed is wrong at {problem}."
