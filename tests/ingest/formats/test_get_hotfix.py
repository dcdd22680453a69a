"""Lists of hotfixes, as people have them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import NOW
from patchwarden.domain.facts import WindowsUpdate
from patchwarden.ingest.formats.format import Given, ReportFormat
from patchwarden.ingest.formats.get_hotfix import HOTFIX_CSV, HOTFIX_JSON
from windows_files import GIVEN, at, case, convert, converts_or_refuses, refusal, updates_by_kb

OCTOBER_15 = at("2025-10-15T00:00:00Z")
# As `wmic qfe list /format:csv` writes it, with an empty line before.
WMIC = (
    "\r\nNode,Caption,Description,HotFixID,InstalledBy,InstalledOn\r\n"
    "WEB-1,http://support.example.test/,Security Update,KB5100009,CORP\\ann,10/15/2025\r\n"
)
FORMATS = {
    "get-hotfix-5.1.json": HOTFIX_JSON,
    "get-hotfix-7.json": HOTFIX_JSON,
    "get-hotfix.csv": HOTFIX_CSV,
}


def installed_at(form: ReportFormat, content: bytes, given: Given = GIVEN) -> dict[str, Any]:
    """Give when each hotfix was installed."""
    updates = updates_by_kb(convert(form, content, given))
    return {kb_id: update.installed_at for kb_id, update in updates.items()}


def csv_of(*dates: str) -> bytes:
    """Make a CSV of hotfixes KB1000000, KB1000001, … that were installed on these dates."""
    rows = [f"KB{1_000_000 + number},{date}" for number, date in enumerate(dates)]
    return "\n".join(["HotFixID,InstalledOn", *rows]).encode()


@pytest.mark.parametrize("name", FORMATS)
def test_each_file_is_recognized_for_what_it_is(name: str) -> None:
    assert [form.recognizes(case(name)) for form in (HOTFIX_JSON, HOTFIX_CSV)] == [
        FORMATS[name] is HOTFIX_JSON,
        FORMATS[name] is HOTFIX_CSV,
    ]


def test_a_hotfix_is_an_installed_update() -> None:
    assert updates_by_kb(convert(HOTFIX_JSON, case("get-hotfix-5.1.json")))["KB5100009"] == (
        WindowsUpdate(
            presence="installed",
            kb_id="KB5100009",
            classification="SecurityUpdates",
            installed_at=OCTOBER_15,
            installed_by="NT AUTHORITY\\SYSTEM",
        )
    )


def test_the_day_of_windows_powershell_is_that_of_the_node() -> None:
    assert installed_at(HOTFIX_JSON, case("get-hotfix-5.1.json")) == {
        "KB5100009": OCTOBER_15,
        "KB5100011": None,
    }


def test_powershell_7_writes_one_object_without_a_list() -> None:
    assert installed_at(HOTFIX_JSON, case("get-hotfix-7.json")) == {"KB5100009": OCTOBER_15}


def test_a_day_of_the_file_proves_the_order_of_all() -> None:
    assert installed_at(HOTFIX_CSV, case("get-hotfix.csv")) == {
        "KB5100009": at("2025-10-05T00:00:00Z"),
        "KB5100011": at("2025-08-13T00:00:00Z"),
        "KB5100012": None,
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_wmic_is_read_in_every_encoding(encoding: str) -> None:
    content = WMIC.encode(encoding)
    assert HOTFIX_CSV.recognizes(content)
    assert installed_at(HOTFIX_CSV, content) == {"KB5100009": OCTOBER_15}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_may_be_that_of_the_culture(separator: str) -> None:
    content = case("get-hotfix.csv").replace(b'","', f'"{separator}"'.encode())
    assert installed_at(HOTFIX_CSV, content) == installed_at(HOTFIX_CSV, case("get-hotfix.csv"))


def test_the_spelling_of_columns_does_not_matter() -> None:
    content = b"hotfixid,INSTALLEDON\nKB1000000,2025-10-15"
    assert installed_at(HOTFIX_CSV, content) == {"KB1000000": OCTOBER_15}


def test_a_date_that_can_be_two_days_is_left_out_and_told() -> None:
    conversion = convert(HOTFIX_CSV, csv_of("1/9/2019", "2/3/2019"))
    assert [update.installed_at for update in conversion.report.packages.updates] == [None, None]
    assert conversion.report.scan.details["days of installation"] == (
        "day or month may come first in 1/9/2019, 2/3/2019; "
        "say which by --date-order day-first or month-first"
    )


def test_the_user_can_say_which_comes_first() -> None:
    content = csv_of("1/9/2019")
    for order, day in (("month-first", "2019-01-09"), ("day-first", "2019-09-01")):
        given_order = Given(scanned_at=NOW, date_order=order)  # type: ignore[arg-type] # of two
        assert installed_at(HOTFIX_CSV, content, given_order) == {"KB1000000": at(f"{day}T00:00Z")}


def test_what_is_available_is_not_known() -> None:
    conversion = convert(HOTFIX_JSON, case("get-hotfix-7.json"))
    assert not conversion.report.packages.knows_available
    assert "available updates (hotfixes are what is installed)" in conversion.cannot_tell


def test_hotfixes_without_a_kb_number_are_named() -> None:
    details = convert(HOTFIX_JSON, case("get-hotfix-5.1.json")).report.scan.details
    assert details["hotfixes without a KB number"] == "File 1"


def test_many_hotfixes_without_a_kb_number_are_counted() -> None:
    rows = [{"HotFixID": f"File {number}"} for number in range(9)]
    details = convert(HOTFIX_JSON, json.dumps(rows).encode()).report.scan.details
    assert details["hotfixes without a KB number"] == (
        "File 0, File 1, File 2, File 3, File 4 and 4 more"
    )


def test_what_the_user_says_of_the_node_counts_where_the_file_is_silent() -> None:
    said = Given(scanned_at=NOW, name="other", platform_version="10.0.17763", architecture="AMD64")
    conversion = convert(HOTFIX_JSON, case("get-hotfix-7.json"), said)
    node = conversion.report.node
    assert (node.computer_name, node.platform_version) == ("WEB-1", "10.0.17763")
    assert (node.architecture, node.platform_name) == ("x86_64", "Microsoft Windows")
    assert convert(HOTFIX_CSV, csv_of("2025-10-15"), said).report.node.computer_name == "other"


def test_without_a_word_about_the_release_nobody_knows_it() -> None:
    conversion = convert(HOTFIX_JSON, case("get-hotfix-7.json"))
    assert (conversion.report.node.platform_version, conversion.report.node.architecture) == (
        "",
        "unknown",
    )
    assert "--platform-version" in conversion.cannot_tell[-1]


def test_a_file_of_several_computers_is_refused() -> None:
    rows = [{"HotFixID": "KB1000000", "CSName": name} for name in ("A", "a", "B")]
    told = refusal(HOTFIX_JSON, json.dumps(rows).encode())
    assert told.startswith("The file is about several computers, such as B and a;")


@pytest.mark.parametrize(
    ("form", "content", "told"),
    [
        (HOTFIX_JSON, b'[{"HotFixID": "KB1"}, 7]', "at [1]: expected an object for each hotfix"),
        (HOTFIX_JSON, b'[{"HotFixID": "KB1"}, {}]', "at [1]: it has no HotFixID"),
        (HOTFIX_JSON, b'[{"HotFixID": "KB1"', "not valid JSON"),
        (HOTFIX_CSV, b"", "no column HotFixID"),
        (HOTFIX_CSV, b"HotFixID,Description\nKB1000000,a,b\n", "at row 1: it has 3 values for 2"),
        (HOTFIX_CSV, b'HotFixID\n"KB1"x\n', "at row 1: "),
        (HOTFIX_CSV, b"HotFixID\n\xff", "at byte 9: "),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(
    form: ReportFormat, content: bytes, told: str
) -> None:
    assert told in refusal(form, content)


_VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
_MEMBERS = st.sampled_from(["HotFixID", "InstalledOn", "InstalledBy", "CSName", "Description"])
_DATES = st.from_regex(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}( 12:00:00 AM)?", fullmatch=True)
_ROWS = st.lists(
    st.dictionaries(_MEMBERS, _VALUES | st.dictionaries(st.text(), _VALUES, max_size=2) | _DATES),
    max_size=4,
)


@given(_ROWS)
def test_any_objects_convert_or_are_refused(rows: list[dict[str, object]]) -> None:
    converts_or_refuses(HOTFIX_JSON, json.dumps(rows).encode())


@given(st.lists(_DATES | st.text()))
def test_any_column_of_dates_converts_or_is_refused(dates: list[str]) -> None:
    converts_or_refuses(HOTFIX_CSV, csv_of(*dates))


@given(st.binary(max_size=200))
def test_any_bytes_convert_or_are_refused(content: bytes) -> None:
    converts_or_refuses(HOTFIX_JSON, content)
    converts_or_refuses(HOTFIX_CSV, b"HotFixID\n" + content)
    converts_or_refuses(HOTFIX_CSV, content)
