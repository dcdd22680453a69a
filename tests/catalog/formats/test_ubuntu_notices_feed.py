import pytest

from feed_files import advisories, feed, member, refusal, short
from patchwarden.catalog.formats.ubuntu_notices import FORMAT


def test_the_database_has_sources_and_all_binaries() -> None:
    (notice,) = advisories(FORMAT, "ubuntu-database.json")
    assert (notice.source, notice.advisory.advisory_id) == ("ubuntu", "USN-9001-1")
    assert notice.advisory.title == "brook vulnerability"
    assert notice.advisory.issued_at == 1741255200.5
    assert notice.advisory.cve_ids == ("CVE-2025-90001",)
    assert notice.references == ("https://launchpad.net/bugs/900001",)
    assert [short(fix) for fix in notice.fixes] == [
        "Ubuntu22.04 brook.src 2.4-1ubuntu0.1",
        "Ubuntu22.04 libbrook2 2.4-1ubuntu0.1",
        "Ubuntu22.04 brook-doc 2.4-1ubuntu0.1",
        "warty brook.src 1.0-1ubuntu1",
    ]


def test_a_page_has_the_same_notice() -> None:
    (notice,) = advisories(FORMAT, "ubuntu-notices.json")
    assert (notice.source, notice.advisory.advisory_id) == ("ubuntu", "USN-9001-1")
    assert notice.advisory.issued_at == 1741251600.25
    assert notice.advisory.cve_ids == ("CVE-2025-90001",)
    assert [short(fix) for fix in notice.fixes] == [
        "Ubuntu22.04 brook.src 2.4-1ubuntu0.1",
        "Ubuntu22.04 libbrook2 2.4-1ubuntu0.1",
    ]


def test_a_notice_by_itself_is_read_as_in_a_page() -> None:
    page = feed("ubuntu-notices.json").stream.read()
    alone = member(page[page.index(b"[") + 1 : page.rindex(b"]")])
    assert FORMAT.recognizes(alone)
    assert list(FORMAT.read(alone)) == advisories(FORMAT, "ubuntu-notices.json")


def test_a_reboot_is_suggested_where_the_instructions_say_so() -> None:
    (database,) = advisories(FORMAT, "ubuntu-database.json")
    (page,) = advisories(FORMAT, "ubuntu-notices.json")
    assert (database.advisory.reboot_suggested, page.advisory.reboot_suggested) == (True, False)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            b'{"9001-1": {"timestamp": 1e300}}',
            (
                "feed is wrong at 9001-1.timestamp: 1e+300 seconds is not within the years 1970"
                " to 2105."
            ),
        ),
        (b'{"9001-1": {}, "x": {}}', "feed is wrong: 'x' is no number of a notice."),
        (
            b'{"notices": [{"id": "USN-9001-1", "cves_ids": "CVE"}]}',
            "feed is wrong at notices[0].cves_ids: Expected `array | null`, got `str`.",
        ),
        (
            b'{"notices": [{"id": "USN-9001-1", "published": "soon"}]}',
            "feed is wrong at notices[0].published: 'soon' is no date in ISO 8601.",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(content: bytes, problem: str) -> None:
    assert refusal(FORMAT, content) == problem
