"""A server that is killed loses nothing that it has acknowledged, and keeps nothing by halves."""

import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import msgspec
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from accounts import Account, EnrolledNode, new_account
from fakes import NOW, open_store, package, report, report_bytes
from numbered_sends import KINDS
from patchwarden.domain.facts import Package, Report
from patchwarden.store import scans
from patchwarden.store.credentials import IssuedKey
from patchwarden.store.database import Scope
from patchwarden.store.node_keys import node_key_of
from postgresql_server import running_postgresql
from serving import REGION, RunningServer, running_server

NODES = 4
PACKAGES = 30
ACKNOWLEDGED_BEFORE_THE_KILL = 40
ROUNDS = 3
Attempt = Callable[[int], object]
"""Does something whose number it is given; raises if it is not acknowledged."""


def packages_of(number: int) -> list[Package]:
    """Give the packages of a node's n-th report: each carries the number in its version."""
    return [package(f"package-{each:02}", f"{number}-1") for each in range(PACKAGES)]


def report_of(number: int) -> Report:
    return report(packages_of(number), at=NOW + number)


@dataclass
class Reporter:
    """A node that reports as fast as it can until the server is gone."""

    node: EnrolledNode
    acknowledged: dict[int, str] = field(default_factory=dict)
    """Number of the report → the id that the server gave it."""

    @property
    def last(self) -> int:
        return max(self.acknowledged, default=0)

    def report_until_the_end(self, was_acknowledged: "threading.Semaphore") -> None:
        client = self.node.client()
        for number in range(self.last + 2, self.last + 10_000):
            content = report_bytes(report_of(number))
            try:
                answer = client.submit_report(InstanceId=self.node.instance_id, Report=content)
            except (BotoCoreError, ClientError):
                return
            self.acknowledged[number] = answer["ReportId"]
            was_acknowledged.release()


def kill_while_they_report(
    server: RunningServer, reporters: list[Reporter], kill: Callable[[RunningServer], None]
) -> None:
    """End a server without notice once a number of reports were acknowledged."""
    was_acknowledged = threading.Semaphore(0)
    with ThreadPoolExecutor(len(reporters)) as threads:
        for reporter in reporters:
            threads.submit(reporter.report_until_the_end, was_acknowledged)
        for _ in range(ACKNOWLEDGED_BEFORE_THE_KILL):
            assert was_acknowledged.acquire(timeout=30)
        kill(server)


def shown_number(account: Account, node: EnrolledNode) -> int:
    """Give the number of the report that a node's patches come from; they come from one."""
    answer = account.client().describe_instance_patches(InstanceId=node.instance_id)
    titles = [patch["Title"] for patch in answer["Patches"]]
    number = int(titles[0].rpartition(":")[2].removesuffix("-1"))
    assert titles == [f"package-{each:02}.amd64:{number}-1" for each in range(PACKAGES)]
    return number


def assert_nothing_was_lost(account: Account, reporters: list[Reporter]) -> None:
    """Compare what the server shows and what the store holds with what was acknowledged."""
    for reporter in reporters:
        # The last report may have been stored although its acknowledgement did not arrive.
        assert shown_number(account, reporter.node) in {reporter.last, reporter.last + 1}
    with closing(account.server.connect()) as db:
        for reporter in reporters:
            scope = Scope(account.account_id, reporter.node.region)
            node_key = node_key_of(scope, reporter.node.instance_id)
            for number, report_id in reporter.acknowledged.items():
                stored = scans.load(db, node_key, int(report_id))
                assert stored.packages_facts == msgspec.json.encode(report_of(number).packages)
                assert stored.operation.ended_at == NOW + number
        for key in db.all("SELECT node_key, scan_id FROM scans"):
            facts = msgspec.json.decode(scans.load(db, *key).packages_facts)
            assert len(facts["installed"]) == PACKAGES
        assert db.damage() == []


def report_and_kill(
    data_directory: Path,
    kill: Callable[[RunningServer], None],
    *,
    store_url: str | None = None,
    rounds: int = 1,
) -> None:
    """Kill again and again while nodes report, and look each time for what was acknowledged."""
    with running_server(data_directory, store_url=store_url) as server:
        account = new_account(server)
        reporters = [Reporter(account.new_node()) for _ in range(NODES)]
        kill_while_they_report(server, reporters, kill)
    for _ in range(rounds):
        with running_server(data_directory, store_url=store_url) as server:
            account = replace(account, server=server)
            for reporter in reporters:
                reporter.node = replace(reporter.node, server=server)
            assert_nothing_was_lost(account, reporters)
            kill_while_they_report(server, reporters, kill)
    acknowledged = sum(len(reporter.acknowledged) for reporter in reporters)
    assert acknowledged >= ACKNOWLEDGED_BEFORE_THE_KILL * (rounds + 1)


def kill_server(server: RunningServer) -> None:
    """End a server without notice."""
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()


def test_a_killed_server_loses_no_acknowledged_report(tmp_path: Path) -> None:
    report_and_kill(tmp_path / "data", kill_server, rounds=ROUNDS)


@pytest.mark.postgresql
def test_a_killed_server_loses_nothing_in_postgresql(tmp_path: Path) -> None:
    with running_postgresql(is_durable=True) as postgresql:
        report_and_kill(tmp_path / "data", kill_server, store_url=postgresql.new_database())


@pytest.mark.postgresql
def test_when_postgresql_is_killed_nothing_is_lost(tmp_path: Path) -> None:
    with running_postgresql(is_durable=True) as postgresql:

        def kill_both(server: RunningServer) -> None:
            postgresql.stop(signal.SIGQUIT)  # ends all its processes at once, without a checkpoint
            kill_server(server)
            postgresql.start()

        report_and_kill(tmp_path / "data", kill_both, store_url=postgresql.new_database())


@dataclass
class Attempts:
    """Does one thing after another until the server is gone."""

    do: Attempt
    acknowledged: list[int] = field(default_factory=list)

    def go_on_until_the_end(self, was_acknowledged: "threading.Semaphore") -> None:
        for number in range(1, 10_000):
            try:
                self.do(number)
            except (BotoCoreError, ClientError):
                return
            self.acknowledged.append(number)
            was_acknowledged.release()


def kill_while_they_try(server: RunningServer, every: Mapping[str, Attempts]) -> None:
    """End a server without notice once each attempt was acknowledged some times."""
    semaphores = {name: threading.Semaphore(0) for name in every}
    with ThreadPoolExecutor(len(every)) as threads:
        for name, attempts in every.items():
            threads.submit(attempts.go_on_until_the_end, semaphores[name])
        for semaphore in semaphores.values():
            for _ in range(ACKNOWLEDGED_BEFORE_THE_KILL // NODES):
                assert semaphore.acquire(timeout=30)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()


def test_a_killed_server_keeps_all_kinds_of_what_nodes_send(tmp_path: Path) -> None:
    data_directory = tmp_path / "data"
    registered: dict[int, EnrolledNode] = {}
    with running_server(data_directory) as server:
        account = new_account(server)
        activation = account.client().create_activation(IamRole="AnyRole", RegistrationLimit=1000)
        agent = account.client("ssm-agent")

        def register(number: int) -> None:
            answer = agent.register_managed_instance(
                ActivationId=activation["ActivationId"],
                ActivationCode=activation["ActivationCode"],
            )
            key = IssuedKey(answer["AccessKeyId"], answer["SecretAccessKey"])
            registered[number] = EnrolledNode(server, answer["InstanceId"], REGION, key)

        nodes = {name: account.new_node() for name in KINDS}
        every = {name: Attempts(partial(KINDS[name].send, node)) for name, node in nodes.items()}
        # Making clients takes long.
        for node in nodes.values():
            KINDS["heartbeats"].send(node, 1)
            node.client("ssm")
            node.client()
        kill_while_they_try(server, {**every, "registrations": Attempts(register)})
    with running_server(data_directory) as server:
        account = replace(account, server=server)
        for name, node in nodes.items():
            # The last may have been stored although its acknowledgement did not arrive.
            last = every[name].acknowledged[-1]
            assert KINDS[name].shown(account, node) in {last, last + 1}, name
        for node in registered.values():
            KINDS["heartbeats"].send(replace(node, server=server), 7)
            assert KINDS["heartbeats"].shown(account, node) == 7
        (counted,) = account.client().describe_activations(
            Filters=[{"FilterKey": "ActivationIds", "FilterValues": [activation["ActivationId"]]}]
        )["ActivationList"]
        assert counted["RegistrationsCount"] - len(registered) in {0, 1}
    with closing(open_store(data_directory)) as db:
        assert db.all("PRAGMA integrity_check") == [("ok",)]
        assert db.one(
            "SELECT count(*) FROM nodes WHERE activation_id = ?", (activation["ActivationId"],)
        ) == (counted["RegistrationsCount"],)
