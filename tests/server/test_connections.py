"""What happens below the API: bodies in chunks, bodies cut short, connections kept."""

import base64
import http.client
import json
import re
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from accounts import Account, EnrolledNode
from fakes import package, report, report_bytes
from patchwarden.server.http import USUAL_BODY_BYTES
from raw_http import TIMEOUT_S, RawRequest, read_answer, signed, unsigned
from serving import RunningServer

TOO_LARGE = (
    b'{"__type":"RequestEntityTooLargeException",'
    b'"message":"Request body must not exceed 1048576 bytes."}'
)
GET_DEFAULT = "AmazonSSM.GetDefaultPatchBaseline"
CHUNK_BYTES = 64 * 1024


@pytest.fixture
def node(account: Account) -> EnrolledNode:
    node = account.new_node()
    node.submit([package("bash")])
    return node


def connect(server: RunningServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=TIMEOUT_S)


def report_of(node: EnrolledNode, *names: str) -> RawRequest:
    """Make the signed request with which a node reports these packages."""
    content = report_bytes(report([package(name) for name in names]))
    encoded = base64.b64encode(content).decode()
    body = json.dumps({"InstanceId": node.instance_id, "Report": encoded}).encode()
    request = unsigned(node.server.url, "Patchwarden.SubmitReport", body)
    return signed(node.server.url, request, node.key)


def head_of(request: RawRequest, **headers: str) -> bytes:
    """Give the request line and the headers as they go over the wire."""
    lines = [f"{name}: {text}" for name, text in {**request.headers, **headers}.items()]
    return "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode()


def packages_of(account: Account, node: EnrolledNode) -> list[str]:
    answer = account.client().describe_instance_patches(InstanceId=node.instance_id)
    return [patch["KBId"] for patch in answer["Patches"]]


def test_a_body_in_chunks_is_read(account: Account, node: EnrolledNode) -> None:
    request = report_of(node, "bash", "zsh")
    with closing(connect(account.server)) as connection:
        pieces = [request.body[start : start + 100] for start in range(0, len(request.body), 100)]
        connection.request("POST", "/", iter(pieces), request.headers, encode_chunked=True)
        assert read_answer(connection.getresponse()).status == 200
    assert packages_of(account, node) == ["bash.amd64", "zsh.amd64"]


def test_a_body_in_chunks_over_the_limit_is_refused_with_the_limit(account: Account) -> None:
    request = signed(account.server.url, unsigned(account.server.url, GET_DEFAULT), account.key)
    chunks = [bytes(CHUNK_BYTES)] * (USUAL_BODY_BYTES // CHUNK_BYTES + 1)
    with closing(connect(account.server)) as connection:
        connection.request("POST", "/", iter(chunks), request.headers, encode_chunked=True)
        answer = read_answer(connection.getresponse())
    assert (answer.status, answer.body) == (413, TOO_LARGE)


def test_a_large_body_of_somebody_unknown_is_not_waited_for(
    account: Account, node: EnrolledNode
) -> None:
    asked = report_of(node, "bash")
    unknown = node.key.access_key_id[:-1] + "?"
    text = asked.headers["Authorization"].replace(node.key.access_key_id, unknown)
    head = head_of(asked, Authorization=text, **{"Content-Length": "9000000"})
    with socket.create_connection(server_address(account.server), TIMEOUT_S) as connection:
        # No more than it takes for the server to see that the body is large.
        connection.sendall(head + bytes(20_000))
        assert b"UnrecognizedClientException" in connection.recv(CHUNK_BYTES)


def test_of_a_body_that_is_cut_short_nothing_is_stored(
    account: Account, node: EnrolledNode
) -> None:
    request = report_of(node, "bash", "zsh")
    head = head_of(request, **{"Content-Length": str(len(request.body))})
    for sent in (0, 1, len(request.body) // 2, len(request.body) - 1):
        with socket.create_connection(server_address(account.server), TIMEOUT_S) as cut:
            cut.sendall(head + request.body[:sent])
    assert packages_of(account, node) == ["bash.amd64"]


def test_of_a_body_in_chunks_without_the_last_chunk_nothing_is_stored(
    account: Account, node: EnrolledNode
) -> None:
    request = report_of(node, "bash", "zsh")
    head = head_of(request, **{"Transfer-Encoding": "chunked"})
    chunk = b"%x\r\n%b\r\n" % (len(request.body), request.body)
    with socket.create_connection(server_address(account.server), TIMEOUT_S) as cut:
        cut.sendall(head + chunk)
    assert packages_of(account, node) == ["bash.amd64"]


def test_a_connection_serves_on_after_errors(account: Account) -> None:
    url = account.server.url
    wanted = signed(url, unsigned(url, GET_DEFAULT), account.key)
    with closing(connect(account.server)) as connection:
        statuses = []
        for request in (unsigned(url, GET_DEFAULT), unsigned(url, "AmazonSSM.Unknown"), wanted):
            connection.request("POST", "/", request.body, request.headers)
            statuses.append(read_answer(connection.getresponse()).status)
            first_socket = connection.sock
        assert statuses == [400, 400, 200]
        assert connection.sock is first_socket


def test_requests_sent_without_waiting_are_answered_in_order(account: Account) -> None:
    url = account.server.url
    wanted = signed(url, unsigned(url, GET_DEFAULT), account.key)
    unknown = unsigned(url, "AmazonSSM.Unknown")
    last = {"Connection": "close"}
    sent = b"".join(
        head_of(request, **headers, **{"Content-Length": str(len(request.body))}) + request.body
        for request, headers in ((wanted, {}), (unknown, {}), (wanted, last))
    )
    with socket.create_connection(server_address(account.server), TIMEOUT_S) as pipe:
        pipe.sendall(sent)
        received = b"".join(iter(lambda: pipe.recv(CHUNK_BYTES), b""))
    assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"200", b"400", b"200"]


@pytest.mark.parametrize("sent", [b"\0\1\2\3\r\n\r\n", b"POST /\r\n\r\n", b"hello\r\n\r\n"])
def test_what_is_not_http_is_refused_and_the_server_lives(sent: bytes, account: Account) -> None:
    with socket.create_connection(server_address(account.server), TIMEOUT_S) as other:
        other.sendall(sent)
        assert other.recv(100).startswith(b"HTTP/1.1 400 ")
    assert account.client().describe_instance_information()["InstanceInformationList"] == []


def server_address(server: RunningServer) -> tuple[str, int]:
    parts = urlsplit(server.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port
