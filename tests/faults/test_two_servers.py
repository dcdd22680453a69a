"""Two servers on one database at once: what both acknowledge is there, as if by one."""

import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from accounts import Account, EnrolledNode, new_account
from fakes import NOW, package, report, report_bytes
from postgresql_server import PostgresqlServer, running_postgresql
from serving import RunningServer, running_server

pytestmark = pytest.mark.postgresql
REPORTS = 12
BASELINES = 8
REGISTRATIONS = 10


@dataclass
class Pair:
    """One account as each of two servers sees it."""

    first: Account
    second: Account

    def __iter__(self) -> Iterator[Account]:
        return iter((self.first, self.second))

    def seen_from(self, node: EnrolledNode) -> tuple[EnrolledNode, EnrolledNode]:
        """Give a node as it talks to each server."""
        return tuple(replace(node, server=account.server) for account in self)  # type: ignore[return-value]


@pytest.fixture
def pair(postgresql: PostgresqlServer, tmp_path: Path) -> Iterator[Pair]:
    """Run two servers on one database, each with a data directory that has the same key."""
    url = postgresql.new_database()
    with ExitStack() as running:

        def start(name: str) -> RunningServer:
            return running.enter_context(running_server(tmp_path / name / "data", store_url=url))

        (tmp_path / "first").mkdir()
        first = start("first")
        shutil.copytree(tmp_path / "first" / "data", tmp_path / "second" / "data")
        second = start("second")
        account = new_account(first)
        yield Pair(account, replace(account, server=second))
    postgresql.drop_database(url)


def send_reports(node: EnrolledNode, numbers: range) -> list[int]:
    client = node.client()
    for number in numbers:
        sent = report([package("bash", f"{number}-1"), package("zsh")], at=NOW + number)
        client.submit_report(InstanceId=node.instance_id, Report=report_bytes(sent))
    return list(numbers)


def change_baselines(account: Account, name: str) -> list[str]:
    client = account.client()
    made = []
    for number in range(BASELINES):
        answer = client.create_patch_baseline(Name=f"{name}-{number}", OperatingSystem="DEBIAN")
        client.register_default_patch_baseline(BaselineId=answer["BaselineId"])
        made.append(answer["BaselineId"])
    return made


def register(account: Account, activation: dict[str, str]) -> list[str]:
    agent = account.client("ssm-agent")
    return [
        agent.register_managed_instance(
            ActivationId=activation["ActivationId"], ActivationCode=activation["ActivationCode"]
        )["InstanceId"]
        for _ in range(REGISTRATIONS)
    ]


def test_nothing_of_what_two_servers_take_in_is_lost(pair: Pair) -> None:
    shared, *own = [pair.first.new_node() for _ in range(3)]
    activation = pair.first.client().create_activation(IamRole="AnyRole", RegistrationLimit=1000)
    seen = pair.seen_from(shared)
    work: list[Callable[[], Sequence[object]]] = [
        partial(send_reports, seen[0], range(0, 2 * REPORTS, 2)),
        partial(send_reports, seen[1], range(1, 2 * REPORTS, 2)),
        *(
            partial(send_reports, pair.seen_from(node)[place], range(REPORTS))
            for place, node in enumerate(own)
        ),
        *(partial(change_baselines, account, f"of-{place}") for place, account in enumerate(pair)),
        *(partial(register, account, activation) for account in pair),
    ]
    with ThreadPoolExecutor(len(work)) as threads:
        done = [future.result() for future in [threads.submit(each) for each in work]]

    baselines, registered = {*done[4], *done[5]}, {*done[6], *done[7]}
    assert len(baselines) == 2 * BASELINES
    assert len(registered) == 2 * REGISTRATIONS
    for account in pair:
        client = account.client()
        (counted,) = client.describe_activations(
            Filters=[{"FilterKey": "ActivationIds", "FilterValues": [activation["ActivationId"]]}]
        )["ActivationList"]
        assert counted["RegistrationsCount"] == len(registered)
        listed = client.describe_patch_baselines(
            Filters=[{"Key": "OWNER", "Values": ["Self"]}], MaxResults=100
        )["BaselineIdentities"]
        assert {baseline["BaselineId"] for baseline in listed} == baselines
        assert sum(baseline["DefaultBaseline"] for baseline in listed) == 1
    with closing(pair.first.server.connect()) as db:
        ids = {row[0] for row in db.all("SELECT instance_id FROM nodes")}
        assert ids >= registered
        counts: dict[str, int] = dict(
            db.all(
                "SELECT n.instance_id, count(*) FROM scans s"
                " JOIN nodes n ON n.node_key = s.node_key GROUP BY n.instance_id"
            )
        )
        assert counts == {
            shared.instance_id: 2 * REPORTS,
            **{node.instance_id: REPORTS for node in own},
        }
        assert db.one("SELECT generation FROM policy_generations") == (2 * BASELINES,)


def test_a_server_goes_on_when_postgresql_was_restarted(tmp_path: Path) -> None:
    with running_postgresql(is_durable=True) as postgresql:
        url = postgresql.new_database()
        with running_server(tmp_path / "data", store_url=url) as server:
            account = new_account(server)
            node = account.new_node()
            send_reports(node, range(2))
            client = account.client()
            postgresql.stop(signal.SIGQUIT)
            with pytest.raises(ClientError, match="InternalServerError"):
                client.describe_instance_patches(InstanceId=node.instance_id)
            with pytest.raises(ClientError, match="InternalServerError"):
                send_reports(node, range(2, 3))
            postgresql.start()
            for _ in range(10):
                assert client.describe_instance_patches(InstanceId=node.instance_id)["Patches"]
            send_reports(node, range(3, 5))


def test_a_key_that_one_server_makes_and_revokes_counts_at_once_with_the_other(pair: Pair) -> None:
    key = pair.first.new_key("auditor")
    other = replace(pair.second, key=key).client()
    other.describe_patch_baselines()
    with closing(pair.first.server.connect()) as db, db.transaction():
        db.execute(
            "UPDATE credentials SET revoked_at = ? WHERE access_key_id = ?",
            (NOW, key.access_key_id),
        )
    with pytest.raises(ClientError, match="UnrecognizedClient"):
        other.describe_patch_baselines()
