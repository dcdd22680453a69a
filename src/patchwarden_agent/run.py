"""Keeps scanning, reporting and sending heartbeats until it is told to stop."""

import contextlib
import hashlib
import logging
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from patchwarden_agent.changelogs.upload import upload_changelogs
from patchwarden_agent.client import may_succeed_later
from patchwarden_agent.errors import AgentError, RequestError
from patchwarden_agent.heartbeat import send_heartbeat
from patchwarden_agent.registration import Registration
from patchwarden_agent.scan import ScanOptions, scan, target_of
from patchwarden_agent.submission import submit

_FIRST_DELAY_S = 2.0
_LONGEST_DELAY_S = 300.0
_log = logging.getLogger("patchwarden_agent")


@dataclass(frozen=True)
class Rhythm:
    """How often what is done, in seconds from one to the next."""

    scan_s: float
    heartbeat_s: float
    spread: float
    """From 0 to 1, different for each node, so that they do not act in step."""


def _do_nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Steps:
    """What is done, and what time is to it."""

    scan: Callable[[], dict[str, Any]]
    submit: Callable[[dict[str, Any]], dict[str, Any]]
    send_heartbeat: Callable[[], None]
    clock: Callable[[], float]
    """Seconds that only ever grow."""
    wait: Callable[[float], bool]
    """Waits so many seconds; gives True, at once, if the run is to end."""
    after_report: Callable[[], None] = _do_nothing
    """What is done once a report was accepted; an AgentError of it is logged, no more."""


def run(
    registration: Registration,
    options: ScanOptions,
    *,
    interval_s: float,
    heartbeat_s: float,
    once: bool,
    changelog_directory: Optional[Path] = None,
) -> None:
    """Scan and report every `interval_s`, with a heartbeat every `heartbeat_s`; or report `once`.

    With a `changelog_directory`, the server also gets the changelogs that it wants, which are kept
    there: that downloads packages. Without `once` it returns on SIGTERM and SIGINT, whatever fails
    meanwhile. With `once` it raises the AgentError that it fails with.
    """
    with _stop_on_signals() as stop:
        steps = Steps(
            scan=lambda: scan(options),
            submit=lambda report: submit(registration, report),
            send_heartbeat=lambda: send_heartbeat(registration, target_of(options)),
            clock=time.monotonic,
            wait=stop.wait,
            after_report=_do_nothing
            if changelog_directory is None
            else lambda: _send_changelogs(registration, options, changelog_directory),
        )
        if once:
            # It makes an EC2 node known to the server.
            steps.send_heartbeat()
            _log_answer(steps.submit(steps.scan()))
            _follow_up(steps)
        else:
            keep_going(steps, Rhythm(interval_s, heartbeat_s, spread_of(registration.instance_id)))


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


@dataclass(frozen=True)
class _Unsent:
    """A report that the server does not have yet."""

    report: dict[str, Any]
    due_at: float
    """When to send it."""
    delay_s: float = _FIRST_DELAY_S
    """How long to wait if that fails."""


def keep_going(steps: Steps, rhythm: Rhythm) -> None:
    """Send heartbeats, scan and report, each when it is due, until `steps.wait` says to end.

    A heartbeat comes first: it is what makes an EC2 node known to the server. A report that did
    not arrive is sent again, with growing pauses, until the next scan.
    """
    scan_due_at = heartbeat_due_at = steps.clock()
    # Nodes that were started together differ from the second heartbeat on.
    next_heartbeat_s = rhythm.heartbeat_s * (1 + rhythm.spread) / 2
    unsent: Optional[_Unsent] = None
    while True:
        now = steps.clock()
        if now >= heartbeat_due_at:
            _send_heartbeat(steps)
            heartbeat_due_at = now + next_heartbeat_s
            next_heartbeat_s = rhythm.heartbeat_s
        if now >= scan_due_at:
            scan_due_at = now + rhythm.scan_s
            unsent = _scan(steps)
        if unsent is not None and steps.clock() >= unsent.due_at:
            unsent = _send(steps, unsent, rhythm.spread)
        report_due_at = scan_due_at if unsent is None else unsent.due_at
        next_at = min(scan_due_at, heartbeat_due_at, report_due_at)
        if steps.wait(max(0.0, next_at - steps.clock())):
            return


def _send_heartbeat(steps: Steps) -> None:
    try:
        steps.send_heartbeat()
    except AgentError as error:
        _log.error("no heartbeat: %s", error)


def _scan(steps: Steps) -> Optional[_Unsent]:
    try:
        return _Unsent(steps.scan(), steps.clock())
    except AgentError as error:
        _log.error("%s", error)
        return None


def _send(steps: Steps, unsent: _Unsent, spread: float) -> Optional[_Unsent]:
    """Try to submit a report; give it back if it is worth trying again, and when."""
    try:
        _submit(steps, unsent.report)
    except AgentError as error:
        _log.error("%s", error)
        if may_succeed_later(error):
            due_at = steps.clock() + unsent.delay_s * (0.5 + spread / 2)
            return _Unsent(unsent.report, due_at, min(unsent.delay_s * 2, _LONGEST_DELAY_S))
    return None


def _submit(steps: Steps, report: dict[str, Any]) -> None:
    """Submit a report. A server that does not know the node gets a heartbeat, and it once more."""
    try:
        answer = steps.submit(report)
    except RequestError as error:
        if error.code != "InvalidInstanceId":
            raise
        # Perhaps an EC2 node whose first heartbeat was lost: the next makes it known.
        steps.send_heartbeat()
        answer = steps.submit(report)
    _log_answer(answer)
    _follow_up(steps)


def _follow_up(steps: Steps) -> None:
    try:
        steps.after_report()
    except AgentError as error:
        _log.error("no changelogs: %s", error)


def _send_changelogs(registration: Registration, options: ScanOptions, directory: Path) -> None:
    sent = upload_changelogs(registration, target_of(options), directory)
    for problem in sent.problems:
        _log.warning("no changelog: %s", problem)
    if sent.sent_count:
        _log.info("changelogs sent: %d", sent.sent_count)


def _log_answer(answer: dict[str, Any]) -> None:
    _log.info("report accepted: %s", answer.get("ReportId", "no id given"))
