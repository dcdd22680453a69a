"""Gives the lines of a list that somebody's command printed."""

from collections.abc import Callable, Iterator, Sequence

from patchwarden.ingest.formats.text_encoding import decode_start, decode_text

_MOST_LINES = 10


def first_lines(content: bytes) -> Sequence[str]:
    """Give the first lines that are not blank, by which a list is recognised; never raises."""
    lines = [line.rstrip("\r") for line in decode_start(content).split("\n") if line.strip()]
    # The last may be cut off, where the start ends.
    return lines[: min(_MOST_LINES, max(1, len(lines) - 1))]


def all_first_lines(content: bytes, is_line_of_format: Callable[[str], bool]) -> bool:
    """Say whether there are first lines, and all of a format; never raises."""
    lines = first_lines(content)
    return bool(lines) and all(map(is_line_of_format, lines))


def padded(columns: Sequence[str], count: int) -> Sequence[str]:
    """Give as many columns: empty ones for those that a line lacks, none that it has beyond."""
    return (*columns[:count], *[""] * (count - len(columns)))


def placed_lines(content: bytes) -> Iterator[tuple[str, str]]:
    """Give the lines that are not blank, each with its place, such as `line 3`.

    Raises InvalidReportError.
    """
    for number, line in enumerate(decode_text(content).split("\n"), start=1):
        if line.strip():
            yield f"line {number}", line.rstrip("\r")
