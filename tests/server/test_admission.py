"""Who is let in, what happens to the others, and how it is told."""

import asyncio
import logging
from collections.abc import Sequence

import pytest

from in_process import Message
from patchwarden.server.admission import Admission, Reason, ThrottlingError
from patchwarden.server.http import ClientGoneError, read_body
from patchwarden.server.limits import Limits

MUCH = 1_000_000


def part(size: int, *, is_last: bool = False) -> Message:
    return {"type": "http.request", "body": bytes(size), "more_body": not is_last}


class Client:
    """Sends a body in parts."""

    def __init__(self, *parts: Message) -> None:
        self.unsent = list(parts)

    async def receive(self) -> Message:
        return self.unsent.pop(0)


async def read(admission: Admission, client: Client) -> int:
    """Read a body as the endpoint does; give how much is held meanwhile."""
    with admission.body(client.receive) as receive:
        await read_body(receive, MUCH)
        return admission.under_way[Reason.BODY_BYTES]


def held(limit: int, *parts: Message) -> int:
    return asyncio.run(read(Admission(Limits(body_bytes=limit)), Client(*parts)))


@pytest.mark.parametrize("parts", [[part(10, is_last=True)], [part(4), part(6, is_last=True)]])
def test_a_body_that_just_fits_is_read_and_counted(parts: Sequence[Message]) -> None:
    assert held(10, *parts) == 10


def test_a_body_is_counted_until_its_request_is_answered() -> None:
    admission = Admission(Limits(body_bytes=10))
    for _ in range(3):
        assert asyncio.run(read(admission, Client(part(10, is_last=True)))) == 10
        assert admission.under_way[Reason.BODY_BYTES] == 0


def test_a_body_without_room_is_dropped_to_its_end_then_refused() -> None:
    admission = Admission(Limits(body_bytes=10))
    client = Client(part(10), part(10), part(10, is_last=True))
    with pytest.raises(ThrottlingError):
        asyncio.run(read(admission, client))
    assert client.unsent == []
    assert admission.refused == {Reason.BODY_BYTES: 1}
    assert admission.under_way[Reason.BODY_BYTES] == 0


def test_a_body_without_an_end_is_not_dropped_for_ever() -> None:
    client = Client(*[part(MUCH)] * 30)
    with pytest.raises(ThrottlingError):
        asyncio.run(read(Admission(Limits(body_bytes=1)), client))
    assert client.unsent


def test_a_client_that_is_gone_is_not_answered() -> None:
    admission = Admission(Limits(body_bytes=10))
    with pytest.raises(ClientGoneError):
        asyncio.run(read(admission, Client(part(5), {"type": "http.disconnect"})))
    assert admission.under_way[Reason.BODY_BYTES] == 0


def test_the_error_is_the_one_that_clients_of_aws_send_again_after() -> None:
    error = ThrottlingError()
    assert error.status == 400
    assert error.to_body() == b'{"__type":"ThrottlingException","message":"Rate exceeded"}'


def test_a_place_is_given_back_when_what_held_it_fails() -> None:
    admission = Admission(Limits(waiting_writes=1))
    with pytest.raises(KeyError), admission.waiting(Reason.WRITES):
        raise KeyError
    with admission.waiting(Reason.WRITES):
        assert admission.under_way[Reason.WRITES] == 1


def test_what_is_refused_within_a_second_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def refuse_many() -> None:
        admission = Admission(Limits())
        for reason in (Reason.WRITES, Reason.RATE, Reason.WRITES):
            admission.refuse(reason)
        assert caplog.records == []
        admission.log_refused()
        admission.log_refused()

    with caplog.at_level(logging.INFO, "patchwarden.admission"):
        asyncio.run(refuse_many())
    (line,) = caplog.records
    assert line.getMessage() == "refused, to be sent again: 2 by writes, 1 by rate"
    assert line.levelno == logging.WARNING
