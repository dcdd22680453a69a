"""Reads feeds that are lines of text."""

from collections.abc import Iterator

from patchwarden.catalog.feed import Member
from patchwarden.catalog.parsing.json_head import BYTE_ORDER_MARK

_MAX_LINE_BYTES = 1_000_000


def lines_of(member: Member) -> Iterator[tuple[int, str]]:
    """Give each line without its end, with its number; refuses what is not UTF-8 or no line."""
    number = 0
    while line := member.stream.readline(_MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > _MAX_LINE_BYTES:
            member.refuse(f"line {number}", f"it is longer than {_MAX_LINE_BYTES} bytes")
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        try:
            yield number, line.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            member.refuse(f"line {number}", "it is not UTF-8", error)


def first_line(head: bytes) -> str:
    """Give the first line that is not empty of the beginning of a file; empty if there is none."""
    text = head.removeprefix(BYTE_ORDER_MARK).decode(errors="replace")
    return next((line for line in text.splitlines() if line.strip()), "")
