import msgspec
import pytest

from patchwarden.data.wrong_values import wrong_value


class Inner(msgspec.Struct):
    count: int


class Outer(msgspec.Struct):
    each: list[Inner] = []
    by_name: dict[int, str] = {}


@pytest.mark.parametrize(
    ("content", "path", "problem"),
    [
        (b"[]", "", "Expected `object`, got `array`"),
        (b'{"each": [{"count": "1"}]}', "each[0].count", "Expected `int`, got `str`"),
        (b'{"each": [{}]}', "each[0]", "Object missing required field `count`"),
        (b'{"by_name": {"a": "b"}}', "by_name", "Expected `int`, got `str`"),
    ],
)
def test_place_and_problem_are_told_apart(content: bytes, path: str, problem: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.json.decode(content, type=Outer)
    assert wrong_value(str(raised.value)) == (path, problem)
