import base64
import gzip
import json
import socket
import ssl
import threading
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from canned_server import CannedServer
from certificates import write_self_signed
from patchwarden_agent.client import Operation, call, may_succeed_later
from patchwarden_agent.errors import AgentError, RequestError, UnreachableError
from patchwarden_agent.registration import Registration
from patchwarden_agent.submission import submit

_OPERATION = Operation("Patchwarden", "SubmitReport")
_INSTANCE_ID = "mi-0123456789abcdef0"
_SECRET = "a-secret-that-nobody-may-see"


def _registration(endpoint: str) -> Registration:
    return Registration(endpoint, "us-east-1", _INSTANCE_ID, "AKIAIOSFODNN7EXAMPLE", _SECRET)


def test_a_report_is_submitted_compressed_and_signed(canned_server: CannedServer) -> None:
    canned_server.answer(200, {"ReportId": "r-1"})
    report = {"schema": 1}
    assert submit(_registration(canned_server.url), report) == {"ReportId": "r-1"}
    (received,) = canned_server.received
    sent = gzip.decompress(base64.b64decode(str(received.members["Report"])))
    assert json.loads(sent) == report
    assert received.members["InstanceId"] == _INSTANCE_ID
    assert received.target == "/"
    assert received.headers["host"] == canned_server.url.removeprefix("http://")
    assert received.headers["content-type"] == "application/x-amz-json-1.1"
    assert received.headers["x-amz-target"] == "Patchwarden.SubmitReport"
    authorization = received.headers["authorization"]
    assert "Credential=AKIAIOSFODNN7EXAMPLE/" in authorization
    assert "/us-east-1/ssm/aws4_request" in authorization
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-target," in authorization


def test_the_same_report_is_sent_as_the_same_bytes(canned_server: CannedServer) -> None:
    for _ in range(2):
        canned_server.answer(200, {})
        submit(_registration(canned_server.url), {"schema": 1})
    first, second = canned_server.received
    assert first.members == second.members


_THROTTLED = {"__type": "com.amazon#ThrottlingException", "message": "Slow down"}


@pytest.mark.parametrize(
    ("status", "body", "code", "message", "is_worth_retrying"),
    [
        (400, {"__type": "InvalidReport", "Message": "Wrong."}, "InvalidReport", "Wrong.", False),
        (400, _THROTTLED, "ThrottlingException", "Slow down", True),
        (500, {"__type": "InternalServerError"}, "InternalServerError", "", True),
        (503, b"<html>Bad gateway</html>", "HTTP 503", "", True),
        (502, b"[" * 100_000, "HTTP 502", "", True),
        (404, b"", "HTTP 404", "", False),
        (429, [], "HTTP 429", "", True),
        (302, b"", "HTTP 302", "", False),
        (400, {"__type": 7, "message": {}}, "7", "", False),
    ],
)
def test_an_error_is_told_with_its_code_and_message(
    canned_server: CannedServer,
    status: int,
    body: object,
    code: str,
    message: str,
    is_worth_retrying: bool,
) -> None:
    canned_server.answer(status, body)
    with pytest.raises(RequestError) as raised:
        call(canned_server.url, _OPERATION, {}, None)
    error = raised.value
    assert (error.code, error.message, error.status) == (code, message, status)
    assert may_succeed_later(error) is is_worth_retrying
    assert str(error).startswith(f"The server answered SubmitReport with {code}")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"\xff", b"3", b"[" * 100_000])
def test_what_is_no_patchwarden_is_said_to_be_none(
    canned_server: CannedServer, body: bytes
) -> None:
    canned_server.answer(200, body)
    with pytest.raises(UnreachableError, match="no Patchwarden server"):
        call(canned_server.url, _OPERATION, {}, None)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}", b"no\r\nHTTP\r\n\r\n", b""]
)
def test_an_answer_that_is_cut_short_is_none(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=answer_once)
        thread.start()
        with pytest.raises(UnreachableError) as raised:
            call(f"http://127.0.0.1:{listener.getsockname()[1]}", _OPERATION, {}, None)
        thread.join()
    assert may_succeed_later(raised.value)
    assert "\n" not in str(raised.value)


def test_nobody_listening_is_worth_a_later_try() -> None:
    with pytest.raises(UnreachableError, match="No answer from http://127") as raised:
        call("http://127.0.0.1:1", _OPERATION, {}, None)
    assert may_succeed_later(raised.value)


def test_a_server_that_never_answers_is_given_up() -> None:
    with (
        HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as silent,
        pytest.raises(UnreachableError, match="timed out"),
    ):
        call(f"http://127.0.0.1:{silent.server_port}", _OPERATION, {}, None, timeout_s=0.05)


@pytest.mark.parametrize(
    "endpoint",
    ["", "patchwarden", "ftp://host", "https://", "https://u:p@host", "http://h?q", "http://h:x"],
)
def test_an_endpoint_that_is_no_plain_url_is_refused(endpoint: str) -> None:
    with pytest.raises(AgentError, match="endpoint"):
        call(endpoint, _OPERATION, {}, None)


def test_a_proxy_is_used_and_the_signed_host_stays(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", canned_server.url)
    canned_server.answer(200, {})
    call("http://patchwarden.invalid:8440", _OPERATION, {}, None)
    (received,) = canned_server.received
    assert received.target == "http://patchwarden.invalid:8440/"
    assert received.headers["host"] == "patchwarden.invalid:8440"


def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    certificate, key = write_self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(UnreachableError, match="SSL_CERT_FILE"):
            call(f"https://127.0.0.1:{server.server_port}", _OPERATION, {}, None)
        thread.join()


def test_no_error_shows_the_secret(canned_server: CannedServer) -> None:
    canned_server.answer(400, {"__type": "InvalidSignatureException", "message": "no"})
    registration = _registration(canned_server.url)
    with pytest.raises(RequestError) as raised:
        submit(registration, {})
    assert _SECRET not in str(raised.value) + repr(raised.value) + repr(registration)
