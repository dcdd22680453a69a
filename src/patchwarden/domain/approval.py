"""When an approval rule approves a patch: delays and cut-off dates (contract 4.5).

The documentation counts whole UTC days, the original's agent full timestamps; the two differ by
less than a day. Here it is the timestamps: they are what the original's nodes act by.
"""

import functools
import math
import re
from datetime import UTC, datetime

from patchwarden.domain.baselines import ApprovalRule

DAY_S = 86_400
ALWAYS = -math.inf
NEVER = math.inf

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def approved_after(rule: ApprovalRule, released_at: float | None) -> float:
    """Give the instant after which `rule` approves a patch released at `released_at`.

    `ALWAYS` if it has no delay, or if nobody knows when the patch was released (a delay cannot be
    counted from nowhere, contract 4.5); `NEVER` if it was released after the rule's cut-off date.
    """
    if released_at is None:
        return ALWAYS
    if rule.approve_until_date is not None:
        return ALWAYS if released_at < end_of_day(rule.approve_until_date) else NEVER
    if rule.approve_after_days is None:
        return ALWAYS
    return released_at + rule.approve_after_days * DAY_S


@functools.lru_cache(maxsize=1024)
def end_of_day(date: str) -> float:
    """Give the first instant after the UTC day `date` (`YYYY-MM-DD`).

    Raises ValueError if there is no such day.
    """
    match = _DATE.fullmatch(date)
    if match is None:
        raise ValueError(f"{date} is not in the form YYYY-MM-DD")
    year, month, day = map(int, match.groups())
    return datetime(year, month, day, tzinfo=UTC).timestamp() + DAY_S
