"""The result of one check."""

from typing import Literal, NamedTuple

Status = Literal["ok", "warning", "problem"]


class Finding(NamedTuple):
    """What one check found: a sentence that says what to do, where there is something to do."""

    check: str
    status: Status
    sentence: str


def ok(check: str, sentence: str) -> Finding:
    """Give a finding that needs no action."""
    return Finding(check, "ok", sentence)


def warning(check: str, sentence: str) -> Finding:
    """Give a finding that may need action."""
    return Finding(check, "warning", sentence)


def problem(check: str, sentence: str) -> Finding:
    """Give a finding with which the installation cannot work as it should."""
    return Finding(check, "problem", sentence)
