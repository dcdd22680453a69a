"""KEV and EPSS."""

import pytest

from feed_files import entries, member, refusal
from patchwarden.catalog.feed import Format
from patchwarden.catalog.formats import epss, kev
from patchwarden.domain.advisories import ExploitPrediction, KnownExploitation

KNOWN = [
    KnownExploitation(
        cve_id="CVE-2025-90001",
        added_at=1741737600.0,
        due_at=1743552000.0,
        name="Brook Request Smuggling Vulnerability",
        used_by_ransomware=True,
    ),
    KnownExploitation(cve_id="CVE-2025-90004", added_at=1741824000.0),
]


@pytest.mark.parametrize("name", ["kev.json", "kev.csv"])
def test_known_exploitation_is_read_from_both_forms(name: str) -> None:
    assert entries(kev.FORMAT, name) == KNOWN


def test_predictions_have_the_day_of_the_file() -> None:
    assert entries(epss.FORMAT, "epss.csv") == [
        ExploitPrediction(
            cve_id="CVE-2025-90001", score=0.91234, percentile=0.9987, scored_at=1741737600.0
        ),
        ExploitPrediction(
            cve_id="CVE-2025-90002", score=0.00004, percentile=0.0, scored_at=1741737600.0
        ),
    ]


def test_predictions_without_a_day_are_read() -> None:
    given = member(b"\xef\xbb\xbfcve,epss,percentile\r\nCVE-2025-90001,0.5,0.5\r\n")
    assert epss.FORMAT.recognizes(given)
    assert list(epss.FORMAT.read(given)) == [
        ExploitPrediction(cve_id="CVE-2025-90001", score=0.5, percentile=0.5)
    ]


@pytest.mark.parametrize(
    ("format_", "content", "problem"),
    [
        (
            epss.FORMAT,
            b"cve,epss,percentile\nCVE-2025-90001,0.5\n",
            "line 2: 'CVE-2025-90001,0.5' is not a CVE with two numbers",
        ),
        (
            epss.FORMAT,
            b"cve,epss,percentile\nCVE-2025-90001,1.5,0.1\n",
            "line 2: '1.5' is no number from 0 to 1",
        ),
        (
            epss.FORMAT,
            b"cve,epss,percentile\nCVE-2025-90001,0.1,nan\n",
            "line 2: 'nan' is no number from 0 to 1",
        ),
        (epss.FORMAT, b"cve,epss,percentile\nCVE-1,0.1,0.1\n", "line 2: 'CVE-1' is no id of a CVE"),
        (
            epss.FORMAT,
            b"#model_version:v,score_date:never\n",
            "line 1: 'never' is no date in ISO 8601",
        ),
        (
            kev.FORMAT,
            b'{"vulnerabilities": [{"cveID": "CVE-2025-90001"}]}',
            "vulnerabilities[0]: Object missing required field `dateAdded`",
        ),
        (
            kev.FORMAT,
            b'{"vulnerabilities": [{"cveID": "CVE-2025-90001", "dateAdded": "12.3.2025"}]}',
            "vulnerabilities[0].dateAdded: '12.3.2025' is no date in ISO 8601",
        ),
        (
            kev.FORMAT,
            b"cveID,dateAdded\nCVE-2025-90001\n",
            "line 2: Object missing required field `dateAdded`",
        ),
        (
            kev.FORMAT,
            b"cveID,dateAdded\nCVE-2025-90001," + b"x" * 200_000 + b"\n",
            "line 2: field larger than field limit (131072)",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(
    format_: Format, content: bytes, problem: str
) -> None:
    assert refusal(format_, content) == f"feed is wrong at {problem}."
