"""From one store to another, and back."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from fakes import package, report
from node_store import NodeStore
from patchwarden.errors import InstallationError
from patchwarden.store.copying import copy, count_rows
from patchwarden.store.database import Database, Row
from patchwarden.store.opening import StoreLocation
from patchwarden.store.tables import tables_of
from postgresql_server import PostgresqlServer

pytestmark = pytest.mark.postgresql


@pytest.fixture
def filled(store: NodeStore) -> NodeStore:
    """Give a store in which two nodes have reported."""
    store.register("mi-0000000000000000a")
    store.accept(report([package("bash", update="2.0-1", security=True), package("é?%")]))
    store.accept(report([package("bash")]), instance_id="mi-0000000000000000a")
    return store


@pytest.fixture
def targets(postgresql: PostgresqlServer, tmp_path: Path) -> Iterator[dict[str, Database]]:
    """Give an empty store of each kind."""
    url = postgresql.new_database()
    places = [StoreLocation(Path(), url), StoreLocation(tmp_path)]
    with ExitStack() as opened:
        for place in places:
            place.migrate()
        databases = [opened.enter_context(closing(place.connect())) for place in places]
        yield dict(zip(("postgresql", "sqlite"), databases, strict=True))
    postgresql.drop_database(url)


def rows_of(db: Database) -> dict[str, list[Row]]:
    return {
        table.name: db.all(
            f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {', '.join(table.key)}"
        )
        for table in tables_of(db)
    }


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_everything_arrives(filled: NodeStore, targets: dict[str, Database], kind: str) -> None:
    told: list[int] = []
    tables = copy(filled.db, targets[kind], told.append)
    assert rows_of(targets[kind]) == rows_of(filled.db)
    assert all(table.is_alike for table in tables)
    assert sum(table.source.rows for table in tables) == count_rows(filled.db) > 10
    assert told == sorted(told)
    assert told[-1] == 2 * count_rows(filled.db)


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_new_ids_go_on_after_those_that_were_copied(
    filled: NodeStore, targets: dict[str, Database], kind: str
) -> None:
    db = targets[kind]
    copy(filled.db, db, lambda _: None)
    before = {row[0] for row in db.all("SELECT record_id FROM patch_records")}
    with db.transaction():
        record_id = db.insert(
            "INSERT INTO patch_records (digest, title, kb_id, classification, severity, cve_ids)"
            " VALUES (?, '', '', '', '', '') RETURNING record_id",
            (b"new",),
        )
    assert record_id > max(before)


def test_what_is_not_empty_is_left_alone(filled: NodeStore, targets: dict[str, Database]) -> None:
    target = targets["sqlite"]
    target.execute("INSERT INTO installation (name, value) VALUES ('theirs', x'00')")
    with pytest.raises(InstallationError, match="is not empty: installation has rows"):
        copy(filled.db, target, lambda _: None)
    assert count_rows(target) == 1


def test_what_was_altered_on_the_way_is_seen(
    filled: NodeStore, targets: dict[str, Database]
) -> None:
    target = targets["sqlite"]
    target.execute(
        "CREATE TRIGGER alter_names AFTER INSERT ON nodes BEGIN"
        " UPDATE nodes SET computer_name = 'altered' WHERE node_key = new.node_key; END"
    )
    tables = copy(filled.db, target, lambda _: None)
    assert [table.name for table in tables if not table.is_alike] == ["nodes"]


def test_what_fails_on_the_way_leaves_nothing(
    filled: NodeStore, targets: dict[str, Database]
) -> None:
    def fail(done: int) -> None:
        if done > 5:
            raise KeyError

    with pytest.raises(KeyError):
        copy(filled.db, targets["postgresql"], fail)
    assert count_rows(targets["postgresql"]) == 0


def test_stores_of_different_versions_are_not_mixed(
    filled: NodeStore, targets: dict[str, Database]
) -> None:
    targets["postgresql"].execute("ALTER TABLE nodes ADD COLUMN colour text")
    with pytest.raises(InstallationError, match="different tables"):
        copy(filled.db, targets["postgresql"], lambda _: None)
