"""The ready JSON of patches."""

import contextlib
from collections.abc import Sequence

import pytest

from driver import Api
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.operations.patch_fragments import PatchFragments, TimeEndings, pick
from patchwarden.store.packed_rows import NOT_INSTALLED, pack
from patchwarden.store.records import RecordIds

CVES = PatchRecord("t", "bind.x86_64", "Security", "Critical", "CVE-2025-0001,CVE-2025-0002")
STATES = list(PatchState)


class UndoneError(Exception):
    """Undoes a transaction."""


def codes(record_ids: Sequence[int], state: PatchState = PatchState.INSTALLED) -> Sequence[int]:
    """Give the codes of rows with these records in `state`."""
    verdicts = [Verdict(CVES, state, ComplianceLevel.UNSPECIFIED, 0.0, None)] * len(record_ids)
    return pack(verdicts, record_ids).pick_codes(range(len(record_ids)))


@pytest.mark.parametrize("keys", [(), (2,), (1, 2), (2, 1, 2)])
def test_values_are_picked_in_the_order_asked_for(keys: Sequence[int]) -> None:
    assert list(pick({1: b"one", 2: b"two"}, keys)) == [{1: b"one", 2: b"two"}[key] for key in keys]


@pytest.mark.parametrize("keys", [(3,), (1, 3)])
def test_what_is_not_there_cannot_be_picked(keys: Sequence[int]) -> None:
    with pytest.raises(KeyError):
        pick({1: b"one"}, keys)


@pytest.mark.parametrize("state", STATES)
def test_cve_ids_are_shown_on_missing_and_failed_only(api: Api, state: PatchState) -> None:
    with api.db.transaction():
        record_ids = RecordIds().intern(api.db, [CVES])
    (head,) = PatchFragments("published").heads(api.reader, codes(record_ids, state))
    shows = b',"CVEIds":"CVE-2025-0001,CVE-2025-0002"' in head
    assert shows is (state in {PatchState.MISSING, PatchState.FAILED})
    assert f'"State":"{state}"'.encode() in head


def test_what_was_made_once_is_found_again(api: Api) -> None:
    with api.db.transaction():
        record_ids = RecordIds().intern(api.db, [CVES])
    fragments = PatchFragments("published")
    (first,) = fragments.heads(api.reader, codes(record_ids))
    (second,) = fragments.heads(api.reader, codes(record_ids))
    assert first is second


def test_what_was_made_in_a_snapshot_is_found_again(api: Api) -> None:
    with api.db.transaction():
        record_ids = RecordIds().intern(api.db, [CVES])
    fragments = PatchFragments("published")
    api.reader.begin_snapshot()
    (first,) = fragments.heads(api.reader, codes(record_ids))
    api.reader.end_snapshot()
    (second,) = fragments.heads(api.reader, codes(record_ids))
    assert first is second


@pytest.mark.sqlite_only  # PostgreSQL gives no id twice
def test_a_record_that_was_not_kept_is_not_remembered(api: Api) -> None:
    fragments = PatchFragments("published")
    undone, kept = (PatchRecord(name, name, "", "", "") for name in ("undone", "kept"))
    with contextlib.suppress(UndoneError), api.db.transaction():
        undone_ids = RecordIds().intern(api.db, [undone])
        fragments.heads(api.db, codes(undone_ids))
        raise UndoneError
    with api.db.transaction():
        record_ids = RecordIds().intern(api.db, [kept])
    assert record_ids == undone_ids
    assert fragments.records(api.reader, codes(record_ids)) == [kept]
    assert b'"Title":"kept"' in fragments.heads(api.reader, codes(record_ids))[0]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, b"0.0},"),
        (1546992000, b"1546992000.0},"),
        (2**32 - 2, b"4294967294.0},"),
        (NOT_INSTALLED, b"},"),
    ],
)
def test_times_are_written_with_a_point(seconds: int, written: bytes) -> None:
    assert TimeEndings()[seconds] == written
