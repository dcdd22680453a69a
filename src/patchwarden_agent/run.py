"""Keeps scanning and reporting until it is told to stop."""

import contextlib
import hashlib
import logging
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Callable

from patchwarden_agent.client import may_succeed_later
from patchwarden_agent.errors import AgentError
from patchwarden_agent.registration import Registration
from patchwarden_agent.scan import ScanOptions, scan
from patchwarden_agent.submission import submit

_FIRST_DELAY_S = 2.0
_LONGEST_DELAY_S = 300.0
_log = logging.getLogger("patchwarden_agent")


@dataclass(frozen=True)
class Steps:
    """What a round does, and what time is to it."""

    scan: Callable[[], dict[str, Any]]
    submit: Callable[[dict[str, Any]], dict[str, Any]]
    clock: Callable[[], float]
    """Seconds that only ever grow."""
    wait: Callable[[float], bool]
    """Waits so many seconds; gives True, at once, if the run is to end."""


def run(registration: Registration, options: ScanOptions, *, interval_s: float, once: bool) -> None:
    """Scan and report every `interval_s`; once only if `once`.

    Without `once` it returns on SIGTERM and SIGINT, whatever fails meanwhile. With `once` it
    raises the AgentError that it fails with.
    """
    with _stop_on_signals() as stop:
        steps = Steps(
            scan=lambda: scan(options),
            submit=lambda report: submit(registration, report),
            clock=time.monotonic,
            wait=stop.wait,
        )
        if once:
            _log_answer(steps.submit(steps.scan()))
        else:
            keep_reporting(steps, interval_s, spread_of(registration.instance_id))


@contextlib.contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    stop = threading.Event()
    caught = (signal.SIGTERM, signal.SIGINT)
    previous = {each: signal.signal(each, lambda *_: stop.set()) for each in caught}
    try:
        yield stop
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)


def spread_of(instance_id: str) -> float:
    """Give a number from 0 to 1 that differs between nodes, so that they do not act in step."""
    return hashlib.sha256(instance_id.encode("utf-8")).digest()[0] / 255


def keep_reporting(steps: Steps, interval_s: float, spread: float) -> None:
    """Scan and report every `interval_s` until `steps.wait` says to end."""
    while True:
        due_at = steps.clock() + interval_s
        if _report_once(steps, due_at, spread) or steps.wait(max(0.0, due_at - steps.clock())):
            return


def _report_once(steps: Steps, due_at: float, spread: float) -> bool:
    """Scan, and try to submit until the next scan is due; say whether the run is to end."""
    try:
        report = steps.scan()
    except AgentError as error:
        _log.error("%s", error)
        return False
    delay_s = _FIRST_DELAY_S
    while True:
        try:
            _log_answer(steps.submit(report))
        except AgentError as error:
            _log.error("%s", error)
            if not may_succeed_later(error):
                return False
        else:
            return False
        pause_s = delay_s * (0.5 + spread / 2)
        if steps.clock() + pause_s >= due_at:
            return False
        if steps.wait(pause_s):
            return True
        delay_s = min(delay_s * 2, _LONGEST_DELAY_S)


def _log_answer(answer: dict[str, Any]) -> None:
    _log.info("report accepted: %s", answer.get("ReportId", "no id given"))
