"""Wall time of calls that take turns: what disturbs the machine disturbs all of them alike."""

import time
from collections.abc import Callable, Mapping


def alternating(
    calls: Mapping[str, Callable[[], object]], rounds: int
) -> Mapping[str, list[float]]:
    """Call each in turn, `rounds` times over; give the seconds that each call took."""
    taken_s: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            taken_s[name].append(time.perf_counter() - started)
    return taken_s
