"""Requests that are answered directly, and those that go on by ASGI, on one connection."""

import json
import re
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from accounts import Account
from patchwarden.server.app import build_app
from patchwarden.server.listening import Listener, http_server
from patchwarden.server.settings import Settings
from raw_http import TIMEOUT_S, RawRequest, signed, unsigned

READ = "AmazonSSM.GetDefaultPatchBaseline"
WRITE = "AmazonSSM.CreateActivation"
GET = b"GET /_patchwarden/health HTTP/1.1\r\nHost: x\r\n\r\n"


def request(account: Account, target: str, body: bytes = b"{}") -> RawRequest:
    url = account.server.url
    return signed(url, unsigned(url, target, body), account.key)


def on_the_wire(asked: RawRequest, *, version: str = "1.1", headers: tuple[str, ...] = ()) -> bytes:
    lines = [f"{name}: {text}" for name, text in asked.headers.items()]
    lines += [f"Content-Length: {len(asked.body)}", *headers]
    return "\r\n".join([f"POST / HTTP/{version}", *lines, "", ""]).encode() + asked.body


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), TIMEOUT_S) as connection:
        yield connection


def receive(connection: socket.socket, answers: int) -> bytes:
    """Read until so many answers have come whole."""
    received = b""
    while True:
        lengths = re.findall(rb"content-length: (\d+)\r\n", received)
        heads = received.count(b"\r\n\r\n")
        if heads >= answers and len(lengths) >= answers:
            size = sum(map(int, lengths)) + sum(
                len(head) + 4 for head in re.findall(rb"HTTP/1\.1 .*?(?=\r\n\r\n)", received, re.S)
            )
            if len(received) >= size:
                return received
        more = connection.recv(65_536)
        assert more, received
        received += more


def test_ways_may_change_from_request_to_request(account: Account) -> None:
    activation = request(account, WRITE, b'{"IamRole":"role"}')
    wire = b"".join(
        (
            on_the_wire(request(account, READ)),
            on_the_wire(activation),
            on_the_wire(request(account, READ)),
            GET,
            on_the_wire(activation),
            on_the_wire(request(account, READ)),
        )
    )
    with connected(account.server.url) as connection:
        connection.sendall(wire)
        received = receive(connection, 6)
    kinds = re.findall(rb'"ActivationId"|"BaselineId"|"status":"ok"', received)
    assert kinds == [
        b'"BaselineId"',
        b'"ActivationId"',
        b'"BaselineId"',
        b'"status":"ok"',
        b'"ActivationId"',
        b'"BaselineId"',
    ]


def test_a_request_may_come_byte_by_byte(account: Account) -> None:
    with connected(account.server.url) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in on_the_wire(request(account, READ)):
            connection.send(bytes([byte]))
        assert b"BaselineId" in receive(connection, 1)


@pytest.mark.parametrize("size", [16 * 1024 - 100, 16 * 1024 + 1, 100_000])
def test_a_large_body_is_read_too(account: Account, size: int) -> None:
    body = json.dumps({"Unknown": "x" * size}).encode()
    with connected(account.server.url) as connection:
        connection.sendall(on_the_wire(request(account, READ, body)) * 2)
        assert receive(connection, 2).count(b"BaselineId") == 2


@pytest.mark.parametrize("target", [READ, WRITE])
def test_a_client_that_waits_to_be_told_to_go_on_is_told(account: Account, target: str) -> None:
    asked = request(account, target, b'{"IamRole":"role"}')
    wire = on_the_wire(asked, headers=("Expect: 100-continue",))
    head, body = wire[: -len(asked.body)], asked.body
    with connected(account.server.url) as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert receive(connection, 1).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(("version", "headers"), [("1.0", ()), ("1.1", ("Connection: close",))])
def test_a_connection_that_is_not_to_be_kept_is_closed(
    account: Account, version: str, headers: tuple[str, ...]
) -> None:
    with connected(account.server.url) as connection:
        connection.sendall(on_the_wire(request(account, READ), version=version, headers=headers))
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"\r\nconnection: close\r\n" in received
    assert b"BaselineId" in received


def test_an_answer_has_a_date(account: Account) -> None:
    with connected(account.server.url) as connection:
        connection.sendall(on_the_wire(request(account, READ)))
        assert re.search(rb"\r\ndate: \w{3}, \d\d ", receive(connection, 1))


@contextmanager
def quick_server(directory: Path) -> Iterator[Listener]:
    """Serve with the shortest patience for connections from which nothing comes."""
    listener = Listener("127.0.0.1", 0)
    server = http_server(
        build_app(Settings(data_directory=directory, no_auth=True)), keep_alive_s=1
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener.socket]})
    thread.start()
    try:
        yield listener
    finally:
        server.should_exit = True
        thread.join()


def test_a_connection_is_closed_once_it_has_been_idle_for_long(tmp_path: Path) -> None:
    with quick_server(tmp_path) as listener, connected(listener.url) as idle:
        for _ in range(2):
            idle.sendall(on_the_wire(unsigned(listener.url, READ)))
            assert receive(idle, 1).startswith(b"HTTP/1.1 200 OK\r\n")
        assert idle.recv(1) == b""


def test_a_client_that_reads_nothing_does_not_fill_the_memory(account: Account) -> None:
    asked = on_the_wire(request(account, READ)) * 50
    with connected(account.server.url) as connection:
        connection.setblocking(False)
        sent = 0
        # At some point the server stops to read, because nobody reads its answers.
        while sent < 40 * 2**20:
            _, writable, _ = select.select([], [connection], [], 1)
            if not writable:
                break
            sent += connection.send(asked)
        assert sent < 40 * 2**20
    assert account.client().describe_instance_information()["InstanceInformationList"] == []


def test_trailers_are_no_headers(account: Account) -> None:
    host = account.server.url.removeprefix("http://")
    wire = (
        f"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"2\r\n{{}}\r\n0\r\nX-Amz-Target: {READ}\r\n"
        "Content-Type: application/x-amz-json-1.1\r\n\r\n"
    ).encode()
    with connected(account.server.url) as connection:
        connection.sendall(wire)
        assert b"UnknownOperationException" in receive(connection, 1)


def test_headers_without_end_are_refused(account: Account) -> None:
    with connected(account.server.url) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        sent = 0
        try:
            while sent < 2**24:
                sent += connection.send(b"X-Filler: %b\r\n" % (b"y" * 8_000))
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert sent < 2**24


def test_connections_that_stop_in_the_middle_are_closed(tmp_path: Path) -> None:
    begun = [b"", b"POST / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"]
    with quick_server(tmp_path) as listener, ExitStack() as open_connections:
        idle = [open_connections.enter_context(connected(listener.url)) for _ in begun]
        for connection, part in zip(idle, begun, strict=True):
            connection.sendall(part)
        assert [connection.recv(1) for connection in idle] == [b""] * len(begun)
