from patchwarden.catalog.parsing.vendor_ids import bugzilla_ids_in, cve_ids_in


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
