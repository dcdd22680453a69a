import threading
import uuid

from hypothesis import given
from hypothesis import strategies as st

from patchwarden.server.randomness import RandomBytes, request_id


def test_every_byte_is_given_once_whichever_thread_asks() -> None:
    source = RandomBytes()
    given_to: list[list[bytes]] = [[] for _ in range(4)]

    def take(into: list[bytes]) -> None:
        into += [source(12) for _ in range(2_000)]

    threads = [threading.Thread(target=take, args=(each,)) for each in given_to]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [nonce for each in given_to for nonce in each]
    assert len(set(every)) == len(every) == 8_000
    assert {len(nonce) for nonce in every} == {12}


def test_any_number_of_bytes_can_be_had() -> None:
    source = RandomBytes()
    assert [len(source(count)) for count in (0, 1, 16, 17, 5000)] == [0, 1, 16, 17, 5000]


def test_nothing_of_what_was_fetched_is_shown() -> None:
    source = RandomBytes()
    source(16)
    assert repr(source) == "RandomBytes()"


@given(st.binary(min_size=16, max_size=16))
def test_a_request_id_is_a_uuid_of_version_4(random_bytes: bytes) -> None:
    assert request_id(random_bytes) == str(uuid.UUID(bytes=random_bytes, version=4))
