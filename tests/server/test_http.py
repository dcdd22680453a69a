"""Bodies: their limit, their pieces, and clients that leave."""

import asyncio
from typing import Any

import pytest

from patchwarden.protocol.errors import ServiceError
from patchwarden.server.http import (
    MAX_BODY_BYTES,
    ClientGoneError,
    HttpAnswer,
    read_body,
    send_answer,
)

GONE = {"type": "http.disconnect"}
HALF = bytes(MAX_BODY_BYTES // 2)


def piece(content: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": more}


class Arriving:
    """Messages that arrive one by one."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.left = list(messages)

    async def receive(self) -> dict[str, Any]:
        return self.left.pop(0)

    def read(self) -> bytes:
        return asyncio.run(read_body(self.receive, MAX_BODY_BYTES))


def test_a_body_in_one_piece() -> None:
    assert Arriving(piece(b"{}", more=False)).read() == b"{}"


def test_a_body_in_pieces_some_of_them_empty() -> None:
    arriving = Arriving(piece(b"{", more=True), piece(b"", more=True), piece(b"}", more=False))
    assert arriving.read() == b"{}"


def test_no_body() -> None:
    assert Arriving(piece(b"", more=False)).read() == b""


@pytest.mark.parametrize(
    "messages",
    [
        [piece(HALF + HALF, more=False)],
        [piece(HALF, more=True), piece(HALF, more=False)],
        [piece(HALF, more=True), piece(HALF, more=True), piece(b"", more=False)],
    ],
)
def test_a_body_of_exactly_the_limit_is_read(messages: list[dict[str, Any]]) -> None:
    assert len(Arriving(*messages).read()) == MAX_BODY_BYTES


@pytest.mark.parametrize(
    "messages",
    [
        [piece(HALF + HALF + b" ", more=False)],
        [piece(HALF, more=True), piece(HALF, more=True), piece(b" ", more=False)],
    ],
)
def test_a_body_over_the_limit_is_refused_with_the_limit(messages: list[dict[str, Any]]) -> None:
    with pytest.raises(ServiceError, match=f"must not exceed {MAX_BODY_BYTES} bytes") as refused:
        Arriving(*messages).read()
    assert refused.value.status == 413


def test_what_is_too_much_is_read_to_its_end_so_that_the_client_sees_the_answer() -> None:
    arriving = Arriving(*[piece(HALF, more=True)] * 5, piece(b"", more=False))
    with pytest.raises(ServiceError):
        arriving.read()
    assert arriving.left == []


def test_a_client_that_never_ends_is_cut_off() -> None:
    arriving = Arriving(*[piece(HALF, more=True)] * 100)
    with pytest.raises(ServiceError):
        arriving.read()
    assert len(arriving.left) == 91


@pytest.mark.parametrize("before", [[], [piece(b"{", more=True)]])
def test_a_client_that_leaves_before_the_end_gets_no_answer(before: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientGoneError):
        Arriving(*before, GONE).read()


def test_an_answer_carries_its_length() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(send_answer(send, HttpAnswer(200, b"abc", [(b"a", b"b")])))
    assert sent == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"a", b"b"), (b"content-length", b"3")],
        },
        {"type": "http.response.body", "body": b"abc"},
    ]
