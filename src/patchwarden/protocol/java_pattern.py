"""Patterns of the service model: Java regular expressions that a whole string must match.

Two differences between Java and Python matter here: `\\w`, `\\d` and `\\s` know ASCII only in Java
(while `\\p{L}` knows all of Unicode), and its `.` excludes every line terminator.
"""

import functools
import re
from collections.abc import Callable

import regex

TIME_LIMIT_S = 0.1
"""How long a match may take."""

# The guard costs more than the match of a short value, and it takes a long one to be slow.
_UNGUARDED_LENGTH = 64

# What each stands for, as the content of a character class.
_ASCII_CLASSES = {
    r"\d": "0-9",
    r"\D": r"\x00-/:-\U0010ffff",
    r"\s": r" \t\n\x0b\f\r",
    r"\S": r"\x00-\x08\x0e-\x1f!-\U0010ffff",
    r"\w": "a-zA-Z0-9_",
    r"\W": r"\x00-/:-@\[-\^`{-\U0010ffff",
}
_DOT = r"[^\n\r\x85\u2028\u2029]"
# An escape, a character class or a dot.
_PART = regex.compile(r"(?s)\\.|\[(?:\\.|[^\]\\])*\]|\.")
# A hyphen behind an escape such as \w stands for itself.
_CLASS_PART = regex.compile(r"(?s)(\\.)(-?)")


@functools.cache
def matcher(pattern: str) -> Callable[[str], bool]:
    """Give the predicate that tells whether all of a string matches the Java expression.

    The predicate raises TimeoutError if that takes longer than `TIME_LIMIT_S`.
    """
    translated = _to_python(pattern)
    guarded = regex.compile(translated).fullmatch
    # `re` is faster, but knows no properties of characters.
    unguarded = guarded if r"\p" in pattern else re.compile(translated).fullmatch

    def matches(value: str) -> bool:
        if len(value) <= _UNGUARDED_LENGTH:
            return unguarded(value) is not None
        return guarded(value, timeout=TIME_LIMIT_S) is not None

    return matches


def _to_python(pattern: str) -> str:
    return str(_PART.sub(_translate, pattern))


def _translate(part: regex.Match[str]) -> str:
    match part[0]:
        case ".":
            return _DOT
        case name if name in _ASCII_CLASSES:
            return f"[{_ASCII_CLASSES[name]}]"
        case text if text.startswith("["):
            return str(_CLASS_PART.sub(_translate_in_class, text))
        case text:
            return str(text)


def _translate_in_class(part: regex.Match[str]) -> str:
    escape, hyphen = part[1], part[2]
    if escape not in _ASCII_CLASSES:
        return str(part[0])
    return _ASCII_CLASSES[escape] + (r"\-" if hyphen else "")
