import pytest

from patchwarden.catalog.parsing.advisory_ids import bugzilla_ids_in, cve_ids_in, kind_of
from patchwarden.catalog.parsing.severities import most_severe


@pytest.mark.parametrize(
    ("advisory_id", "kind"),
    [
        ("DSA-5532-1", ("debian", "security")),
        ("DTSA-1-1", ("debian", "security")),
        ("LSN-0108-1", ("ubuntu", "security")),
        ("UBUNTU-CVE-2025-90001", ("ubuntu", "security")),
        ("RHBA-2025:9001", ("redhat", "bugfix")),
        ("ALEA-2025:9001", ("almalinux", "enhancement")),
        ("RXSA-2025:9001", ("rockylinux", "security")),
        ("ELSA-2025-9001", ("oracle", "security")),
        ("openSUSE-SU-2025:9001-1", ("suse", "security")),
        ("SUSE-FU-2025:9001-1", ("suse", "feature")),
        ("GHSA-aaaa-bbbb-cccc", None),
        ("", None),
    ],
)
def test_a_series_tells_vendor_and_kind(advisory_id: str, kind: tuple[str, str] | None) -> None:
    assert kind_of(advisory_id) == kind


def test_ids_of_cves_are_given_once_in_their_order() -> None:
    ids = ["CVE-2025-90002", "UBUNTU-CVE-2025-90001", "CVE-2025-90001", "USN-1-1", "CVE-25-1"]
    assert cve_ids_in(ids) == ("CVE-2025-90002", "CVE-2025-90001")


def test_numbers_of_bugs_come_from_bugzillas_alone() -> None:
    urls = [
        "https://bugzilla.suse.com/12",
        "https://example.org/13",
        "https://bugzilla.suse.com/12",
    ]
    assert bugzilla_ids_in(urls) == ("12",)


@pytest.mark.parametrize(
    ("words", "worst"),
    [
        (["low", "Critical", "high"], "Critical"),
        (["Moderate", "medium"], "Moderate"),
        (["not yet assigned", "low**"], "low"),
        (["untriaged", "end-of-life"], ""),
        ([], ""),
    ],
)
def test_the_worst_word_counts(words: list[str], worst: str) -> None:
    assert most_severe(words) == worst
