"""The ready JSON of patches."""

import contextlib

import pytest

from driver import Api
from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.states import PatchState
from patchwarden.operations.patch_fragments import PatchFragments, time_json
from patchwarden.store.records import RecordIds

CVES = PatchRecord("t", "bind.x86_64", "Security", "Critical", "CVE-2025-0001,CVE-2025-0002")
STATES = list(PatchState)


class UndoneError(Exception):
    """Undoes a transaction."""


@pytest.mark.parametrize("state", STATES)
def test_cve_ids_are_shown_on_missing_and_failed_only(api: Api, state: PatchState) -> None:
    with api.db.transaction():
        record_ids = RecordIds().intern(api.db, [CVES])
    (fragment,) = PatchFragments("published").find(api.reader, record_ids, [STATES.index(state)])
    shows = b"CVE-2025-0001,CVE-2025-0002" in fragment.tail
    assert shows is (state in {PatchState.MISSING, PatchState.FAILED})
    assert f'"State":"{state}"'.encode() in fragment.head


def test_the_level_beside_a_state_makes_no_difference(api: Api) -> None:
    with api.db.transaction():
        (record_id,) = RecordIds().intern(api.db, [CVES])
    first, second = PatchFragments("published").find(api.reader, [record_id] * 2, [0x05, 0x55])
    assert first is second


def test_a_record_that_was_not_kept_is_not_remembered(api: Api) -> None:
    fragments = PatchFragments("published")
    undone, kept = (PatchRecord(name, name, "", "", "") for name in ("undone", "kept"))
    with contextlib.suppress(UndoneError), api.db.transaction():
        undone_ids = RecordIds().intern(api.db, [undone])
        fragments.find(api.db, undone_ids, [0])
        raise UndoneError
    with api.db.transaction():
        record_ids = RecordIds().intern(api.db, [kept])
    assert record_ids == undone_ids
    (fragment,) = fragments.find(api.reader, record_ids, [0])
    assert fragment.record == kept


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, b"0.0"), (1546992000, b"1546992000.0"), (2**32 - 1, b"4294967295.0")],
)
def test_times_are_written_with_a_point(seconds: int, written: bytes) -> None:
    assert time_json(seconds) == written
