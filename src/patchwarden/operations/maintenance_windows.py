"""Maintenance windows: define, show and list them (contract 6.7).

Definitions only. Nothing runs in a window, as nothing does on AWS in a window without a task;
the operations that register targets and tasks are not served yet. For the same reason
NextExecutionTime is left out, as it is on AWS where a window will not open again.
"""

import functools
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from patchwarden.domain.maintenance_windows import MaintenanceWindow, check_maintenance_window
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    DoesNotExistError,
    RequestValidationError,
    ResourceLimitExceededError,
)
from patchwarden.operations.filters import key_and_values, unknown_key
from patchwarden.operations.idempotency import made_once
from patchwarden.operations.paging import page_of
from patchwarden.operations.wire_values import read_tags, wire_time, without_absent
from patchwarden.store import idempotency, maintenance_windows
from patchwarden.store.maintenance_windows import StoredWindow

MAX_WINDOWS = 50
"""Of one account in one region, as the service's quota."""
_DEFAULT_LIMIT = 50
_CREATE = "CreateMaintenanceWindow"
_IN_LISTS = {
    "Name": "name",
    "Description": "description",
    "Enabled": "enabled",
    "Duration": "duration",
    "Cutoff": "cutoff",
    "Schedule": "schedule",
    "ScheduleTimezone": "schedule_timezone",
    "ScheduleOffset": "schedule_offset",
    "EndDate": "end_date",
    "StartDate": "start_date",
}
"""Member of requests and answers → field of a definition."""
_MEMBERS = {**_IN_LISTS, "AllowUnassociatedTargets": "allow_unassociated_targets"}
_REQUIRED = ("Name", "Schedule", "Duration", "Cutoff", "AllowUnassociatedTargets")
_TRUTH = {"true": True, "false": False}


def create_maintenance_window(context: Context, request: Request) -> Answer:
    """Define a window; the same request again with the same ClientToken defines no second one.

    Raises IdempotentParameterMismatchError, InvalidMaintenanceWindowError, InvalidScheduleError,
    ResourceLimitExceededError, RequestValidationError.
    """
    return {"WindowId": made_once(context, request, lambda: _add(context, request))}


def get_maintenance_window(context: Context, request: Request) -> Answer:
    """Give all of one window.

    Raises DoesNotExistError.
    """
    window = _find(context, request)
    return {
        **_shown(window, _MEMBERS),
        "CreatedDate": wire_time(window.created_at),
        "ModifiedDate": wire_time(window.modified_at),
    }


def update_maintenance_window(context: Context, request: Request) -> Answer:
    """Change what the request names; with Replace, unset what it does not name.

    Raises DoesNotExistError, InvalidMaintenanceWindowError, InvalidScheduleError,
    RequestValidationError.
    """
    window = _find(context, request)
    if request.get("Replace", False):
        _check_replacement(request)
        # CreateMaintenanceWindow has no Enabled: whether it is open is no part of what is replaced.
        definition = MaintenanceWindow(**{"enabled": window.definition.enabled, **_fields(request)})
    else:
        definition = replace(window.definition, **_fields(request))
    check_maintenance_window(definition, _time_zones())
    maintenance_windows.redefine(
        context.db, context.scope, window.window_id, definition, context.now
    )
    return _shown(replace(window, definition=definition), _MEMBERS)


def delete_maintenance_window(context: Context, request: Request) -> Answer:
    """Delete a window; one that is not there counts as deleted: the model declares no error.

    The ClientToken that it was made with is free again.
    """
    window_id = request["WindowId"]
    if maintenance_windows.remove(context.db, context.scope, window_id):
        idempotency.forget(context.db, context.scope, _CREATE, window_id)
    return {"WindowId": window_id}


def describe_maintenance_windows(context: Context, request: Request) -> Answer:
    """Give the windows that all filters match, by id.

    Raises RequestValidationError, InvalidPageToken.
    """
    filters = [_read_filter(filter_) for filter_ in request.get("Filters", ())]
    found = [
        window
        for window in maintenance_windows.in_scope(context.db, context.scope)
        if all(matches(window.definition) for matches in filters)
    ]
    page, token = page_of(
        context,
        request,
        found,
        key=lambda window: window.window_id,
        default_limit=_DEFAULT_LIMIT,
    )
    return {
        "WindowIdentities": [_shown(window, _IN_LISTS) for window in page],
        "NextToken": token,
    }


def _add(context: Context, request: Request) -> str:
    definition = MaintenanceWindow(**_fields(request))
    check_maintenance_window(definition, _time_zones())
    tags = read_tags(request.get("Tags", ()))
    if len(maintenance_windows.in_scope(context.db, context.scope)) >= MAX_WINDOWS:
        raise ResourceLimitExceededError(
            f"The account has {MAX_WINDOWS} maintenance windows in this region, which is the most;"
            " delete one first."
        )
    window = StoredWindow(
        window_id=context.new_id("mw-"),
        created_at=context.now,
        modified_at=context.now,
        tags=tags,
        definition=definition,
    )
    maintenance_windows.add(context.db, context.scope, window)
    return window.window_id


def _find(context: Context, request: Request) -> StoredWindow:
    window_id = request["WindowId"]
    window = maintenance_windows.find(context.db, context.scope, window_id)
    if window is None:
        raise DoesNotExistError(f"Maintenance window {window_id} does not exist")
    return window


def _check_replacement(request: Request) -> None:
    missing = [member for member in _REQUIRED if member not in request]
    if missing:
        raise RequestValidationError(
            "With Replace, all that CreateMaintenanceWindow requires must be given; missing:"
            f" {', '.join(missing)}."
        )


def _fields(request: Request) -> dict[str, Any]:
    return {field: request[member] for member, field in _MEMBERS.items() if member in request}


def _shown(window: StoredWindow, members: Mapping[str, str]) -> dict[str, object]:
    shown = {member: getattr(window.definition, field) for member, field in members.items()}
    return {"WindowId": window.window_id, **without_absent(shown)}


def _read_filter(filter_: Mapping[str, Any]) -> Callable[[MaintenanceWindow], bool]:
    key, values = key_and_values(filter_, RequestValidationError)
    match key:
        case "Name":
            return lambda window: window.name in values
        case "Enabled":
            wanted = {_TRUTH.get(value.lower()) for value in values}
            if None not in wanted:
                return lambda window: window.enabled in wanted
            raise RequestValidationError("The filter Enabled takes the values true and false.")
    raise unknown_key(key, ("Name", "Enabled"))


@functools.cache
def _time_zones() -> frozenset[str]:
    # Empty on a machine without the database of time zones.
    return frozenset(zoneinfo.available_timezones())
