"""The constraints of the service model, and the one error that lists all that a request breaks.

Everything follows from the shapes; the grammar of the message is contract 1.5. What it leaves open:
lengths of strings are in UTF-16 code units, as Java counts; structures print like maps,
`{Key=CLASSIFICATION, Values=[Security]}`; and a message repeats a limited part of the request only.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from patchwarden.protocol.errors import ServiceError, validation_error
from patchwarden.protocol.java_pattern import matcher
from patchwarden.protocol.service_model import Shape

MAX_LISTED = 100
"""The violations that are written out; the count in front tells of all that were found."""

MAX_FOUND = 1000
"""Where the search ends: a body of a few megabytes can break millions of rules."""

MAX_PRINTED = 1000
"""The characters of a value, or of a path, that are repeated; `...` stands for the rest."""

_Path: TypeAlias = "tuple[_Path, str] | None"
_NOT_NULL = "Member must not be null"


class _EnoughFoundError(Exception):
    """There are `MAX_FOUND` violations."""


class _Rule(NamedTuple):
    tail: str
    """What the message says of it."""
    holds: Callable[[Any], bool]
    """Raises TimeoutError if a pattern takes too long to match."""


class _Violation(NamedTuple):
    path: _Path
    value: object
    """None if the member is absent."""
    tail: str
    is_sensitive: bool


_Check = Callable[[Any, _Path, list[_Violation]], None]


def validate(params: dict[str, Any], shape: Shape) -> None:
    """Return if `params`, which `json11.decode` gave, satisfies all constraints of `shape`.

    Raises ValidationException.
    """
    check = _check(shape)
    if check is None:
        return
    found: list[_Violation] = []
    try:
        check(params, None, found)
    except (TimeoutError, _EnoughFoundError):
        # A value that took too long is the last violation; nothing behind it is looked at.
        raise _error(found) from None
    if found:
        raise _error(found)


def _error(found: list[_Violation]) -> ServiceError:
    # Whoever mixes up two members may have sent a secret in a member that is none.
    without_values = [violation._replace(is_sensitive=True) for violation in found]
    return validation_error(_message(found), log_text=_message(without_values))


def _message(found: list[_Violation]) -> str:
    listed = [_describe(violation) for violation in found[:MAX_LISTED]]
    if len(found) > MAX_LISTED:
        listed.append("...")
    noun = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {noun} detected: {'; '.join(listed)}"


def _describe(violation: _Violation) -> str:
    if violation.value is None:
        subject = "Value null"
    elif violation.is_sensitive:
        subject = "Value"
    else:
        subject = f"Value '{_cut(_java_text(violation.value))}'"
    path = _cut([_path_text(violation.path)])
    return f"{subject} at '{path}' failed to satisfy constraint: {violation.tail}"


def _cut(pieces: Iterable[str]) -> str:
    text = ""
    for piece in pieces:
        text += piece[: MAX_PRINTED + 1]
        if len(text) > MAX_PRINTED:
            return text[:MAX_PRINTED] + "..."
    return text


def _path_text(path: _Path) -> str:
    steps = []
    while path is not None:
        path, step = path
        steps.append(step)
    return ".".join(reversed(steps))


def _java_text(value: object) -> Iterator[str]:
    """Give the pieces of what Java's toString says."""
    match value:
        case dict():
            items = (itertools.chain([f"{key}="], _java_text(value[key])) for key in value)
            yield from _enclosed("{", items, "}")
        case list():
            yield from _enclosed("[", map(_java_text, value), "]")
        case bool():
            yield str(value).lower()
        case bytes():
            yield f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
        case _:
            yield str(value)


def _enclosed(opening: str, items: Iterable[Iterable[str]], closing: str) -> Iterator[str]:
    separator = opening
    for item in items:
        yield separator
        yield from item
        separator = ", "
    yield closing if separator != opening else opening + closing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """What is to be checked of one member of a structure."""

    name: str
    step: str
    """Its name in paths."""
    is_required: bool
    rules: tuple[_Rule, ...]
    """That on how much it may be comes first."""
    check: _Check | None
    """What there is to check deeper inside."""
    is_sensitive: bool
    most: float | None
    """How many elements it may have, if that is limited."""


@functools.cache
def _check(shape: Shape) -> _Check | None:
    return _compile(shape, {})


def _compile(shape: Shape, compiled: dict[Shape, _Check]) -> _Check | None:
    """Give what checks the structures at or inside a value; None if they have no constraints."""
    within = _shapes_within(shape)
    if not any(each.kind == "structure" and _is_constrained(each) for each in within):
        return None
    match shape.kind:
        case "structure":
            return _structure(shape, compiled)
        case "list":
            return _container(shape.members["member"], _list_items, compiled)
        case _:
            return _container(shape.members["value"], _map_items, compiled)


def _shapes_within(shape: Shape) -> set[Shape]:
    within: set[Shape] = set()
    waiting = [shape]
    while waiting:
        each = waiting.pop()
        if each not in within:
            within.add(each)
            waiting.extend(each.members.values())
    return within


def _is_constrained(structure: Shape) -> bool:
    return bool(structure.required) or any(_rules(each) for each in structure.members.values())


def _structure(shape: Shape, compiled: dict[Shape, _Check]) -> _Check:
    if shape in compiled:
        return compiled[shape]
    members: list[_Member] = []

    def check(value: Mapping[str, Any], path: _Path, found: list[_Violation]) -> None:
        for member in members:
            item = value.get(member.name)
            if item is not None:
                # What is too much is refused anyway, and to look into it could take seconds.
                is_too_much = member.most is not None and len(item) > member.most
                rules = member.rules[:1] if is_too_much else member.rules
                _check_rules(member, rules, item, path, found)
                if member.check and not is_too_much:
                    member.check(item, (path, member.step), found)
            elif member.is_required:
                found.append(_Violation((path, member.step), None, _NOT_NULL, member.is_sensitive))
        if len(found) >= MAX_FOUND:
            raise _EnoughFoundError

    compiled[shape] = check
    every = [_member(shape, name, compiled) for name in shape.members]
    members.extend(each for each in every if each.is_required or each.rules or each.check)
    return check


def _member(structure: Shape, name: str, compiled: dict[Shape, _Check]) -> _Member:
    shape = structure.members[name]
    return _Member(
        name=name,
        step=name[:1].lower() + name[1:],
        is_required=name in structure.required,
        rules=_rules(shape),
        check=_compile(shape, compiled),
        is_sensitive=any(each.is_sensitive for each in _shapes_within(shape)),
        most=shape.maximum if shape.kind in {"list", "map"} else None,
    )


def _check_rules(
    member: _Member,
    rules: Iterable[_Rule],
    item: object,
    path: _Path,
    found: list[_Violation],
) -> None:
    for tail, holds in rules:
        is_broken = True
        try:
            is_broken = not holds(item)
        finally:
            # Also when a pattern took too long to match: TimeoutError is on its way up then.
            if is_broken:
                found.append(_Violation((path, member.step), item, tail, member.is_sensitive))


def _container(
    item_shape: Shape,
    items: Callable[[Any], Iterable[tuple[str, Any]]],
    compiled: dict[Shape, _Check],
) -> _Check:
    check_item = _compile(item_shape, compiled)
    assert check_item is not None

    def check(value: object, path: _Path, found: list[_Violation]) -> None:
        for step, item in items(value):
            check_item(item, (path, step), found)

    return check


def _list_items(value: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{index}.member", item) for index, item in enumerate(value, 1))


def _map_items(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{key}.member", item) for key, item in value.items())


@functools.cache
def _rules(shape: Shape) -> tuple[_Rule, ...]:
    """Give the rules whose subject a value of `shape` is."""
    return (*_bounds(shape), *_text_rules(shape), *_element_rules(shape))


def _bounds(shape: Shape) -> Iterator[_Rule]:
    subject, measure = _MEASURES.get(shape.kind, ("length", len))
    if (maximum := shape.maximum) is not None:
        tail = f"Member must have {subject} less than or equal to {maximum}"
        yield _Rule(tail, lambda value: measure(value) <= maximum)
    if (minimum := shape.minimum) is not None:
        tail = f"Member must have {subject} greater than or equal to {minimum}"
        yield _Rule(tail, lambda value: measure(value) >= minimum)


def _utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


_MEASURES: Mapping[str, tuple[str, Callable[[Any], float]]] = {
    "string": ("length", _utf16_length),
    "integer": ("value", int),
    "long": ("value", int),
    "float": ("value", float),
    "double": ("value", float),
}


def _text_rules(shape: Shape) -> Iterator[_Rule]:
    if shape.pattern is not None:
        tail = f"Member must satisfy regular expression pattern: {shape.pattern}"
        yield _Rule(tail, matcher(shape.pattern))
    if shape.enum:
        tail = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        yield _Rule(tail, frozenset(shape.enum).__contains__)


def _element_rules(shape: Shape) -> Iterator[_Rule]:
    if shape.kind == "list":
        yield from _all_satisfy("Member must", shape.members["member"], iter)
    elif shape.kind == "map":
        yield from _all_satisfy("Map keys must", shape.members["key"], iter)
        yield from _all_satisfy("Map value must", shape.members["value"], dict.values)


def _all_satisfy(
    subject: str, element: Shape, elements: Callable[[Any], Iterable[Any]]
) -> Iterator[_Rule]:
    rules = _rules(element)
    if not rules:
        return
    tails = ", ".join(rule.tail for rule in rules)
    yield _Rule(
        f"{subject} satisfy constraint: [{tails}]",
        lambda value: all(rule.holds(each) for each in elements(value) for rule in rules),
    )
