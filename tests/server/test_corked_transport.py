import asyncio
from typing import cast

from patchwarden.server.corked_transport import CorkedTransport


class Wire:
    """The other end: keeps what goes out, piece by piece."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.sent.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


def corked(wire: Wire) -> CorkedTransport:
    return CorkedTransport(cast(asyncio.Transport, wire), asyncio.get_running_loop())


def test_what_one_turn_writes_goes_out_in_one_piece_at_its_end() -> None:
    async def write() -> None:
        wire = Wire()
        transport = corked(wire)
        transport.write(b"head ")
        transport.write(b"body")
        assert wire.sent == []
        await asyncio.sleep(0)
        assert wire.sent == [b"head body"]
        transport.write(b"more")
        await asyncio.sleep(0)
        assert wire.sent == [b"head body", b"more"]

    asyncio.run(write())


def test_much_goes_out_at_once() -> None:
    async def write() -> None:
        wire = Wire()
        corked(wire).write(bytes(300_000))
        assert wire.sent == [bytes(300_000)]
        await asyncio.sleep(0)
        assert len(wire.sent) == 1

    asyncio.run(write())


def test_closing_sends_the_rest_first() -> None:
    async def write() -> None:
        wire = Wire()
        transport = corked(wire)
        transport.write(b"last words")
        transport.close()
        assert wire.sent == [b"last words"]
        assert wire.is_closed
        await asyncio.sleep(0)

    asyncio.run(write())


def test_nothing_is_written_to_one_who_has_hung_up() -> None:
    async def write() -> None:
        wire = Wire()
        transport = corked(wire)
        transport.write(b"answer")
        wire.close()
        await asyncio.sleep(0)
        assert wire.sent == []

    asyncio.run(write())


def test_all_else_is_the_transport_s() -> None:
    async def ask() -> None:
        assert corked(Wire()).is_closing() is False

    asyncio.run(ask())
