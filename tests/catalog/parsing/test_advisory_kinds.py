import pytest

from patchwarden.catalog.parsing.advisory_kinds import kind_of, source_of


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


@pytest.mark.parametrize(
    ("advisory_id", "sender", "source"),
    [
        ("RHSA-2025:9001", "errata@rockylinux.org", "redhat"),
        ("ALAS2-2025-9001", "", "amazon"),
        ("FEDORA-EPEL-2025-0001", "", "epel"),
        ("2025-9001", "updates@lists.suse.de", "suse"),
        ("2025-9001", "someone@Example.org", "example.org"),
        ("2025-9001", "notredhat.com", "notredhat.com"),
        ("2025-9001", "", "unknown"),
    ],
)
def test_the_id_tells_whose_it_is_before_the_sender_does(
    advisory_id: str, sender: str, source: str
) -> None:
    assert source_of(advisory_id, sender) == source
