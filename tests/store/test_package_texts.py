import pytest

from patchwarden.store.database import Database
from patchwarden.store.package_texts import PackageTexts

TEXTS = [b'{"name":"bash","installed_at":0}', b'{"name":"zsh"}', b'{"name":"nano"}']


def count(db: Database) -> int:
    return len(db.all("SELECT text_id FROM package_texts"))


def intern(db: Database, texts: PackageTexts, wanted: list[bytes]) -> list[int]:
    with db.transaction():
        return texts.intern(db, wanted)


def intern_and_fail(db: Database, texts: PackageTexts, wanted: list[bytes]) -> None:
    texts.intern(db, wanted)
    raise KeyError


def test_a_text_is_stored_once(db: Database) -> None:
    texts = PackageTexts()
    ids = intern(db, texts, [*TEXTS, TEXTS[0]])
    assert ids[0] == ids[3]
    assert len(set(ids)) == count(db) == 3
    assert intern(db, texts, TEXTS[::-1]) == ids[2::-1]


def test_others_find_what_is_stored(db: Database) -> None:
    ids = intern(db, PackageTexts(), TEXTS)
    assert intern(db, PackageTexts(), TEXTS) == ids
    assert PackageTexts().fetch(db, [*ids, ids[0]]) == [*TEXTS, TEXTS[0]]
    assert count(db) == 3


def test_what_is_not_there_is_told(db: Database) -> None:
    with pytest.raises(KeyError):
        PackageTexts().fetch(db, [7])


def test_nothing_is_asked_of_the_store_twice(db: Database) -> None:
    texts = PackageTexts()
    ids = intern(db, texts, TEXTS)
    db.execute("DELETE FROM package_texts")
    assert texts.fetch(db, ids) == TEXTS
    assert intern(db, texts, TEXTS) == ids


def test_what_is_undone_is_forgotten(db: Database) -> None:
    texts = PackageTexts()
    kept = intern(db, texts, TEXTS[:1])
    with pytest.raises(KeyError), db.transaction():
        intern_and_fail(db, texts, TEXTS)
    ids = intern(db, texts, TEXTS[::-1])
    assert ids[-1:] == kept
    assert PackageTexts().fetch(db, ids) == texts.fetch(db, ids) == TEXTS[::-1]


def test_what_a_savepoint_undoes_is_forgotten(db: Database) -> None:
    texts = PackageTexts()
    with db.transaction():
        first = texts.intern(db, TEXTS[:1])
        with pytest.raises(KeyError), db.savepoint():
            intern_and_fail(db, texts, TEXTS[:2])
        ids = [*first, *texts.intern(db, TEXTS[2:])]
    assert PackageTexts().fetch(db, ids) == texts.fetch(db, ids) == [TEXTS[0], TEXTS[2]]
    assert count(db) == 2
