"""Every constraint of every operation, satisfied and broken, all derived from the model."""

from typing import TypeAlias

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_values import SAMPLES, Value, broken, oracle, valid, valid_scalar, valid_text
from patchwarden.protocol.errors import ServiceError
from patchwarden.protocol.service_model import Operation, ServiceModel, Shape
from patchwarden.protocol.validate import validate

MODEL = ServiceModel.load()
BOTOCORE = BotocoreModel(Loader().load_service_model("ssm", "service-2"))
OPERATIONS = sorted(MODEL.operations.values(), key=lambda operation: operation.target)


def message_of(params: Value, shape: Shape) -> str:
    with pytest.raises(ServiceError, match=r"validation errors? detected: ") as caught:
        validate(params, shape)
    return caught.value.message


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
