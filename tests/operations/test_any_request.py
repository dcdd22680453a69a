"""Whatever is asked, the answer is the service model's: an output, or an error that it declares."""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driver import Api, Refused, load_model
from fakes import package, report
from patchwarden.operations import OPERATIONS
from patchwarden.protocol.service_model import Shape

FIRST_NODE = "mi-00000000000000030"
EXAMPLES = {
    "InstanceId": [FIRST_NODE, "mi-fffffffffffffffff", "i-0123456789abcdef0", "i-1"],
    "ManagedInstanceId": ["mi-fffffffffffffffff", "mi-0"],
    "ActivationId": ["00000000-0000-4000-8000-000000000001", "no"],
    "BaselineId": [
        "pb-0000000000000ffff",
        "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-09a5f8eb62bde80b1",
        "arn:aws:ssm:us-east-1:123456789012:patchbaseline/pb-0000000000000ffff",
        "arn:aws:ssm:us-east-1:123456789012:document/pb-0000000000000ffff",
    ],
    "BaselineName": ["mine", "My-1"],
    "PatchSourceName": ["mirror"],
    "PatchFilterValue": ["*", "Important", "Debian12", "Security"],
    "PatchStringDateTime": ["2025-12-31", "2025-13-31", "soon"],
    "PatchOrchestratorFilterKey": [
        *("Classification", "KBId", "Severity", "State"),
        *("NAME_PREFIX", "OWNER", "OPERATING_SYSTEM", "Other"),
    ],
    "PatchOrchestratorFilterValue": ["Missing", "INSTALLED", "Security", "Self", "AWS", "DEBIAN"],
    "InstanceInformationStringFilterKey": [
        *("InstanceIds", "PingStatus", "PlatformTypes", "tag:A", "tag-key", "tag:", "Other"),
    ],
    "InstanceInformationFilterValue": ["Online", "Linux", FIRST_NODE, "A"],
    "ActivationCode": ["A" * 24],
    "ClientToken": ["once", "twice"],
    "NextToken": ["", "", "", "AAAA"],
}
KIND = {
    "string": st.text("ab-1", max_size=25),
    "boolean": st.booleans(),
    "integer": st.integers(10, 50) | st.integers(0, 101),
    "timestamp": st.floats(1.7e9, 1.8e9) | st.floats(1.764e9, 1.766e9),
    "blob": st.sampled_from([b"{}", b"\x1f\x8b", b'{"schema": 1}']),
}


def values(shape: Shape) -> st.SearchStrategy[object]:
    """Give values of a shape, for the most part such as satisfy its constraints."""
    if shape.name in EXAMPLES:
        return st.sampled_from(EXAMPLES[shape.name])
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.kind == "list":
        least = int(shape.minimum or 0)
        return st.lists(values(shape.members["member"]), min_size=least, max_size=3)
    if shape.kind == "structure":
        members = {name: values(member) for name, member in shape.members.items()}
        required = {name: members.pop(name) for name in shape.required}
        return st.fixed_dictionaries(required, optional=members)
    return KIND[shape.kind]


@pytest.fixture
def filled(api: Api) -> Api:
    """Give the operations of an installation with a node that has reported."""
    instance_id = api.register_node(Tags=[{"Key": "A", "Value": "b"}])
    api.submit(instance_id, report([package(f"lib{number}") for number in range(15)]))
    assert instance_id == FIRST_NODE
    return api


@pytest.mark.parametrize("target", sorted(OPERATIONS))
def test_any_request_is_answered_as_the_service_model_says(filled: Api, target: str) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(load_model().operations[target].input))
    def ask(members: dict[str, Any]) -> None:
        # The driver checks outputs and codes; any other error is a bug.
        with contextlib.suppress(Refused):
            filled.call(target.partition(".")[2], **members)

    ask()
