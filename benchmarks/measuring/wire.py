"""Requests as bytes, signed by botocore as boto3 sends them, and the answers to them."""

import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from benchmarks.figure import BenchmarkError
from patchwarden.cli.connection import Connection, Service
from patchwarden.store.credentials import IssuedKey

Client = Any
"""A boto3 client: its methods are made from the service model while the program runs."""


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An HTTP answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Signer:
    """Makes the bytes of requests, which are not sent."""

    def __init__(self, client: Client) -> None:
        """Take over `client`, which from now on sends nothing."""
        self._client = client
        self._prepared: AWSPreparedRequest | None = None
        client.meta.events.register("before-send", self._keep)

    def request(self, method: str, **parameters: object) -> bytes:
        """Give what `client.method(**parameters)` would send now."""
        getattr(self._client, method)(**parameters)
        assert self._prepared is not None
        return _to_bytes(self._prepared)

    def _keep(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self._prepared = request
        return AWSResponse(request.url, 200, {}, _EmptyObject())


class _EmptyObject:
    """The body of the answer that a client of a `Signer` seems to get."""

    def stream(self) -> Iterator[bytes]:
        yield b"{}"


def client_of(url: str, key: IssuedKey, service: Service = "ssm") -> Client:
    """Make a boto3 client for a server."""
    return Connection(endpoint=url, profile=None, region="us-east-1", key=key).client(service)


def send(port: int, request: bytes) -> WireAnswer:
    """Send a request over a connection of its own; wait for the answer.

    Raises OSError if nobody answers, BenchmarkError if the answer is a refusal.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        answer = WireAnswer(response.status, headers, response.read())
    if answer.status != 200:
        raise BenchmarkError(f"The answer is {answer.status}: {answer.body[:300]!r}")
    return answer


def first_answer(port: int, request: bytes, timeout_s: float = 60) -> WireAnswer:
    """Send a request again and again until somebody answers it.

    Raises BenchmarkError after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            return send(port, request)
        except OSError:
            time.sleep(0.001)
    raise BenchmarkError(f"Nobody answered on port {port} within {timeout_s} s")


def _to_bytes(request: AWSPreparedRequest) -> bytes:
    headers = {"Host": urlsplit(request.url).netloc}
    for name, value in request.headers.items():
        headers[name] = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = request.body or b""
    assert isinstance(body, bytes)
    return f"{request.method} / HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body
