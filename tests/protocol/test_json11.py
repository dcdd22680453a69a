import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.protocol.errors import ServiceError
from patchwarden.protocol.json11 import MAX_NESTING, decode, encode
from patchwarden.protocol.service_model import Kind, ServiceModel, Shape

OPERATIONS = ServiceModel.load().operations
DESCRIBE = OPERATIONS["AmazonSSM.DescribeInstancePatches"].input
NODE = "mi-0123456789abcdef0"


def refusal(body: bytes, shape: Shape = DESCRIBE) -> str:
    with pytest.raises(ServiceError) as caught:
        decode(body, shape)
    error = caught.value
    assert (error.code, error.status) == ("SerializationException", 400)
    assert error.message_member == "Message"
    return error.message


def of(kind: Kind, **members: Shape) -> Shape:
    """Give a structure whose one member, `It`, is of `kind`."""
    return Shape(
        name="Holder",
        kind="structure",
        members={"It": Shape(name="It", kind=kind, members=members)},
    )


TEXT = Shape(name="Text", kind="string", members={})
HOLDERS = {
    "String": of("string"),
    "Boolean": of("boolean"),
    "Integer": of("integer"),
    "Long": of("long"),
    "Float": of("float"),
    "Double": of("double"),
    "Timestamp": of("timestamp"),
    "Blob": of("blob"),
    "List": of("list", member=TEXT),
    "Map": of("map", key=TEXT, value=TEXT),
    "Structure": of("structure", Text=TEXT),
}
ARTICLES = {"Integer": "an"}
TOKENS = {
    "true": "TRUE_VALUE",
    "false": "FALSE_VALUE",
    '"x"': "STRING_VALUE",
    "1.5": "NUMBER_VALUE",
}
TAKES = {
    "String": {'"x"'},
    "Boolean": {"true", "false"},
    "Float": {"1.5"},
    "Double": {"1.5"},
    "Timestamp": {"1.5"},
    "List": {"[]"},
    "Map": {"{}"},
    "Structure": {"{}"},
}
STARTS = {
    "[]": "Start of list found where not expected",
    "{}": "Start of structure or map found where not expected",
}


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize("value", [*TOKENS, *STARTS])
def test_every_wrong_type_is_told_apart(name: str, value: str) -> None:
    body = f'{{"It": {value}}}'.encode()
    if value in TAKES.get(name, set()):
        decode(body, HOLDERS[name])
    elif value in STARTS:
        assert refusal(body, HOLDERS[name]) == STARTS[value]
    else:
        wanted = f"{ARTICLES.get(name, 'a')} {name}"
        assert refusal(body, HOLDERS[name]) == f"{TOKENS[value]} can not be converted to {wanted}"


@pytest.mark.parametrize("name", HOLDERS)
def test_a_null_member_is_absent(name: str) -> None:
    assert decode(b'{"It": null}', HOLDERS[name]) == {}


def test_nulls_inside_lists_and_maps() -> None:
    assert decode(b'{"It": {"a": null, "b": "c"}}', HOLDERS["Map"]) == {"It": {"b": "c"}}
    assert refusal(b'{"It": [null]}', HOLDERS["List"]) == (
        "NULL_VALUE can not be converted to a String"
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"null", "NULL_VALUE can not be converted to a Structure"),
        (b"[]", "Start of list found where not expected"),
        (b'"x"', "STRING_VALUE can not be converted to a Structure"),
        (b"1", "NUMBER_VALUE can not be converted to a Structure"),
        (b'{"Filters": ["x"]}', "STRING_VALUE can not be converted to a Structure"),
        (b'{"Filters": [{"Values": [1]}]}', "NUMBER_VALUE can not be converted to a String"),
        (b"{", "Unexpected end of input"),
        (b" ", "Unexpected end of input"),
        (b'{"InstanceId": "mi-', "Unexpected end of input"),
        (b"{}x", "Unexpected token at byte 3"),
        (b"{'a': 1}", "Unexpected token at byte 1"),
        (b'{"a": 1,}', "Unexpected token at byte 8"),
        (b'{"a": 01}', "Unexpected token at byte 7"),
        (b'{"MaxResults": NaN}', "Unexpected token at byte 15"),
        (b'{"MaxResults": -Infinity}', "Unexpected token at byte 16"),
        (b'{"InstanceId": "\x01"}', "Unexpected token at byte 16"),
        (b"\xef\xbb\xbf{}", "Unexpected token at byte 0"),
        (b"\xff\xfe{\x00}\x00", "Unexpected token at byte 0"),
        (b'{"InstanceId": "\xff"}', "Unexpected bytes: the body is not valid UTF-8"),
        (b'{"InstanceId": "\\ud800\\u0041"}', "Unexpected token at byte 28"),
        (b'{"MaxResults": 1e999}', "NUMBER_VALUE is out of range"),
        (b'{"MaxResults": %s}' % (b"9" * 5000), "NUMBER_VALUE is out of range"),
        (b"[" * 200_000, "Start of list or structure found too deep in others"),
        (b'{"a": %s}' % (b"[" * 200_000), "Start of list or structure found too deep in others"),
    ],
)
def test_what_is_no_request_is_refused(body: bytes, message: str) -> None:
    assert refusal(body) == message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Integer", "2147483648"),
        ("Integer", "-2147483649"),
        ("Integer", "10.5"),
        ("Integer", "1e10"),
        ("Long", "9223372036854775808"),
        ("Long", "1e300"),
        ("Double", "9" * 400),
        ("Timestamp", "1e300"),
        ("Timestamp", "253402300800"),
        ("Timestamp", "-62135596801"),
    ],
)
def test_a_number_out_of_range_is_refused(name: str, value: str) -> None:
    wanted = f"{ARTICLES.get(name, 'a')} {name}"
    body = f'{{"It": {value}}}'.encode()
    assert refusal(body, HOLDERS[name]) == f"NUMBER_VALUE can not be converted to {wanted}"


@pytest.mark.parametrize(
    ("name", "value", "decoded"),
    [
        ("Integer", "2147483647", 2147483647),
        ("Integer", "-2147483648", -2147483648),
        ("Integer", "10.0", 10),
        ("Integer", "1e3", 1000),
        ("Long", "-9223372036854775808", -(2**63)),
        ("Float", "1", 1.0),
        ("Double", "-0.0", 0.0),
        ("Timestamp", "1480997823.81", 1480997823.81),
        ("Timestamp", "-6.21355968E10", -62135596800.0),
        ("Timestamp", '"2026-11-24T10:33:19Z"', 1795516399.0),
        ("Timestamp", '"2026-11-24T12:33:19.5+02:00"', 1795516399.5),
        ("Timestamp", '"2026-11-24T10:33:19"', 1795516399.0),
        ("Blob", '"e30="', b"{}"),
        ("Blob", '""', b""),
        ("String", '"\\ud83d\\ude00\\u0000"', "\U0001f600\0"),
        ("List", '["a", "b"]', ["a", "b"]),
        ("Map", '{"a": "b", "": "c"}', {"a": "b", "": "c"}),
        ("Structure", '{"Text": "a", "text": "b"}', {"Text": "a"}),
    ],
)
def test_what_is_of_the_type_is_converted(name: str, value: str, decoded: object) -> None:
    converted = decode(f'{{"It": {value}}}'.encode(), HOLDERS[name])
    assert converted == {"It": decoded}
    assert type(converted["It"]) is type(decoded)


@pytest.mark.parametrize("value", ["e30", "e3=0", "*", "é", "e30=\n"])
def test_a_blob_is_base64_or_refused(value: str) -> None:
    body = json.dumps({"It": value}).encode()
    assert refusal(body, HOLDERS["Blob"]) == "STRING_VALUE can not be converted to a Blob"


@pytest.mark.parametrize("value", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+23:59"])
def test_a_timestamp_in_words_is_iso_8601_or_refused(value: str) -> None:
    body = json.dumps({"It": value}).encode()
    assert refusal(body, HOLDERS["Timestamp"]) == "STRING_VALUE can not be converted to a Timestamp"


@pytest.mark.parametrize("body", [b"", b"{}", b" {\n} "])
def test_an_empty_body_is_an_empty_structure(body: bytes) -> None:
    assert decode(body, DESCRIBE) == {}


def test_unknown_members_are_left_out_at_every_level() -> None:
    body = (
        b'{"InstanceId": "i", "x": [{}], "Filters": [{"Key": "State", "key": 1}], "instanceid": 1}'
    )
    assert decode(body, DESCRIBE) == {"InstanceId": "i", "Filters": [{"Key": "State"}]}


def test_the_last_of_a_repeated_member_counts() -> None:
    assert decode(b'{"MaxResults": 10, "MaxResults": 20}', DESCRIBE) == {"MaxResults": 20}


def nested(levels: int) -> bytes:
    """Give inventory aggregators inside each other: two levels of JSON for each."""
    opening = b'{"Aggregators": ['
    return opening * levels + b"]}" * levels


def test_shapes_that_contain_themselves_may_nest_so_far() -> None:
    shape = OPERATIONS["AmazonSSM.GetInventory"].input
    decoded = decode(nested(MAX_NESTING // 2), shape)
    for _ in range(MAX_NESTING // 2 - 1):
        (decoded,) = decoded["Aggregators"]
    assert decoded == {"Aggregators": []}
    assert refusal(nested(MAX_NESTING // 2 + 1), shape) == (
        "Start of list or structure found too deep in others"
    )


def test_answers_keep_what_clients_need() -> None:
    answer = {"Time": 0.0, "Count": 0, "Blob": b"{}", "Text": "é\U0001f600", "Empty": {}}
    assert encode(answer) == (
        '{"Time":0.0,"Count":0,"Blob":"e30=","Text":"é\U0001f600","Empty":{}}'.encode()
    )


# Properties

_texts = st.text(max_size=8)
_by_kind: dict[str, st.SearchStrategy[Any]] = {
    "string": _texts,
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "timestamp": st.floats(-62_135_596_800, 253_402_300_799),
    "blob": st.binary(max_size=8),
}


def values_of(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    match shape.kind:
        case "structure":
            members = shape.members if depth < 4 else {}
            parts = {name: values_of(each, depth + 1) for name, each in members.items()}
            return st.fixed_dictionaries({}, optional=parts)
        case "list":
            return st.lists(values_of(shape.members["member"], depth), max_size=3)
        case "map":
            return st.dictionaries(_texts, values_of(shape.members["value"], depth), max_size=3)
        case kind:
            return _by_kind[kind]


SHAPES = [
    DESCRIBE,
    *HOLDERS.values(),
    *(
        OPERATIONS[target].input
        for target in (
            "AmazonSSM.CreatePatchBaseline",
            "AmazonSSM.CreateActivation",
            "AmazonSSM.PutInventory",
            "AmazonSSM.GetInventory",
            "AmazonSSM.RegisterTaskWithMaintenanceWindow",
            "Patchwarden.SubmitReport",
        )
    ),
]


@given(st.data())
def test_what_is_encoded_is_decoded(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(SHAPES))
    value = data.draw(values_of(shape))
    assert decode(encode(value), shape) == value


_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_no_document_raises_anything_but_service_errors(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(SHAPES))
    names = st.sampled_from([*shape.members, "Unknown"])
    members = data.draw(st.dictionaries(names, _documents | values_of(shape), max_size=4))
    body = data.draw(st.sampled_from([json.dumps(members, default=str).encode(), encode(members)]))
    cut = data.draw(st.integers(0, len(body)))
    for attempt in (body, body[:cut]):
        only_service_errors(attempt, shape)


@given(st.binary(max_size=40), st.sampled_from(SHAPES))
def test_no_bytes_raise_anything_but_service_errors(body: bytes, shape: Shape) -> None:
    for attempt in (body, b'{"It": ' + body + b"}", b'{"InstanceId": "' + body + b'"}'):
        only_service_errors(attempt, shape)


def only_service_errors(body: bytes, shape: Shape) -> None:
    try:
        decoded = decode(body, shape)
    except ServiceError as error:
        assert error.code == "SerializationException"  # noqa: PT017 - either outcome is fine
    else:
        assert set(decoded) <= set(shape.members)
        assert None not in decoded.values()
