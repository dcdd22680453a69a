"""The grammar of the message; cases/validation has requests and the texts they must give."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from patchwarden.protocol.errors import ServiceError
from patchwarden.protocol.service_model import Kind, ServiceModel, Shape
from patchwarden.protocol.validate import MAX_FOUND, MAX_LISTED, MAX_PRINTED, validate

MESSAGES = Path(__file__).parent.parent / "cases" / "validation" / "messages.json"
CASES = json.loads(MESSAGES.read_text())
MODEL = ServiceModel.load()

TEXT = Shape(name="Text", kind="string", members={})
SECRET = replace(TEXT, is_sensitive=True)
SHORT_SECRET = replace(SECRET, maximum=3)
SMALL = Shape(name="Small", kind="integer", members={}, maximum=1)


def structure(**members: Shape) -> Shape:
    return Shape(name="Structure", kind="structure", members=members)


def list_of(member: Shape) -> Shape:
    return Shape(name="List", kind="list", members={"member": member})


def map_of(value: Shape) -> Shape:
    return Shape(name="Map", kind="map", members={"key": TEXT, "value": value})


def message_of(params: dict[str, Any], shape: Shape) -> str:
    with pytest.raises(ServiceError) as caught:
        validate(params, shape)
    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)
    return caught.value.message


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["operation"])
def test_the_message_says_what_is_broken(case: dict[str, Any]) -> None:
    shape = MODEL.operations[f"AmazonSSM.{case['operation']}"].input
    assert message_of(case["params"], shape) == case["message"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["a", "b"], "[a, b]"),
        ([], "[]"),
        ([{}], "[{}]"),
        ([{"Key": "a", "Values": ["b", "c"]}], "[{Key=a, Values=[b, c]}]"),
        ([True, False], "[true, false]"),
        ([1, 1.5], "[1, 1.5]"),
        ([b"abc"], "[java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]]"),
        (["it's; a 'quote'"], "[it's; a 'quote']"),
    ],
)
def test_values_print_as_in_java(value: list[Any], text: str) -> None:
    shape = structure(List=replace(list_of(TEXT), minimum=9))
    assert f"Value '{text}' at 'list' failed" in message_of({"List": value}, shape)


def test_lengths_count_utf_16_units() -> None:
    shape = structure(Text=replace(TEXT, maximum=2, minimum=2))
    validate({"Text": "\U0001f600"}, shape)
    validate({"Text": "é世"}, shape)
    assert "less than or equal to 2" in message_of({"Text": "\U0001f600a"}, shape)


@pytest.mark.parametrize(
    ("kind", "value"), [("integer", 3), ("long", 2**62 + 1), ("float", 2.5), ("double", 2.5)]
)
def test_numbers_are_bounded_by_value(kind: Kind, value: float) -> None:
    number = Shape(name="Number", kind=kind, members={})
    too_small = message_of({"N": value}, structure(N=replace(number, minimum=2**63)))
    too_large = message_of({"N": value}, structure(N=replace(number, maximum=1)))
    assert too_small.endswith("Member must have value greater than or equal to 9223372036854775808")
    assert too_large.endswith("Member must have value less than or equal to 1")
    validate({"N": value}, structure(N=replace(number, minimum=value, maximum=value)))


def test_a_long_value_is_cut() -> None:
    shape = structure(Text=replace(TEXT, maximum=1), List=replace(list_of(TEXT), maximum=1))
    message = message_of({"Text": "x" * 10_000, "List": ["yy"] * 10_000}, shape)
    assert f"Value '{'x' * MAX_PRINTED}...' at 'text'" in message
    assert "yy, yy,...' at 'list'" in message
    assert len(message) < 3 * MAX_PRINTED


def test_what_has_too_many_elements_is_not_looked_into() -> None:
    shape = structure(
        List=replace(list_of(structure(N=SMALL)), maximum=1),
        Map=replace(map_of(structure(N=SMALL)), maximum=1),
        Texts=replace(list_of(replace(TEXT, maximum=1)), maximum=1),
    )
    bad, texts = {"N": 2}, ["ab", "cd"]
    message = message_of({"List": [bad] * 2, "Map": {"a": bad, "b": bad}, "Texts": texts}, shape)
    assert message.startswith("3 validation errors detected: ")
    assert message.count("Member must have length less than or equal to 1") == 3
    inside = message_of({"List": [bad], "Map": {"a": bad}, "Texts": texts[:1]}, shape)
    assert inside.startswith("3 validation errors detected: ")
    assert "'list.1.member.n'" in inside


def test_a_value_of_exactly_the_limit_is_not_cut() -> None:
    text = "x" * MAX_PRINTED
    message = message_of({"Text": text}, structure(Text=replace(TEXT, maximum=1)))
    assert f"Value '{text}' at" in message


def test_a_long_path_is_cut() -> None:
    shape = structure(Map=map_of(structure(N=SMALL)))
    message = message_of({"Map": {"k" * 10_000: {"N": 2}}}, shape)
    assert f"at 'map.{'k' * (MAX_PRINTED - 4)}...' failed" in message


def test_all_violations_count_and_some_are_listed() -> None:
    shape = structure(List=list_of(structure(N=SMALL)))
    message = message_of({"List": [{"N": 2}] * (MAX_LISTED + 1)}, shape)
    assert message.startswith(f"{MAX_LISTED + 1} validation errors detected: ")
    assert f"'list.{MAX_LISTED}.member.n'" in message
    assert message.endswith("; ...")


def test_the_search_ends_when_enough_was_found() -> None:
    shape = structure(List=list_of(structure(N=SMALL)))
    found = [
        message_of({"List": [{"N": 2}] * count}, shape).partition(" ")[0]
        for count in (MAX_FOUND - 1, MAX_FOUND, MAX_FOUND + 1, 100 * MAX_FOUND)
    ]
    assert found == [str(MAX_FOUND - 1), *[str(MAX_FOUND)] * 3]


def test_exactly_the_limit_of_violations_is_listed_in_full() -> None:
    shape = structure(List=list_of(structure(N=SMALL)))
    message = message_of({"List": [{"N": 2}] * MAX_LISTED}, shape)
    assert message.count("'list.") == MAX_LISTED
    assert message.endswith("equal to 1")


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (SHORT_SECRET, "hunter2"),
        (list_of(SHORT_SECRET), ["hunter2"]),
        (replace(list_of(SECRET), maximum=0), ["hunter2"]),
        (map_of(SHORT_SECRET), {"a": "hunter2"}),
        (replace(list_of(structure(Inner=SECRET)), maximum=0), [{"Inner": "hunter2"}]),
    ],
)
def test_a_sensitive_value_is_not_printed(shape: Shape, value: object) -> None:
    with pytest.raises(ServiceError, match="Value at 'secret' failed") as caught:
        validate({"Secret": value}, structure(Secret=shape))
    assert "hunter2" not in caught.value.message + str(caught.value) + repr(caught.value)


def test_a_pattern_that_takes_too_long_ends_the_validation() -> None:
    slow = replace(TEXT, pattern="(x+x+)+y")
    shape = structure(List=list_of(structure(Slow=slow)), Other=replace(TEXT, maximum=1))
    params = {"List": [{"Slow": "x" * 5000}] * 1000, "Other": "ab"}
    message = message_of(params, shape)
    assert message.startswith("1 validation error detected: ")
    assert message.endswith(
        "...' at 'list.1.member.slow' failed to satisfy constraint:"
        " Member must satisfy regular expression pattern: (x+x+)+y"
    )


def test_what_has_no_constraints_is_accepted() -> None:
    validate({"Text": "x", "Unknown": object()}, structure(Text=TEXT))
