import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden_agent.changelogs.text import MAX_ENTRIES, Entry, parse_entries

CHANGELOG = """\
alpha (1.0-2+deb12u1) bookworm-security; urgency=high

  * Fix two overflows (CVE-2026-0002, cve-2026-12345).
    Closes: #1012345; see CVE-2026-0002 again and CVE-26-1.
  [ Bob Example ]
  * beta (2.0) is not touched.

 -- Alice Example <alice@example.test>  Sat, 05 Sep 2026 09:40:39 -0300

alpha (1.0-2) unstable; urgency=medium, binary-only=yes

  * CVE-2025-0001

 -- Alice Example <alice@example.test>  yesterday

alpha (1:0.9~rc1-1) unstable experimental; urgency=low

  * First.
"""


def test_each_entry_has_its_version_its_time_and_its_cves() -> None:
    assert parse_entries(CHANGELOG) == (
        Entry("1.0-2+deb12u1", 1788612039.0, ("CVE-2026-0002", "CVE-2026-12345")),
        Entry("1.0-2", None, ("CVE-2025-0001",)),
        Entry("1:0.9~rc1-1", None, ()),
    )


def test_the_oldest_entries_of_a_long_changelog_are_left_out() -> None:
    entries = [
        f"alpha (1.{number}) sid; urgency=low\n\n  * CVE-2026-{number:04}\n\n -- A <a@b.test>"
        "  Sat, 05 Sep 2026 09:40:39 +0000\n"
        for number in range(MAX_ENTRIES + 5)
    ]
    found = parse_entries("\n".join(entries))
    assert len(found) == MAX_ENTRIES
    assert found[-1].cve_ids == (f"CVE-2026-{MAX_ENTRIES - 1:04}",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0\n",
        "alpha (1\x1b[2J) sid; u\n",
        "alpha (1é) sid; u\n",
        "Version 1.0\n\n* fixed CVE-2026-0001\n",
    ],
)
def test_what_is_no_changelog_has_no_entries(text: str) -> None:
    assert parse_entries(text) == ()


@given(st.text(), st.text("0123456789:+- SatSep", max_size=40))
def test_any_text_can_be_read(text: str, date: str) -> None:
    head = "alpha (1.0) sid; urgency=low\n"
    found = parse_entries(f"{head}\n -- A <a@b.test>  {date}\n\n{text}")
    assert found[0].version == "1.0"
