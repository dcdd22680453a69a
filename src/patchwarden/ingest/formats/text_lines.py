"""Gives the lines of a list that somebody's command printed."""

from collections.abc import Iterator, Sequence

from patchwarden.ingest.formats.text_encoding import decode_start, decode_text

_MOST_LINES = 10


def first_lines(content: bytes) -> Sequence[str]:
    """Give the first lines that are not blank, by which a list is recognised; never raises."""
    lines = [line.rstrip("\r") for line in decode_start(content).split("\n") if line.strip()]
    # The last may be cut off, where the start ends.
    return lines[: min(_MOST_LINES, max(1, len(lines) - 1))]


def placed_lines(content: bytes) -> Iterator[tuple[str, str]]:
    """Give the lines that are not blank, each with its place, such as `line 3`.

    Raises InvalidReportError.
    """
    for number, line in enumerate(decode_text(content).split("\n"), start=1):
        if line.strip():
            yield f"line {number}", line.rstrip("\r")
