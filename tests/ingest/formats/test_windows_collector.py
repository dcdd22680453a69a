"""What becomes of a scan by `patchwarden-scan.ps1`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import report_bytes
from node_store import NodeStore
from patchwarden.domain.facts import Reboot, WindowsUpdate
from patchwarden.domain.states import PatchState
from patchwarden.evaluation.patch_rows import patch_rows
from patchwarden.ingest.formats.format import Conversion, Given
from patchwarden.ingest.formats.known import recognized
from patchwarden.ingest.formats.windows_collector import WINDOWS_COLLECTOR
from windows_files import (
    GIVEN,
    at,
    case,
    case_json,
    convert,
    converts_or_refuses,
    refusal,
    updates_by_kb,
)

SCAN = case("collector.json")


def converted(**changes: Any) -> Conversion:
    """Convert the scan with some members of its top level changed."""
    return convert(
        WINDOWS_COLLECTOR, json.dumps({**case_json("collector.json"), **changes}).encode()
    )


def changed(path: str, value: object) -> bytes:
    """Give the scan with something else at `path`."""
    scan = place = case_json("collector.json")
    *within, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in within:
        place = place[step]
    place[last] = value
    return json.dumps(scan).encode()


def test_the_updates_are_those_of_all_parts() -> None:
    updates = updates_by_kb(convert(WINDOWS_COLLECTOR, SCAN))
    assert {kb_id: update.presence for kb_id, update in updates.items()} == {
        "KB890830": "installed",
        "KB5100001": "failed",
        "KB5100002": "available",
        "KB5100003": "installed",
        "KB5100009": "installed",
        "KB5100011": "installed",
    }


def test_an_update_says_all_that_the_agent_knows() -> None:
    assert updates_by_kb(convert(WINDOWS_COLLECTOR, SCAN))["KB5100001"] == WindowsUpdate(
        presence="failed",
        kb_id="KB5100001",
        update_id="00000000-0000-4000-8000-000000000001",
        title="2025-11 Sicherheitsupdate für Windows Server 2019 (KB5100001)",
        classification="SecurityUpdates",
        products=("Windows Server 2019",),
        product_family="Windows",
        msrc_severity="Important",
        released_at=at("2025-11-11T18:00:00Z"),
        supersedes=("00000000-0000-4000-8000-000000000009",),
    )


def test_an_application_is_named_as_microsoft_does() -> None:
    update = updates_by_kb(convert(WINDOWS_COLLECTOR, SCAN))["KB5100002"]
    assert (update.products, update.classification) == (("Office 2016",), "Updates")
    assert (update.msrc_number, update.cve_ids) == ("MS25-001", ("CVE-2025-10001",))
    assert update.hidden


def test_what_waits_for_a_reboot_is_installed() -> None:
    update = updates_by_kb(convert(WINDOWS_COLLECTOR, SCAN))["KB5100003"]
    assert (update.presence, update.reboot_required, update.released_at) == (
        "installed",
        True,
        None,
    )


def test_a_superseded_update_is_in_the_history_and_the_hotfixes_alone() -> None:
    update = updates_by_kb(convert(WINDOWS_COLLECTOR, SCAN))["KB5100009"]
    assert update.installed_at == at("2025-10-15T03:00:00Z")
    assert (update.classification, update.installed_by) == (
        "SecurityUpdates",
        "NT AUTHORITY\\SYSTEM",
    )


def test_the_node_is_what_the_scan_says() -> None:
    node = convert(WINDOWS_COLLECTOR, SCAN).report.node
    assert (node.operating_system, node.platform_type) == ("WINDOWS", "Windows")
    assert node.platform_name == "Microsoft Windows Server 2019 Datacenter"
    assert (node.platform_version, node.kernel_release) == ("10.0.17763", "10.0.17763.8027")
    assert node.architecture == "x86_64"
    assert node.computer_name == "WEB-1.corp.example.test"
    assert node.ip_address == "192.0.2.10"
    assert node.booted_at == at("2025-11-12T03:14:00Z")


def test_the_time_of_a_scan_is_its_own() -> None:
    scan = convert(WINDOWS_COLLECTOR, SCAN, Given(scanned_at=0.0)).report.scan
    assert (scan.started_at, scan.ended_at) == (
        at("2025-11-24T15:58:30Z"),
        at("2025-11-24T16:00:00Z"),
    )
    assert (scan.collector, scan.details) == ("patchwarden-scan.ps1/1", {})


def test_a_complete_scan_can_tell_everything() -> None:
    assert convert(WINDOWS_COLLECTOR, SCAN).cannot_tell == ()


def test_the_evidence_of_a_reboot_is_told_in_words() -> None:
    assert convert(WINDOWS_COLLECTOR, SCAN).report.node.reboot == Reboot(
        required=True,
        packages=("KB5100003",),
        reasons=(
            "the update agent waits for a reboot",
            "Component Based Servicing has a pending reboot in the registry",
            "2 files to rename at the next start",
        ),
    )


@pytest.mark.parametrize(
    ("evidence", "required"),
    [
        ({"update_agent": False, "pending_file_renames": 3}, False),
        ({"auto_update": True}, True),
        ({"update_agent": None, "auto_update": None}, None),
        ({}, None),
    ],
)
def test_a_reboot_is_required_or_not_or_nobody_knows(
    evidence: dict[str, Any], required: bool | None
) -> None:
    reboot = converted(reboot=evidence).report.node.reboot
    assert (None if reboot is None else reboot.required) == required


def test_the_age_of_the_offer_is_that_of_the_search() -> None:
    (search,) = convert(WINDOWS_COLLECTOR, SCAN).report.node.package_lists
    assert (search.name, search.fetched_at) == ("Windows Update", at("2025-11-24T16:00:00Z"))


def test_an_offline_scan_is_as_old_as_the_last_search() -> None:
    scan = case_json("collector.json")["scan"] | {
        "online": False,
        "update_server": "http://wsus.example.test:8530",
    }
    conversion = converted(scan=scan)
    (search,) = conversion.report.node.package_lists
    assert (search.name, search.fetched_at) == (
        "http://wsus.example.test:8530",
        at("2025-11-23T04:00:00Z"),
    )
    (not_told,) = conversion.cannot_tell
    assert not_told == (
        "updates published since the last search "
        "(the scan was offline; that search was at 2025-11-23T04:00:00Z)"
    )


@pytest.mark.parametrize(("part", "known"), [("available", False), ("history", True)])
def test_a_part_that_failed_is_told_and_the_others_count(part: str, known: bool) -> None:
    problem = {"part": part, "hresult": "0x8024402C", "message": "no\r\nconnection"}
    conversion = converted(errors=[problem, problem], **{part: []})
    report = conversion.report
    assert report.packages.knows_available == known
    assert list(report.scan.details.values()) == ["no connection 0x8024402C, and 1 more"]
    assert len(conversion.cannot_tell) == 1
    assert report.packages.updates


@pytest.mark.parametrize(
    ("hresult", "words"),
    [
        (
            "0x8024402C",
            "the name of the update server or of its proxy cannot be resolved, 0x8024402C",
        ),
        ("0x8024FFFF", "Ausnahme von HRESULT: 0x8024FFFF"),
    ],
)
def test_an_error_that_is_a_number_alone_is_told_in_words(hresult: str, words: str) -> None:
    message = f"Ausnahme von HRESULT: {hresult}"
    problem = {"part": "available", "hresult": hresult, "message": message}
    assert converted(errors=[problem]).cannot_tell == (f"available updates ({words})",)


def test_a_search_that_failed_makes_the_offer_as_old_as_the_last_that_did_not() -> None:
    problem = {"part": "available", "hresult": "0x8024402C", "message": ""}
    (search,) = converted(errors=[problem], available=[]).report.node.package_lists
    assert search.fetched_at == at("2025-11-23T04:00:00Z")


def test_one_update_that_cannot_be_read_hides_no_other() -> None:
    problem = {"part": "available/update", "hresult": "0x80004005", "message": "failed"}
    conversion = converted(errors=[problem])
    assert conversion.report.packages.knows_available
    assert conversion.cannot_tell == ("available updates: update (failed 0x80004005)",)


def test_a_scan_is_kept_and_judged(store: NodeStore) -> None:
    """By the default baseline: critical and important security updates, a week after release."""
    store.accept(convert(WINDOWS_COLLECTOR, SCAN).report)
    patches = patch_rows(store.db, store.verdict().rows)
    assert {patch.record.kb_id: patch.state for patch in patches} == {
        "KB5100001": PatchState.MISSING,
        "KB5100003": PatchState.INSTALLED_PENDING_REBOOT,
        "KB5100009": PatchState.INSTALLED_OTHER,
        "KB5100011": PatchState.INSTALLED_OTHER,
        "KB890830": PatchState.INSTALLED_OTHER,
    }


def test_a_scan_in_utf_16_is_read_like_any_other() -> None:
    content = SCAN.decode().encode("utf-16")
    assert WINDOWS_COLLECTOR.recognizes(content)
    assert convert(WINDOWS_COLLECTOR, content) == convert(WINDOWS_COLLECTOR, SCAN)


def test_the_same_facts_make_the_same_report_whatever_their_order() -> None:
    scan = case_json("collector.json")
    turned = {part: scan[part][::-1] for part in ("available", "history", "hotfixes")}
    assert converted(**turned) == convert(WINDOWS_COLLECTOR, SCAN)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("windows_scan", 2, "at windows_scan: Invalid enum value 2"),
        ("scan.ended", "yesterday", "at scan.ended: expected a time such as 2025-12-31T23:59:59Z"),
        ("node.version", None, "at node.version: Expected `str`, got `null`"),
        ("available.1.title", 7, r"at available[1].title: Expected `str`, got `int`"),
        ("history.0.result_code", "2", "at history[0].result_code: Expected `int`"),
        ("reboot.pending_file_renames", -1, "at reboot.pending_file_renames: Expected `int` >= 0"),
        ("errors", [{"part": f"{n}"} for n in range(99)], "names more than 50 parts that failed"),
    ],
)
def test_a_wrong_scan_is_refused_with_its_place(path: str, value: object, told: str) -> None:
    assert told in refusal(WINDOWS_COLLECTOR, changed(path, value))


def test_a_scan_that_was_cut_off_is_refused() -> None:
    assert "not valid JSON" in refusal(WINDOWS_COLLECTOR, SCAN[:-20])


def test_a_scan_of_windows_cannot_be_of_another_system() -> None:
    given_another = Given(scanned_at=GIVEN.scanned_at, operating_system="DEBIAN")
    assert "is of Windows, not of DEBIAN" in refusal(WINDOWS_COLLECTOR, SCAN, given_another)


def test_a_scan_is_recognized_and_the_report_made_of_it_is_no_scan() -> None:
    assert recognized(SCAN) is WINDOWS_COLLECTOR
    report = report_bytes(convert(WINDOWS_COLLECTOR, SCAN).report)
    assert not WINDOWS_COLLECTOR.recognizes(report)


def test_nothing_else_is_recognized() -> None:
    for name in ("get-hotfix-7.json", "windows-update.json", "get-hotfix.csv"):
        assert not WINDOWS_COLLECTOR.recognizes(case(name))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_PATHS = [
    "scan.started",
    "scan.ended",
    "scan.last_search",
    "scan.update_server",
    "node.name",
    "node.version",
    "node.ubr",
    "node.architecture",
    "node.last_boot",
    "node.ip_addresses",
    "reboot",
    "available",
    "available.0.title",
    "available.0.kb_article_ids",
    "available.0.categories.0.id",
    "available.0.deployment_changed",
    "available.0.superseded_ids",
    "history.0.date",
    "history.0.update_id",
    "hotfixes.0.hotfix_id",
    "hotfixes.0.installed_on",
    "errors",
]


@given(st.sampled_from(_PATHS), _JSON | st.lists(st.text()))
def test_any_value_anywhere_converts_or_is_refused(path: str, value: object) -> None:
    converts_or_refuses(WINDOWS_COLLECTOR, changed(path, value))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    converts_or_refuses(WINDOWS_COLLECTOR, content)
