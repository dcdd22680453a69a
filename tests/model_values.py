"""Values of the shapes of the service model: some that satisfy all constraints, some that break
one.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest

from patchwarden.protocol.service_model import Shape

Value: TypeAlias = Any
"""What json11 decodes."""

SAMPLES = (
    "CVE-2026-1000",
    *("a", "abc", "AWS:abc", "1", "1.0", "$LATEST", "123456789012", "/a", "sum", "tag:a"),
    *("i-12345678", "mi-0123456789abcdef0", "oi-0123456789ab", "mw-0123456789abcdef0"),
    *("01234567-89ab-cdef-0123-456789abcdef", "2026-11-24T10:33:19Z", "abcdef", "a" * 20),
    *("aa@aa.iam.gserviceaccount.com", "ou-abcd-abcdefgh", "https://a.s3.amazonaws.com/a"),
    *("arn:aws:config:a:123456789012:connector/a", "arn:aws:iam::123456789012:role/abcdefgh"),
    *("arn:aws:ssm:us-east-1:123456789012:opsitem/oi-0123456789ab",),
    *("arn:aws:ssm:us-east-1:123456789012:opsmetadata/a", "arn:a"),
    "projects/1/locations/global/workloadIdentityPools/abcd/providers/abcd",
)
_BROKEN = ("", " ", "!", "é\n", "\U0001f600 !")


# Enough of each category for the texts above.
_CATEGORIES = {"L": "a-zA-Z", "N": "0-9", "Z": " ", "P": "!-/:-@", "M": "", "S": "\U0001f600"}


def oracle(pattern: str, text: str) -> bool:
    """Tell whether a Java pattern matches one of the texts above."""
    simple = re.sub(r"\\p\{(\w)\}", lambda category: _CATEGORIES[category[1]], pattern)
    return re.fullmatch(simple.replace(r"\w-\/", r"\w\-\/"), text, re.ASCII) is not None


def valid_text(shape: Shape) -> str:
    """Give a text of a shape."""
    if shape.enum:
        return shape.enum[0]
    least, most = int(shape.minimum or 0), int(shape.maximum or 10**6)
    for sample in SAMPLES:
        for text in (sample, sample * least):
            if least <= len(text) <= most and (
                shape.pattern is None or oracle(shape.pattern, text)
            ):
                return text
    pytest.fail(f"add a sample for {shape.name}: {shape.pattern}, {least} to {most} characters")


def valid(shape: Shape, above: frozenset[Shape] = frozenset()) -> Value:
    """Give a value that has all members, each of the least size above zero.

    Structures that contain themselves do so no further than `above`.
    """
    size = max(1, int(shape.minimum or 0))
    match shape.kind:
        case "structure":
            inside = above | {shape}
            members = shape.members.items()
            return {
                name: valid(each, inside) for name, each in members if innermost(each) not in inside
            }
        case "list":
            return [valid(shape.members["member"], above)] * size
        case "map":
            return {f"k{n}": valid(shape.members["value"], above) for n in range(size)}
        case _:
            return valid_scalar(shape)


def valid_scalar(shape: Shape) -> Value:
    """Give a value of a shape that has no parts."""
    match shape.kind:
        case "string":
            return valid_text(shape)
        case "blob":
            return b"a" * max(1, int(shape.minimum or 0))
        case "boolean":
            return True
        case _:
            return shape.minimum if shape.minimum is not None else 1


def innermost(shape: Shape) -> Shape:
    """Give what the lists and maps of a shape are made of in the end."""
    while shape.kind in {"list", "map"}:
        shape = shape.members["member" if shape.kind == "list" else "value"]
    return shape


Broken: TypeAlias = tuple[Value, str, str]
"""A value that breaks one constraint, the path where that shows, and what the message says."""


def broken(shape: Shape, path: str, above: frozenset[Shape] = frozenset()) -> Iterator[Broken]:
    """Give values of a shape that each break one constraint of it or of what is in it."""
    yield from ((value, path, tail) for value, tail in _broken_itself(shape, above))
    match shape.kind:
        case "structure":
            yield from _broken_members(shape, path, above | {shape})
        case "list":
            element = shape.members["member"]
            whole = valid(shape, above)
            for value, inner, tail in broken(element, f"{path}.1.member", above):
                yield [value, *whole[1:]], *_subject(path, inner, f"{path}.1.member", tail)
        case "map":
            whole = valid(shape, above)
            first = next(iter(whole))
            step = f"{path}.{first}.member"
            for value, inner, tail in broken(shape.members["value"], step, above):
                yield {**whole, first: value}, *_subject(path, inner, step, tail)
            for key, tail in _broken_itself(shape.members["key"], above):
                yield {key: whole[first], **whole}, path, tail


def _subject(outer: str, inner: str, step: str, tail: str) -> tuple[str, str]:
    """Give the subject: the list or map itself if what is broken is a rule of its elements."""
    return (outer, tail) if inner == step else (inner, tail)


def _broken_members(shape: Shape, path: str, above: frozenset[Shape]) -> Iterator[Broken]:
    whole = valid(shape, above - {shape})
    for name, member in shape.members.items():
        step = f"{path}.{name[0].lower()}{name[1:]}".removeprefix(".")
        if name in shape.required:
            rest = {other: value for other, value in whole.items() if other != name}
            yield rest, step, "Member must not be null"
        if name in whole:
            for value, inner, tail in broken(member, step, above):
                yield {**whole, name: value}, inner, tail


def _broken_itself(shape: Shape, above: frozenset[Shape]) -> Iterator[tuple[Value, str]]:
    is_number = shape.kind in {"integer", "long", "float", "double"}
    measure = "value" if is_number else "length"
    for limit, word, beyond in ((shape.maximum, "less", 1), (shape.minimum, "greater", -1)):
        if limit is not None and (is_number or limit + beyond >= 0):
            size = int(limit) + beyond
            yield (
                size if is_number else _of_size(shape, size, above),
                f"Member must have {measure} {word} than or equal to {limit}",
            )
    if shape.pattern:
        text = next(text for text in _BROKEN if not oracle(shape.pattern, text))
        yield text, f"Member must satisfy regular expression pattern: {shape.pattern}"
    if shape.enum:
        yield "?", f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _of_size(shape: Shape, size: int, above: frozenset[Shape]) -> Value:
    match shape.kind:
        case "list":
            return [valid(shape.members["member"], above)] * size
        case "map":
            return {f"k{n}": valid(shape.members["value"], above) for n in range(size)}
        case kind:
            return b"a" * size if kind == "blob" else "a" * size
