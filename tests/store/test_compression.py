from collections.abc import Callable
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.store.compression import compress, compress_text, decompress, decompress_text

TEXT = (
    b'{"name":"bash","architecture":"amd64","version":"5.2-1","installed_at":0,"section":"shells"'
    b',"available":[{"version":"5.2-1","origins":[0]}]}'
)
WRITTEN = bytes.fromhex(
    "28b52ffd208c5d010088626173352e327368656c6c73305d7d5d7d0800b3bbe10802ecae50a304065653066b33505f3a68cd0001"
)
"""`TEXT` as it was compressed when the form of the store was fixed."""
WAYS = [(compress, decompress), (compress_text, decompress_text)]


@pytest.mark.parametrize(("forth", "back"), WAYS)
@given(content=st.binary(max_size=300))
def test_what_was_compressed_comes_back(
    forth: Callable[[bytes], bytes], back: Callable[[bytes], bytes], content: bytes
) -> None:
    assert back(forth(content)) == content


def test_a_short_text_shrinks_by_what_all_such_texts_have_in_common() -> None:
    assert len(compress_text(TEXT)) < len(TEXT) / 2 < len(compress(TEXT))


def test_texts_that_stores_already_have_can_be_read() -> None:
    assert decompress_text(WRITTEN) == TEXT


def test_each_thread_compresses_by_itself() -> None:
    contents = [bytes([number]) * 100_000 for number in range(8)]
    found: dict[int, list[bytes]] = {}

    def run(number: int) -> None:
        found[number] = [decompress(compress(contents[number])) for _ in range(20)]

    threads = [Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [content] * 20 for number, content in enumerate(contents)}
