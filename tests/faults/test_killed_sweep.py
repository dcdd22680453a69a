"""A server that is killed in the middle of a sweep: another one on the same store finishes it."""

import json
import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from patchwarden.choices import Choices
from patchwarden.evaluation.assignment import default_predefined
from patchwarden.evaluation.engine import Engine
from patchwarden.ingest.accept import accept_report
from patchwarden.store import baselines, nodes, verdicts
from patchwarden.store.database import Database, Scope
from patchwarden.store.nodes import Registration
from patchwarden.testing.simulated_fleet import encode, fleet
from serving import RunningServer, running_server
from stores import without_disk

SCOPE = Scope("123456789012", "us-east-1")
SIMULATED = 12
NODES = 400
TIMEOUT_S = 60


def fill(db: Database) -> None:
    reports = [encode(node.report) for node in fleet(SIMULATED, 1, now=time.time())]
    engine = Engine(Choices())
    with db.transaction():
        for number in range(NODES):
            instance_id = f"mi-{number:017x}"
            registration = Registration(
                instance_id=instance_id, activation_id="", name=None, iam_role="role", tags={}
            )
            nodes.add(db, SCOPE, registration, time.time())
            report = reports[number % SIMULATED]
            assert accept_report(db, engine, SCOPE, instance_id, report, time.time()) is not None


def use_other_baselines(db: Database) -> None:
    with db.transaction():
        for number, system in enumerate(("DEBIAN", "UBUNTU")):
            baseline_id = f"pb-{number:017x}"
            content = default_predefined(system).content
            baselines.add(db, SCOPE, baseline_id, content, now=time.time(), by="tester")
            baselines.set_default(db, SCOPE, system, baseline_id)


def sweep_of(server: RunningServer) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.url}/_patchwarden/health", timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)["sweep"]
    return told


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline


@pytest.mark.slow
def test_another_server_finishes_the_sweep_of_one_that_was_killed(tmp_path: Path) -> None:
    directories = [tmp_path / "first", tmp_path / "second"]
    data = directories[0] / "data"
    for directory in directories:
        directory.mkdir()
    with running_server(data) as server, closing(server.connect()) as db:
        fill(without_disk(db))
    directories[1].joinpath("data").symlink_to(data)
    with running_server(data) as first, closing(first.connect()) as db:
        with running_server(directories[1] / "data") as second:
            use_other_baselines(db)
            wait_until(lambda: sweep_of(first)["judged_again"] > 0)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
            assert outdated(db) > 0
            wait_until(lambda: outdated(db) == 0)
            assert sweep_of(second)["judged_again"] > 0
        assert db.damage() == []


def outdated(db: Database) -> int:
    engine = Engine(Choices()).identity
    return verdicts.count_outdated(db, engine=engine, now=time.time())
