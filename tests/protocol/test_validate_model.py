"""Every constraint of every operation, satisfied and broken, all derived from the model."""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchwarden.protocol.errors import ServiceError
from patchwarden.protocol.service_model import Operation, ServiceModel, Shape
from patchwarden.protocol.validate import validate

MODEL = ServiceModel.load()
BOTOCORE = BotocoreModel(Loader().load_service_model("ssm", "service-2"))
OPERATIONS = sorted(MODEL.operations.values(), key=lambda operation: operation.target)

Value: TypeAlias = Any
"""What json11 decodes."""


def message_of(params: Value, shape: Shape) -> str:
    with pytest.raises(ServiceError, match=r"validation errors? detected: ") as caught:
        validate(params, shape)
    return caught.value.message


# Every constraint of the model

SAMPLES = (
    *("a", "abc", "AWS:abc", "1", "1.0", "$LATEST", "123456789012", "/a", "sum", "tag:a"),
    *("i-12345678", "mi-0123456789abcdef0", "oi-0123456789ab", "mw-0123456789abcdef0"),
    *("01234567-89ab-cdef-0123-456789abcdef", "2026-11-24T10:33:19Z", "abcdef", "a" * 20),
    *("aa@aa.iam.gserviceaccount.com", "ou-abcd-abcdefgh", "https://a.s3.amazonaws.com/a"),
    *("arn:aws:config:a:123456789012:connector/a", "arn:aws:iam::123456789012:role/abcdefgh"),
    *("arn:aws:ssm:us-east-1:123456789012:opsitem/oi-0123456789ab",),
    *("arn:aws:ssm:us-east-1:123456789012:opsmetadata/a", "arn:a"),
    "projects/1/locations/global/workloadIdentityPools/abcd/providers/abcd",
)
BROKEN = ("", " ", "!", "é\n", "\U0001f600 !")


# Enough of each category for the texts above.
CATEGORIES = {"L": "a-zA-Z", "N": "0-9", "Z": " ", "P": "!-/:-@", "M": ""}


def oracle(pattern: str, text: str) -> bool:
    """Tell whether a Java pattern matches one of the texts above."""
    simple = re.sub(r"\\p\{(\w)\}", lambda category: CATEGORIES[category[1]], pattern)
    return re.fullmatch(simple.replace(r"\w-\/", r"\w\-\/"), text, re.ASCII) is not None


def valid_text(shape: Shape) -> str:
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
    while shape.kind in {"list", "map"}:
        shape = shape.members["member" if shape.kind == "list" else "value"]
    return shape


Broken: TypeAlias = tuple[Value, str, str]
"""A value that breaks one constraint, the path where that shows, and what the message says."""


def broken(shape: Shape, path: str, above: frozenset[Shape] = frozenset()) -> Iterator[Broken]:
    yield from ((value, path, tail) for value, tail in broken_itself(shape, above))
    match shape.kind:
        case "structure":
            yield from broken_members(shape, path, above | {shape})
        case "list":
            element = shape.members["member"]
            whole = valid(shape, above)
            for value, inner, tail in broken(element, f"{path}.1.member", above):
                yield [value, *whole[1:]], *subject(path, inner, f"{path}.1.member", tail)
        case "map":
            whole = valid(shape, above)
            first = next(iter(whole))
            step = f"{path}.{first}.member"
            for value, inner, tail in broken(shape.members["value"], step, above):
                yield {**whole, first: value}, *subject(path, inner, step, tail)
            for key, tail in broken_itself(shape.members["key"], above):
                yield {key: whole[first], **whole}, path, tail


def subject(outer: str, inner: str, step: str, tail: str) -> tuple[str, str]:
    """Give the subject: the list or map itself if what is broken is a rule of its elements."""
    return (outer, tail) if inner == step else (inner, tail)


def broken_members(shape: Shape, path: str, above: frozenset[Shape]) -> Iterator[Broken]:
    whole = valid(shape, above - {shape})
    for name, member in shape.members.items():
        step = f"{path}.{name[0].lower()}{name[1:]}".removeprefix(".")
        if name in shape.required:
            rest = {other: value for other, value in whole.items() if other != name}
            yield rest, step, "Member must not be null"
        if name in whole:
            for value, inner, tail in broken(member, step, above):
                yield {**whole, name: value}, inner, tail


def broken_itself(shape: Shape, above: frozenset[Shape]) -> Iterator[tuple[Value, str]]:
    is_number = shape.kind in {"integer", "long", "float", "double"}
    measure = "value" if is_number else "length"
    for limit, word, beyond in ((shape.maximum, "less", 1), (shape.minimum, "greater", -1)):
        if limit is not None and (is_number or limit + beyond >= 0):
            size = int(limit) + beyond
            yield (
                size if is_number else of_size(shape, size, above),
                f"Member must have {measure} {word} than or equal to {limit}",
            )
    if shape.pattern:
        text = next(text for text in BROKEN if not oracle(shape.pattern, text))
        yield text, f"Member must satisfy regular expression pattern: {shape.pattern}"
    if shape.enum:
        yield "?", f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def of_size(shape: Shape, size: int, above: frozenset[Shape]) -> Value:
    match shape.kind:
        case "list":
            return [valid(shape.members["member"], above)] * size
        case "map":
            return {f"k{n}": valid(shape.members["value"], above) for n in range(size)}
        case kind:
            return b"a" * size if kind == "blob" else "a" * size


def by_target(operation: Operation) -> str:
    return operation.target


@pytest.mark.parametrize("operation", OPERATIONS, ids=by_target)
def test_a_value_that_satisfies_all_constraints_is_accepted(operation: Operation) -> None:
    validate(valid(operation.input), operation.input)


@pytest.mark.parametrize("operation", OPERATIONS, ids=by_target)
def test_each_broken_constraint_is_named_at_its_place(operation: Operation) -> None:
    for params, path, tail in broken(operation.input, ""):
        message = message_of(params, operation.input)
        _, found, violation = message.partition(f" at '{path}' failed to satisfy constraint: ")
        assert found, (path, tail, message)
        assert tail in violation, (path, tail)


def test_the_model_has_constraints_enough_to_make_this_a_test() -> None:
    tails = [tail for each in OPERATIONS for _, _, tail in broken(each.input, "")]
    for start in ("Member must not be null", "Member must have value", "Member must have length"):
        assert sum(tail.startswith(start) for tail in tails) > 50
    assert sum("regular expression" in tail for tail in tails) > 100
    assert sum("enum value set" in tail for tail in tails) > 100


# Held against botocore's own validator


def is_within(value: Value, shape: Shape) -> bool:
    """Tell whether what botocore does not check is satisfied too."""
    if shape.kind == "structure":
        return all(is_within(value[name], shape.members[name]) for name in value)
    if shape.kind in {"integer", "long"}:
        return shape.maximum is None or bool(value <= shape.maximum)
    if shape.kind in {"string", "list", "map", "blob"}:
        least, most = shape.minimum or 0, 10**9 if shape.maximum is None else shape.maximum
        return least <= len(value) <= most and _elements_are_within(value, shape)
    return True


def _elements_are_within(value: Value, shape: Shape) -> bool:
    match shape.kind:
        case "list":
            return all(is_within(each, shape.members["member"]) for each in value)
        case "map":
            key, item = shape.members["key"], shape.members["value"]
            return all(is_within(k, key) and is_within(v, item) for k, v in value.items())
        case _:
            is_matched = shape.pattern is None or oracle(shape.pattern, value)
            return is_matched and (not shape.enum or value in shape.enum)


def is_union(shape_name: str) -> bool:
    return bool(getattr(BOTOCORE.shape_for(shape_name), "is_tagged_union", False))


def shape_names_in(shape: Shape) -> set[str]:
    names, waiting = set(), [shape]
    while waiting:
        each = waiting.pop()
        if each.name not in names:
            names.add(each.name)
            waiting.extend(each.members.values())
    return names


# Not done: unions (botocore asks for exactly one member); no operation about patches has one.
UNIONS = {name for name in BOTOCORE.shape_names if is_union(name)}
WITHOUT_UNIONS = sorted(
    name
    for name in BOTOCORE.operation_names
    if not UNIONS & shape_names_in(MODEL.operations[f"AmazonSSM.{name}"].input)
)


Values: TypeAlias = st.SearchStrategy[Value]


def values_of(shape: Shape, depth: int = 0) -> Values:
    match shape.kind:
        case "structure":
            return structures_of(shape, depth + 1)
        case "list":
            return st.lists(values_of(shape.members["member"], depth), max_size=3)
        case "map":
            key, value = shape.members["key"], shape.members["value"]
            return st.dictionaries(values_of(key), values_of(value, depth), max_size=3)
        case "string":
            return st.just(valid_text(shape)) | st.sampled_from([*SAMPLES, *shape.enum])
        case "integer" | "long":
            limits = [int(limit) for limit in (shape.minimum, shape.maximum) if limit is not None]
            return st.sampled_from([each + step for each in [*limits, 5] for step in (-1, 0, 1)])
        case _:
            return st.just(valid_scalar(shape))


def structures_of(shape: Shape, depth: int) -> Values:
    if depth > 4:
        return st.just({})
    members = {name: values_of(each, depth) for name, each in shape.members.items()}
    required = {name: members[name] for name in shape.required}
    optional = {name: each for name, each in members.items() if name not in required}
    complete = st.fixed_dictionaries(required, optional=optional)
    return complete | st.fixed_dictionaries({}, optional=members)


@settings(
    max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data())
def test_accepted_is_what_botocore_accepts_within_the_other_limits(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(WITHOUT_UNIONS))
    shape = MODEL.operations[f"AmazonSSM.{name}"].input
    params = data.draw(values_of(shape))
    botocore_shape = BOTOCORE.operation_model(name).input_shape
    is_fine = not ParamValidator().validate(params, botocore_shape).has_errors()
    if is_fine and is_within(params, shape):
        validate(params, shape)
    else:
        message_of(params, shape)
