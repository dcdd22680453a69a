from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchwarden.domain.patches import PatchRecord
from patchwarden.store import records
from patchwarden.store.database import Database
from patchwarden.store.records import RecordIds


def record(name: str, **members: str) -> PatchRecord:
    plain = PatchRecord(
        title=f"{name}:1", kb_id=name, classification="", severity="optional", cve_ids=""
    )
    return plain._replace(**members)


def intern(db: Database, ids: RecordIds, wanted: Sequence[PatchRecord]) -> list[int]:
    with db.transaction():
        return ids.intern(db, wanted)


def intern_and_fail(db: Database, ids: RecordIds, wanted: Sequence[PatchRecord]) -> None:
    ids.intern(db, wanted)
    raise KeyError


def test_a_record_keeps_its_id(db: Database) -> None:
    ids = RecordIds()
    first = intern(db, ids, [record("a"), record("b"), record("a")])
    assert first[0] == first[2] != first[1]
    assert intern(db, ids, [record("b"), record("a")]) == [first[1], first[0]]


def test_a_record_keeps_its_id_when_the_server_starts_again(db: Database) -> None:
    first = intern(db, RecordIds(), [record("a"), record("b")])
    assert intern(db, RecordIds(), [record("b"), record("c"), record("a")])[::2] == first[::-1]


def test_records_that_differ_in_anything_have_ids_of_their_own(db: Database) -> None:
    wanted = [record("a")]
    wanted += [record("a", **{member: "CVE-1"}) for member in PatchRecord._fields]
    wanted += [record("a", title="x", kb_id="yz"), record("a", title="xy", kb_id="z")]
    assert len(set(intern(db, RecordIds(), wanted))) == len(wanted)


def test_ids_of_a_transaction_that_was_undone_are_forgotten(db: Database) -> None:
    ids = RecordIds()
    with pytest.raises(KeyError), db.transaction():
        intern_and_fail(db, ids, [record("lost")])
    (other,) = intern(db, ids, [record("other")])
    (found,) = intern(db, ids, [record("lost")])
    assert records.fetch(db, [found, other]) == {found: record("lost"), other: record("other")}


def test_ids_of_a_savepoint_that_was_undone_are_forgotten(db: Database) -> None:
    ids = RecordIds()
    with db.transaction():
        with pytest.raises(KeyError), db.savepoint():
            intern_and_fail(db, ids, [record("lost")])
        with db.savepoint():
            ids.intern(db, [record("other")])
    (found,) = intern(db, ids, [record("lost")])
    assert records.fetch(db, [found]) == {found: record("lost")}


def test_two_that_remember_agree(db: Database) -> None:
    one, other = RecordIds(), RecordIds()
    first = intern(db, one, [record("a")])
    assert intern(db, other, [record("b"), record("a")])[1:] == first
    assert intern(db, one, [record("a")]) == first


def test_any_number_can_be_fetched(db: Database) -> None:
    wanted = [record(f"package{number}") for number in range(1200)]
    ids = intern(db, RecordIds(), wanted)
    assert records.fetch(db, ids) == dict(zip(ids, wanted, strict=True))
    assert records.fetch(db, []) == {}


def test_what_is_unknown_is_left_out(db: Database) -> None:
    assert records.fetch(db, [17]) == {}


_TEXT = st.text(st.characters(exclude_characters="\0"), max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.builds(PatchRecord, *[_TEXT] * 5)))
def test_records_come_back_as_they_were(db: Database, wanted: list[PatchRecord]) -> None:
    ids = intern(db, RecordIds(), wanted)
    assert [records.fetch(db, ids)[found] for found in ids] == wanted
