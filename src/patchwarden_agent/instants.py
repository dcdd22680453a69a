"""Reads instants, in seconds since 1970; what the server would not take is None, as if unknown."""

import email.utils
from pathlib import Path
from typing import Optional

_LATEST = 2**32 - 1
"""A day in 2106: the server takes none after it."""


def known(at: float) -> Optional[float]:
    """Give an instant if it is from 1970 to 2106."""
    return at if 0 <= at <= _LATEST else None


def digits_instant(text: str) -> Optional[float]:
    """Read an instant that is written as a number of seconds."""
    return known(float(text)) if text.isascii() and text.isdigit() else None


def mail_instant(text: str) -> Optional[float]:
    """Read a date as mail has it, such as `Sat, 05 Sep 2026 09:40:39 -0300`."""
    try:
        return known(email.utils.parsedate_to_datetime(text.strip()).timestamp())
    except (TypeError, ValueError, IndexError, OverflowError, OSError):
        return None


def modified_at(path: Path) -> Optional[float]:
    """Give when a file was last changed; None if there is none that can be looked at."""
    try:
        return known(path.stat().st_mtime)
    except OSError:
        return None
