"""Decompresses what is sent as gzip, up to a size, and refuses what is damaged."""

import zlib

from patchwarden.ingest.errors import InvalidReportError

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WBITS = zlib.MAX_WBITS | 16


def is_gzip(content: bytes) -> bool:
    """Say whether content begins as gzip does."""
    return content.startswith(_GZIP_MAGIC)


def decompressed(content: bytes, limit_bytes: int, what: str) -> bytes:
    """Give gzip decompressed, and anything else as it is.

    What is larger than `limit_bytes` once decompressed is cut off one byte later; `what` names it
    in a refusal, such as `report`. Raises InvalidReportError if it is damaged.
    """
    if not is_gzip(content):
        return content
    stream = zlib.decompressobj(wbits=_GZIP_WBITS)
    try:
        found = stream.decompress(content, limit_bytes + 1)
    except zlib.error as error:
        raise InvalidReportError(f"The {what} is not valid gzip: {error}.") from error
    if len(found) <= limit_bytes and not stream.eof:
        raise InvalidReportError(f"The {what} is cut off: its gzip stream has no end.")
    if stream.unused_data:
        raise InvalidReportError(f"The {what} has something after the end of its gzip stream.")
    return found
