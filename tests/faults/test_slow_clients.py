"""Clients that do not finish what they began, and a server that is asked to end meanwhile."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from accounts import Account, new_account
from fakes import open_store, package
from raw_http import TIMEOUT_S, RawRequest, signed, unsigned
from serving import RunningServer, running_server

SLOW_CLIENTS = 40
GET_DEFAULT = "AmazonSSM.GetDefaultPatchBaseline"
RECEIVED_BYTES = 64 * 1024


def connect(server: RunningServer) -> socket.socket:
    parts = urlsplit(server.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return socket.create_connection((parts.hostname, parts.port), TIMEOUT_S)


def head_of(request: RawRequest, **headers: str) -> bytes:
    """Give the request line and the headers as they go over the wire."""
    every = {**request.headers, "Content-Length": str(len(request.body)), **headers}
    lines = [f"{name}: {text}" for name, text in every.items()]
    return "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode()


def get_default(account: Account) -> RawRequest:
    url = account.server.url
    return signed(url, unsigned(url, GET_DEFAULT), account.key)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(lambda request: b"", id="nothing"),
        pytest.param(lambda request: head_of(request)[:-20], id="half a head"),
        pytest.param(head_of, id="a head"),
        pytest.param(lambda request: head_of(request) + request.body[:1], id="half a body"),
    ],
)
def test_clients_that_do_not_finish_keep_nobody_waiting(
    part: Callable[[RawRequest], bytes], account: Account
) -> None:
    request = get_default(account)
    with ExitStack() as open_sockets:
        slow = [open_sockets.enter_context(connect(account.server)) for _ in range(SLOW_CLIENTS)]
        for each in slow:
            each.sendall(part(request))
        node = account.new_node()
        node.submit([package("bash")])
        answer = account.client().describe_instance_patches(InstanceId=node.instance_id)
        assert len(answer["Patches"]) == 1


def test_a_client_that_finishes_late_is_answered(account: Account) -> None:
    request = get_default(account)
    sent = head_of(request, Connection="close") + request.body
    with connect(account.server) as slow:
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for position in range(len(sent)):
            slow.sendall(sent[position : position + 1])
        assert received(slow).startswith(b"HTTP/1.1 200 ")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "data") as running:
        yield running


def test_a_request_under_way_is_answered_before_the_server_ends(
    own_server: RunningServer,
) -> None:
    account = new_account(own_server)
    body = b'{"IamRole":"AnyRole"}'
    url = own_server.url
    request = signed(url, unsigned(url, "AmazonSSM.CreateActivation", body), account.key)
    with connect(own_server) as under_way:
        under_way.sendall(head_of(request, Expect="100-continue"))
        assert under_way.recv(RECEIVED_BYTES).startswith(b"HTTP/1.1 100 ")
        own_server.process.send_signal(signal.SIGTERM)
        wait_until_refused(own_server)
        under_way.sendall(request.body)
        assert received(under_way).startswith(b"HTTP/1.1 200 ")
    own_server.process.wait(timeout=TIMEOUT_S)
    assert "Traceback" not in own_server.log
    with closing(open_store(own_server.data_directory)) as db:
        assert db.one("SELECT count(*) FROM activations") == (1,)


def wait_until_refused(server: RunningServer) -> None:
    """Return once nobody new is let in."""
    for _ in range(100_000):
        try:
            connect(server).close()
        except ConnectionError:
            return
    raise AssertionError("the server still lets clients in")


def received(connection: socket.socket) -> bytes:
    """Read all that comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(RECEIVED_BYTES), b""))
