"""Files in the encodings that Windows writes."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.text_encoding import decode_start, decode_text, plain_text
from patchwarden.ingest.limits import MAX_TEXT

TEXT = '[{"Title": "für 日本"}]'
MARKED = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
]


@pytest.mark.parametrize(("mark", "encoding"), MARKED)
def test_the_mark_tells_the_encoding(mark: bytes, encoding: str) -> None:
    content = mark + TEXT.encode(encoding)
    assert decode_text(content) == decode_start(content) == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_without_a_mark_the_first_bytes_tell(encoding: str) -> None:
    assert decode_text(TEXT.encode(encoding)) == TEXT


def test_anything_else_is_refused_with_its_place_and_what_to_do() -> None:
    with pytest.raises(InvalidReportError, match=r"at byte 10: .*UTF-8\. Save it in UTF-8"):
        decode_text(b'"Title": "\xfcber"')


def test_the_place_counts_the_mark() -> None:
    with pytest.raises(InvalidReportError, match=r"at byte 4: .*UTF-16-LE"):
        decode_text(codecs.BOM_UTF16_LE + b"a\0\0")


@given(st.binary(max_size=20))
def test_any_start_can_be_looked_at(content: bytes) -> None:
    decode_start(content)


@given(st.text())
def test_plain_text_is_what_a_report_takes(text: str) -> None:
    plain = plain_text(text)
    assert len(plain) <= MAX_TEXT
    assert not any(control in plain for control in "\0\n\r\x1b\x7f\x9b\u2028\u202e")
    plain.encode()
    assert plain_text(plain) == plain


def test_plain_text_keeps_words_apart() -> None:
    assert plain_text(" a\r\nb\x1b[0m ") == "a b [0m"
