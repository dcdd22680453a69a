from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from patchwarden_agent.errors import AgentError, RequestError, UnreachableError
from patchwarden_agent.run import Rhythm, Steps, keep_going, spread_of


@dataclass
class Node:
    """A node whose scans and submissions go as planned; its time passes by waiting alone."""

    failures: list[AgentError | None]
    """What becomes of each submission, in turn; the run is stopped when none is left."""
    scan_error: AgentError | None = None
    heartbeat_error: AgentError | None = None
    now: float = 1000.0
    scans: list[float] = field(default_factory=list)
    submissions: list[tuple[float, int]] = field(default_factory=list)
    """When, and which scan."""
    heartbeats: list[float] = field(default_factory=list)

    def steps(self) -> Steps:
        return Steps(self._scan, self._submit, self._beat, lambda: self.now, self._wait)

    def _scan(self) -> dict[str, Any]:
        self.scans.append(self.now)
        if self.scan_error is not None:
            raise self.scan_error
        return {"number": len(self.scans)}

    def _submit(self, report: dict[str, Any]) -> dict[str, Any]:
        self.submissions.append((self.now, report["number"]))
        failure = self.failures.pop(0)
        if failure is not None:
            raise failure
        return {"ReportId": "r"}

    def _beat(self) -> None:
        self.heartbeats.append(self.now)
        if self.heartbeat_error is not None:
            raise self.heartbeat_error

    def _wait(self, seconds: float) -> bool:
        assert seconds >= 0
        self.now += seconds
        return not self.failures or len(self.scans) >= 4


def _run(node: Node, spread: float = 1.0) -> Node:
    keep_going(node.steps(), Rhythm(scan_s=600.0, heartbeat_s=250.0, spread=spread))
    return node


def test_a_report_is_made_every_interval() -> None:
    node = _run(Node([None, None, None]))
    assert node.scans == [1000.0, 1600.0, 2200.0]
    assert node.submissions == [(1000.0, 1), (1600.0, 2), (2200.0, 3)]


def test_a_report_that_did_not_arrive_is_sent_again_with_growing_pauses() -> None:
    lost = UnreachableError("lost")
    node = _run(Node([lost, lost, lost, None, None]))
    assert node.submissions == [(1000.0, 1), (1002.0, 1), (1006.0, 1), (1014.0, 1), (1600.0, 2)]


def test_a_server_that_stays_away_gets_a_new_report_when_one_is_due() -> None:
    node = _run(Node([UnreachableError("lost")] * 100))
    assert node.scans == [1000.0, 1600.0, 2200.0, 2800.0]
    assert max(number for _, number in node.submissions) == 4


def test_a_refused_report_is_not_sent_again() -> None:
    refused = RequestError("no", code="InvalidReport", message="", status=400)
    node = _run(Node([refused, None]))
    assert node.submissions == [(1000.0, 1), (1600.0, 2)]


def test_a_failed_scan_is_tried_again_when_the_next_is_due() -> None:
    node = _run(Node([None], scan_error=AgentError("unreadable")))
    assert node.scans == [1000.0, 1600.0, 2200.0, 2800.0]
    assert node.submissions == []


def test_a_bug_is_not_hidden() -> None:
    def broken() -> dict[str, Any]:
        raise ZeroDivisionError

    node = Node([None])
    steps = replace(node.steps(), scan=broken)
    with pytest.raises(ZeroDivisionError):
        keep_going(steps, Rhythm(scan_s=600.0, heartbeat_s=250.0, spread=0.5))


def test_heartbeats_go_on_between_reports() -> None:
    node = _run(Node([None, None, None]))
    assert node.heartbeats == [1000.0, 1250.0, 1500.0, 1750.0, 2000.0]
    assert node.scans == [1000.0, 1600.0, 2200.0]


def test_the_second_heartbeat_of_nodes_started_together_comes_at_different_times() -> None:
    assert _run(Node([None, None]), spread=0.0).heartbeats[:3] == [1000.0, 1125.0, 1375.0]
    assert _run(Node([None, None]), spread=0.5).heartbeats[:3] == [1000.0, 1187.5, 1437.5]


def test_a_lost_heartbeat_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    node = _run(Node([None, None], heartbeat_error=UnreachableError("away")))
    assert node.heartbeats == [1000.0, 1250.0, 1500.0]
    assert node.submissions == [(1000.0, 1), (1600.0, 2)]
    assert caplog.messages.count("no heartbeat: away") == 3


def test_heartbeats_go_on_while_reports_do_not_arrive() -> None:
    node = _run(Node([UnreachableError("away")] * 100))
    assert node.heartbeats == [1000.0 + 250.0 * number for number in range(8)]


def test_a_server_that_does_not_know_the_node_gets_a_heartbeat_and_the_report_again() -> None:
    unknown = RequestError("who?", code="InvalidInstanceId", message="", status=400)
    node = _run(Node([unknown, None, None]))
    assert node.submissions == [(1000.0, 1), (1000.0, 1), (1600.0, 2)]
    assert node.heartbeats[:2] == [1000.0, 1000.0]


def test_a_node_that_was_deregistered_asks_once_a_report() -> None:
    unknown = RequestError("who?", code="InvalidInstanceId", message="", status=400)
    node = _run(Node([unknown] * 3, heartbeat_error=unknown))
    assert node.submissions == [(1000.0, 1), (1600.0, 2), (2200.0, 3)]


def test_nodes_do_not_act_in_step() -> None:
    spreads = {spread_of(f"mi-{number:017x}") for number in range(100)}
    assert len(spreads) > 50
    assert all(0 <= spread <= 1 for spread in spreads)


def test_each_accepted_report_is_followed_up() -> None:
    node = Node([UnreachableError("lost"), None, None])
    followed_up: list[int] = []
    steps = replace(node.steps(), after_report=lambda: followed_up.append(len(node.submissions)))
    keep_going(steps, Rhythm(scan_s=600.0, heartbeat_s=250.0, spread=1.0))
    assert followed_up == [2, 3]


def test_a_follow_up_that_fails_changes_nothing() -> None:
    def fail() -> None:
        raise UnreachableError("away")

    node = Node([None, None])
    steps = replace(node.steps(), after_report=fail)
    keep_going(steps, Rhythm(scan_s=600.0, heartbeat_s=250.0, spread=1.0))
    assert [number for _, number in node.submissions] == [1, 2]
