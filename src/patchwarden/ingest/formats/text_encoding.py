"""Decodes files whose encoding nobody says: by their byte order mark, else as UTF-8.

PowerShell 5.1 writes UTF-16 where output is redirected, and UTF-8 with a mark on request.
"""

import codecs
import re

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.limits import MAX_TEXT

# UTF-32 before UTF-16, whose little-endian mark it begins with.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_START_BYTES = 64 * 1024
# What reports refuse (`ingest.limits`), and halves of characters.
_CONTROLS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+"
)


def decode_text(content: bytes) -> str:
    """Decode a whole file, without its mark.

    Raises InvalidReportError with the position of the first byte that is wrong.
    """
    mark, encoding = _mark_and_encoding(content)
    try:
        return content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidReportError(
            f"The file is wrong at byte {len(mark) + error.start}: it is not valid "
            f"{encoding.upper()}. Save it in UTF-8, in PowerShell by: Set-Content -Encoding utf8"
        ) from error


def decode_start(content: bytes) -> str:
    """Decode the first 64 KiB of a file, whatever they are; never raises."""
    mark, encoding = _mark_and_encoding(content)
    return content[len(mark) : _START_BYTES].decode(encoding, errors="replace")


def plain_text(text: str) -> str:
    """Give a text as a report may have it: on one line, without controls, not too long."""
    return _CONTROLS.sub(" ", text).strip()[:MAX_TEXT].rstrip()


def _mark_and_encoding(content: bytes) -> tuple[bytes, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return mark, encoding
    return b"", _encoding_without_mark(content[:4])


def _encoding_without_mark(start: bytes) -> str:
    """Tell UTF-16 from UTF-8 by the zero bytes beside `[`, `{` or a letter."""
    if start[1:2] == b"\0" and start[:1] != b"\0":
        return "utf-16-le"
    if start[:1] == b"\0" and start[1:2] not in {b"\0", b""}:
        return "utf-16-be"
    return "utf-8"
