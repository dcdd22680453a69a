"""More than a server takes: some are told to come again, and nothing acknowledged is lost."""

import base64
import json
import socket
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from botocore.exceptions import ClientError

from accounts import Account, EnrolledNode, new_account
from fakes import open_store, package, report, report_bytes
from patchwarden.server.app import HEALTH_PATH
from patchwarden.server.limits import MIB
from patchwarden_agent.client import may_succeed_later
from patchwarden_agent.errors import RequestError
from patchwarden_agent.registration import Registration
from patchwarden_agent.submission import submit
from raw_http import TIMEOUT_S, RawRequest, signed, unsigned
from serving import RunningServer, running_server

NODES = 6
WAITING_WRITES = 2
RETRIES: dict[str, object] = {"mode": "standard", "max_attempts": 12}
"""What boto3 recommends; its pauses are random, from 0 to 1, 2, 4, … 20 s."""
THROTTLING = "ThrottlingException"
ANSWER = f"400 {THROTTLING}: Rate exceeded"


def health_of(server: RunningServer) -> Any:
    with urllib.request.urlopen(f"{server.url}{HEALTH_PATH}", timeout=TIMEOUT_S) as answer:
        return json.load(answer)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Ask again and again; the time limit of the test ends it."""
    while not is_so():
        pass


@contextmanager
def held_store(server: RunningServer) -> Iterator[None]:
    """Write to the store from outside, so that whatever the server wants to write has to wait."""
    with closing(open_store(server.data_directory)) as db, db.transaction():
        yield


def retrying_client(node: EnrolledNode) -> Any:
    """Make a client that sends again what was refused for want of room."""
    return node.server.client(node.key, "patchwarden", region=node.region, retries=RETRIES)


def submit_one(node: EnrolledNode) -> str:
    """Report one package; give the error, or nothing."""
    try:
        node.submit([package(node.instance_id)])
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{status} {error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return ""


def reported(account: Account, node: EnrolledNode) -> list[str]:
    answer = account.client().describe_instance_patches(InstanceId=node.instance_id)
    return [patch["KBId"] for patch in answer["Patches"]]


@contextmanager
def server_with(tmp_path: Path, *limits: str) -> Iterator[Account]:
    """Run a server with tiny limits; give an account on it."""
    with running_server(tmp_path / "data", *limits) as running:
        yield new_account(running)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with server_with(tmp_path, "--max-waiting-writes", str(WAITING_WRITES)) as account:
        yield account


@pytest.fixture
def nodes(account: Account) -> list[EnrolledNode]:
    nodes = [account.new_node() for _ in range(NODES)]
    for node in nodes:
        node.client()  # to make one takes long
    return nodes


def test_writes_without_room_are_refused_at_once_and_the_others_are_kept(
    account: Account, nodes: list[EnrolledNode]
) -> None:
    refused = NODES - WAITING_WRITES
    with ThreadPoolExecutor(NODES) as threads:
        with held_store(account.server):
            sent: list[Future[str]] = [threads.submit(submit_one, node) for node in nodes]
            wait_until(lambda: sum(each.done() for each in sent) == refused)
            seen = health_of(account.server)
        answers = [each.result() for each in sent]
    assert (seen["status"], seen["under_way"]["writes"]) == ("ok", WAITING_WRITES)
    assert seen["refused"]["writes"] == refused
    assert sorted(answers) == [""] * WAITING_WRITES + [ANSWER] * refused
    for node, refusal in zip(nodes, answers, strict=True):
        names = [f"{node.instance_id}.amd64"]
        assert reported(account, node) == ([] if refusal else names)
        assert submit_one(node) == ""
        assert reported(account, node) == names
    assert health_of(account.server)["under_way"]["writes"] == 0


def test_boto3_sends_again_until_there_is_room(account: Account, nodes: list[EnrolledNode]) -> None:
    clients = [retrying_client(node) for node in nodes]

    def send(number: int) -> int:
        answer = clients[number].submit_report(
            InstanceId=nodes[number].instance_id,
            Report=report_bytes(report([package(nodes[number].instance_id)])),
        )
        return int(answer["ResponseMetadata"]["RetryAttempts"])

    with ThreadPoolExecutor(NODES) as threads:
        with held_store(account.server):
            sent = [threads.submit(send, number) for number in range(NODES)]
            wait_until(
                lambda: health_of(account.server)["refused"]["writes"] >= NODES - WAITING_WRITES
            )
        assert any(each.result() for each in sent)
    for node in nodes:
        assert reported(account, node) == [f"{node.instance_id}.amd64"]


def test_the_agent_keeps_a_report_that_was_refused(
    account: Account, nodes: list[EnrolledNode]
) -> None:
    node, *others = nodes
    registration = Registration(
        endpoint=node.server.url,
        region=node.region,
        instance_id=node.instance_id,
        access_key_id=node.key.access_key_id,
        secret_access_key=node.key.secret_access_key,
    )
    sent = msgspec.to_builtins(report([package("bash")]))
    with ThreadPoolExecutor(WAITING_WRITES) as threads, held_store(account.server):
        for other in others[:WAITING_WRITES]:
            threads.submit(submit_one, other)
        wait_until(lambda: health_of(account.server)["under_way"]["writes"] == WAITING_WRITES)
        with pytest.raises(RequestError, match=THROTTLING) as caught:
            submit(registration, sent)
    assert may_succeed_later(caught.value)
    submit(registration, sent)
    assert reported(account, node) == ["bash.amd64"]


def connect(server: RunningServer) -> socket.socket:
    parts = urlsplit(server.url)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 0), TIMEOUT_S)


def head_of(request: RawRequest) -> bytes:
    every = {**request.headers, "Content-Length": str(len(request.body))}
    lines = [f"{name}: {text}" for name, text in every.items()]
    return "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode()


def large_report_of(node: EnrolledNode, size: int) -> RawRequest:
    content = base64.b64encode(bytes(size)).decode()
    body = json.dumps({"InstanceId": node.instance_id, "Report": content}).encode()
    request = unsigned(node.server.url, "Patchwarden.SubmitReport", body)
    return signed(node.server.url, request, node.key)


def test_bodies_without_room_are_refused_and_what_was_held_is_given_back(tmp_path: Path) -> None:
    with server_with(tmp_path, "--max-body-memory", "1") as account:
        slow, node = account.new_node(), account.new_node()
        request = large_report_of(slow, 3 * MIB)
        half = MIB * 3 // 4
        many = [package(f"package-{number:05}") for number in range(1_000)]
        with connect(account.server) as unfinished:
            unfinished.sendall(head_of(request) + request.body[:half])
            wait_until(lambda: health_of(account.server)["under_way"]["body_bytes"] == half)
            with pytest.raises(ClientError, match=THROTTLING):
                node.submit(many)
            # Small ones go on.
            assert submit_one(node) == ""
        wait_until(lambda: health_of(account.server)["under_way"]["body_bytes"] == 0)
        node.submit(many)
        assert len(reported(account, node)) == 50
        assert health_of(account.server)["refused"]["body_bytes"] == 1


def health_on(connection: socket.socket) -> bytes:
    """Ask on a connection that may have been refused; give what is answered."""
    connection.sendall(f"GET {HEALTH_PATH} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    return connection.recv(4096)


def test_connections_without_room_are_refused_and_the_others_served(tmp_path: Path) -> None:
    with server_with(tmp_path, "--max-connections", "6") as account, ExitStack() as others:
        newcomer = account.server.client(account.key, retries=RETRIES)
        assert account.client().describe_instance_information()
        answer = b"HTTP/1.1 200 "
        while answer.startswith(b"HTTP/1.1 200 "):
            answer = health_on(others.enter_context(connect(account.server)))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert json.loads(body) == {"__type": THROTTLING, "message": "Too many connections"}
        # It has a connection already.
        assert account.client().describe_instance_information()
        others.close()
        assert newcomer.describe_instance_information()["InstanceInformationList"] == []
        assert health_of(account.server)["refused"]["connections"] >= 1


def test_a_key_over_its_rate_is_refused_and_others_are_not(tmp_path: Path) -> None:
    with server_with(tmp_path, "--rate-limit", "1") as account:
        hasty = account.server.client(account.new_key("auditor"))
        patient = account.server.client(account.new_key("auditor"), retries=RETRIES)

        def ask_often() -> None:
            for _ in range(1_000):
                hasty.describe_instance_information()

        with pytest.raises(ClientError, match=THROTTLING):
            ask_often()
        attempts = [
            patient.describe_instance_information()["ResponseMetadata"]["RetryAttempts"]
            for _ in range(4)
        ]
        assert attempts[0] == 0
        assert any(attempts)
        assert health_of(account.server)["refused"]["rate"] >= 2


def test_many_refusals_are_few_lines_of_the_log(tmp_path: Path) -> None:
    with server_with(tmp_path, "--rate-limit", "0.01") as account:
        client = account.client()
        client.describe_instance_information()
        for _ in range(50):
            with pytest.raises(ClientError, match=THROTTLING):
                client.describe_instance_information()
    lines = [line for line in account.server.log.splitlines() if "refused" in line]
    assert 1 <= len(lines) <= 3
    assert "by rate" in lines[0]
    assert THROTTLING not in account.server.log
