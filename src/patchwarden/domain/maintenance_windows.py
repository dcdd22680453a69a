"""Maintenance windows: when patches may be installed (contract 6.7).

Field names are the service model's in Python's spelling.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from patchwarden.domain.schedules import check_schedule, is_cron, is_date_time
from patchwarden.errors import CallerError

_TIME_ZONE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class InvalidMaintenanceWindowError(CallerError):
    """The parts of a maintenance window do not fit each other, or one of them means nothing."""

    code = "InvalidMaintenanceWindow"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """What a maintenance window is defined as."""

    name: str
    schedule: str
    """As `schedules.check_schedule` takes it."""
    duration: int
    """Hours, 1 to 24."""
    cutoff: int
    """Hours before the end in which no task is started, 0 to 23."""
    allow_unassociated_targets: bool
    enabled: bool = True
    description: str | None = field(default=None, repr=False)
    """The service model calls it sensitive: never shown in logs."""
    start_date: str | None = None
    """From when it opens: ISO 8601, as it was given."""
    end_date: str | None = None
    """Until when it opens: ISO 8601, as it was given."""
    schedule_timezone: str | None = None
    """A name of the IANA's database; None is UTC."""
    schedule_offset: int | None = None
    """Days by which it opens later than `schedule` says, 1 to 6."""


def check_maintenance_window(window: MaintenanceWindow, time_zones: Collection[str]) -> None:
    """Check what the shape of a request does not say.

    `time_zones` are those that are known; if none is, any name in their form will do. Raises
    InvalidMaintenanceWindowError, InvalidScheduleError.
    """
    check_schedule(window.schedule)
    if window.cutoff >= window.duration:
        raise InvalidMaintenanceWindowError(
            f"Cutoff was {window.cutoff} but must be smaller than Duration, which is"
            f" {window.duration}."
        )
    if window.schedule_offset is not None and not is_cron(window.schedule):
        raise InvalidMaintenanceWindowError(
            "ScheduleOffset is supported for cron expressions only."
        )
    _check_date("startDate", window.start_date)
    _check_date("endDate", window.end_date)
    if window.schedule_timezone is not None:
        _check_time_zone(window.schedule_timezone, time_zones)


def _check_date(path: str, date: str | None) -> None:
    if date == "":
        # The live service's own text, which tells clients to use Replace instead.
        raise InvalidMaintenanceWindowError(
            f"1 validation error detected: Value '' at '{path}' failed to satisfy constraint:"
            " Member must have length greater than or equal to 1"
        )
    if date is not None and not is_date_time(date):
        raise InvalidMaintenanceWindowError(
            f"Value {date} at {path} is not a date and time of ISO 8601 such as"
            " 2026-01-31T02:00:00Z."
        )


def _check_time_zone(name: str, time_zones: Collection[str]) -> None:
    is_known = name in time_zones if time_zones else _TIME_ZONE_FORM.fullmatch(name)
    if not is_known:
        raise InvalidMaintenanceWindowError(
            f"ScheduleTimezone {name} is not a time zone of the IANA's database, such as"
            " America/Los_Angeles or UTC."
        )
