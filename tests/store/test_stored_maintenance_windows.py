"""Maintenance windows in the store."""

from dataclasses import replace

import pytest

from patchwarden.domain.maintenance_windows import MaintenanceWindow
from patchwarden.store import maintenance_windows
from patchwarden.store.database import Database, Scope
from patchwarden.store.maintenance_windows import StoredWindow

SCOPE = Scope("123456789012", "us-east-1")
ELSEWHERE = [SCOPE._replace(account_id="999999999999"), SCOPE._replace(region="eu-west-1")]
DEFINITION = MaintenanceWindow(
    name="nightly",
    schedule="cron(0 2 ? * SUN *)",
    duration=3,
    cutoff=1,
    allow_unassociated_targets=False,
)
WINDOW = StoredWindow(
    window_id="mw-1",
    created_at=10.0,
    modified_at=10.0,
    tags={"Stage": "prod"},
    definition=DEFINITION,
)


@pytest.mark.parametrize(
    "definition",
    [
        DEFINITION,
        replace(
            DEFINITION,
            enabled=False,
            description="each night",
            start_date="2026-01-01T00:00:00Z",
            end_date="2026-02-01T00:00:00Z",
            schedule_timezone="Asia/Seoul",
            schedule_offset=2,
        ),
    ],
)
def test_a_window_is_given_back_as_it_was_stored(
    db: Database, definition: MaintenanceWindow
) -> None:
    window = replace(WINDOW, definition=definition)
    maintenance_windows.add(db, SCOPE, window)
    assert maintenance_windows.find(db, SCOPE, "mw-1") == window
    assert maintenance_windows.in_scope(db, SCOPE) == [window]


def test_a_window_is_redefined_and_keeps_its_tags(db: Database) -> None:
    maintenance_windows.add(db, SCOPE, WINDOW)
    definition = replace(DEFINITION, duration=4)
    maintenance_windows.redefine(db, SCOPE, "mw-1", definition, 20.0)
    assert maintenance_windows.find(db, SCOPE, "mw-1") == replace(
        WINDOW, definition=definition, modified_at=20.0
    )


def test_tags_are_replaced_and_the_rest_stays(db: Database) -> None:
    maintenance_windows.add(db, SCOPE, WINDOW)
    maintenance_windows.set_tags(db, SCOPE, "mw-1", {"A": "b"})
    assert maintenance_windows.find(db, SCOPE, "mw-1") == replace(WINDOW, tags={"A": "b"})


def test_windows_come_in_the_order_of_their_ids(db: Database) -> None:
    for number in (3, 1, 2):
        maintenance_windows.add(db, SCOPE, replace(WINDOW, window_id=f"mw-{number}"))
    ids = [window.window_id for window in maintenance_windows.in_scope(db, SCOPE)]
    assert ids == ["mw-1", "mw-2", "mw-3"]


def test_a_window_is_removed_once(db: Database) -> None:
    maintenance_windows.add(db, SCOPE, WINDOW)
    assert maintenance_windows.remove(db, SCOPE, "mw-1")
    assert maintenance_windows.find(db, SCOPE, "mw-1") is None
    assert not maintenance_windows.remove(db, SCOPE, "mw-1")


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_nothing_reaches_the_windows_of_another_scope(db: Database, elsewhere: Scope) -> None:
    maintenance_windows.add(db, SCOPE, WINDOW)
    assert maintenance_windows.find(db, elsewhere, "mw-1") is None
    assert maintenance_windows.in_scope(db, elsewhere) == []
    assert not maintenance_windows.remove(db, elsewhere, "mw-1")
    maintenance_windows.set_tags(db, elsewhere, "mw-1", {})
    maintenance_windows.redefine(db, elsewhere, "mw-1", replace(DEFINITION, name="other"), 20.0)
    assert maintenance_windows.find(db, SCOPE, "mw-1") == WINDOW
