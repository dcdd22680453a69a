"""What the parts of a maintenance window have to do with each other."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from patchwarden.domain.maintenance_windows import (
    InvalidMaintenanceWindowError,
    MaintenanceWindow,
    check_maintenance_window,
)
from patchwarden.domain.schedules import InvalidScheduleError

ZONES = frozenset({"UTC", "Asia/Seoul"})
WINDOW = MaintenanceWindow(
    name="nightly",
    schedule="cron(0 2 ? * SUN *)",
    duration=3,
    cutoff=1,
    allow_unassociated_targets=False,
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cutoff": 0, "duration": 1},
        {"cutoff": 23, "duration": 24},
        {"schedule": "rate(7 days)"},
        {"schedule_offset": 2},
        {"schedule_timezone": "Asia/Seoul"},
        {"start_date": "2026-01-31T02:00:00-08:00", "end_date": "2026-03-01T00:00:00Z"},
    ],
)
def test_a_valid_window(changes: dict[str, Any]) -> None:
    check_maintenance_window(replace(WINDOW, **changes), ZONES)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cutoff": 3}, "Cutoff was 3 but must be smaller than Duration, which is 3"),
        ({"schedule_offset": 2, "schedule": "rate(7 days)"}, "cron expressions only"),
        ({"schedule_offset": 2, "schedule": "at(2026-07-07T15:55:00)"}, "cron expressions only"),
        ({"schedule_timezone": "Mars/Olympus"}, "Mars/Olympus is not a time zone"),
        ({"schedule_timezone": "asia/seoul"}, "is not a time zone"),
        ({"schedule_timezone": ""}, "is not a time zone"),
        ({"start_date": "tomorrow"}, "Value tomorrow at startDate"),
        ({"end_date": "2026-01-31"}, "Value 2026-01-31 at endDate"),
        ({"start_date": ""}, "Value '' at 'startDate' failed to satisfy constraint"),
    ],
)
def test_a_window_that_is_at_fault(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidMaintenanceWindowError, match=reason):
        check_maintenance_window(replace(WINDOW, **changes), ZONES)


def test_a_window_needs_a_schedule() -> None:
    with pytest.raises(InvalidScheduleError):
        check_maintenance_window(replace(WINDOW, schedule="sometimes"), ZONES)


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        ("UTC", True),
        ("America/Argentina/Buenos_Aires", True),
        ("Etc/GMT+5", True),
        ("", False),
        ("/etc/passwd", False),
        ("../UTC", False),
        ("Asia/", False),
        ("a/b/c/d", False),
        ("UTC ", False),
    ],
)
@pytest.mark.parametrize("time_zones", [(), frozenset[str]()])
def test_where_no_time_zones_are_known_their_form_counts(
    time_zones: Collection[str], name: str, is_taken: bool
) -> None:
    window = replace(WINDOW, schedule_timezone=name)
    if is_taken:
        check_maintenance_window(window, time_zones)
        return
    with pytest.raises(InvalidMaintenanceWindowError):
        check_maintenance_window(window, time_zones)


def test_a_description_is_not_shown() -> None:
    assert "hush" not in repr(replace(WINDOW, description="hush"))
