"""The JSON of PSWindowsUpdate, as people have it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.facts import WindowsUpdate
from patchwarden.ingest.formats.format import Conversion
from patchwarden.ingest.formats.ps_windows_update import PS_WINDOWS_UPDATE
from windows_files import at, case, case_json, convert, converts_or_refuses, refusal, updates_by_kb

NAMES = ["windows-update.json", "windows-update-depth-2.json", "update-history.json"]


def converted(*rows: dict[str, Any]) -> Conversion:
    """Convert a file of these objects."""
    return convert(PS_WINDOWS_UPDATE, json.dumps(rows).encode())


@pytest.mark.parametrize("name", NAMES)
def test_its_files_are_recognized(name: str) -> None:
    assert PS_WINDOWS_UPDATE.recognizes(case(name))


@pytest.mark.parametrize("name", ["get-hotfix-7.json", "get-hotfix.csv", "collector.json"])
def test_other_files_are_not_recognized(name: str) -> None:
    assert not PS_WINDOWS_UPDATE.recognizes(case(name))


def test_an_update_says_all_that_the_agent_knows() -> None:
    updates = updates_by_kb(convert(PS_WINDOWS_UPDATE, case("windows-update.json")))
    assert updates["KB5100001"] == WindowsUpdate(
        presence="available",
        kb_id="KB5100001",
        update_id="00000000-0000-4000-8000-00000000000a",
        title="2025-11 Security Update for Windows Server 2019 (KB5100001)",
        classification="SecurityUpdates",
        products=("Microsoft Server operating system-21H2",),
        msrc_severity="Critical",
        released_at=at("2025-11-11T18:00:00Z"),
        supersedes=("00000000-0000-4000-8000-000000000009",),
    )


def test_the_status_tells_what_was_left_out() -> None:
    updates = updates_by_kb(convert(PS_WINDOWS_UPDATE, case("windows-update.json")))
    assert updates["KB5100003"].presence == "installed"
    assert updates["KB5100003"].classification == "Updates"
    assert updates["KB5100003"].released_at == at("2025-10-14T17:00:00Z")


def test_what_too_small_a_depth_cut_off_is_named() -> None:
    conversion = convert(PS_WINDOWS_UPDATE, case("windows-update-depth-2.json"))
    (update,) = conversion.report.packages.updates
    assert (update.classification, update.update_id, update.supersedes) == ("", "", ())
    assert update.hidden
    assert conversion.cannot_tell[0] == (
        "Identity, Categories, SupersededUpdateIDs "
        "(cut off; write the file by ConvertTo-Json -Depth 5)"
    )


def test_a_history_tells_what_was_installed_last_and_no_more() -> None:
    conversion = convert(PS_WINDOWS_UPDATE, case("update-history.json"))
    (update,) = conversion.report.packages.updates
    assert (update.kb_id, update.presence) == ("KB5100001", "installed")
    assert update.installed_at == at("2025-11-12T03:00:00Z")
    assert not conversion.report.packages.knows_available
    assert "available updates (none is in the file)" in conversion.cannot_tell
    assert "installed updates (none is in the file)" not in conversion.cannot_tell


def test_a_list_of_what_is_on_offer_does_not_tell_what_is_installed() -> None:
    conversion = convert(PS_WINDOWS_UPDATE, case("windows-update-depth-2.json"))
    assert conversion.cannot_tell[-2:] == (
        "installed updates (none is in the file)",
        "release of Windows (such as 10.0.17763; give it by --platform-version)",
    )


def test_both_in_one_file_tell_that_an_installation_failed() -> None:
    update, _ = case_json("windows-update.json")
    entry = case_json("update-history.json")[0] | {"Result": "Failed", "ResultCode": 4}
    conversion = converted(update, entry)
    assert updates_by_kb(conversion)["KB5100001"].presence == "failed"
    assert conversion.report.packages.knows_available


@pytest.mark.parametrize(
    "entry",
    [
        {"ResultCode": 2},
        {"Result": "Succeeded"},
        {"Result": "SucceededWithErrors", "Operation": 1},
        {"ResultCode": 3, "OperationName": "Installation"},
        {"ResultCode": 3, "Operationname": "Installation"},
    ],
)
def test_success_has_several_spellings(entry: dict[str, Any]) -> None:
    (update,) = converted({"Title": "Update (KB5100010)", **entry}).report.packages.updates
    assert (update.kb_id, update.presence) == ("KB5100010", "installed")


def test_one_that_waits_for_a_reboot_is_installed() -> None:
    row = {"KB": "KB5100001", "Title": "A", "IsInstalled": False, "RebootRequired": True}
    (update,) = converted(row).report.packages.updates
    assert (update.presence, update.reboot_required) == ("installed", True)


def test_an_update_of_which_nobody_says_so_is_taken_as_on_offer() -> None:
    conversion = converted({"KB": "KB5100001", "Title": "A", "Size": "1MB"})
    assert conversion.report.packages.updates[0].presence == "available"
    assert conversion.cannot_tell[0].startswith("whether the updates are installed")


def test_times_of_one_country_are_read_if_they_can_mean_one_day_alone() -> None:
    row = {"KB": "KB5100001", "Title": "A", "LastDeploymentChangeTime": "02-10-2015 12:00:00 AM"}
    conversion = converted(row)
    assert conversion.report.packages.updates[0].released_at is None
    assert "some times" in conversion.report.scan.details


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'[{"Title": "A"}, null]', "at [1]: expected an object for each update"),
        (b'[{"Title": "A"}, {"KB": "KB1"}]', "at [1]: it has no Title"),
        (b'{"Title": "A", "KB": ', "not valid JSON"),
        (
            b'[{"Title": "A", "ComputerName": "a"}, {"Title": "B", "ComputerName": "b"}]',
            "about several computers, such as a and b",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(content: bytes, told: str) -> None:
    assert told in refusal(PS_WINDOWS_UPDATE, content)


_LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.just("System.__ComObject")
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["value", "Count", "UpdateID", "Name"]), inner)
    ),
    max_leaves=4,
)
_MEMBERS = [
    *("Title", "KB", "Status", "Date", "Result", "ResultCode", "Operation", "ComputerName"),
    *("Identity", "UpdateIdentity", "Categories", "KBArticleIDs", "SupersededUpdateIDs"),
    *("CveIDs", "SecurityBulletinIDs", "IsInstalled", "LastDeploymentChangeTime", "MsrcSeverity"),
]


@given(st.lists(st.dictionaries(st.sampled_from(_MEMBERS), _VALUES), max_size=3))
def test_any_objects_convert_or_are_refused(rows: list[dict[str, object]]) -> None:
    titled = [{"Title": "", **row} for row in rows]
    converts_or_refuses(PS_WINDOWS_UPDATE, json.dumps(titled).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    converts_or_refuses(PS_WINDOWS_UPDATE, content)
