"""NextToken on the last page."""

from importlib.resources import files
from pathlib import Path

import pytest
from botocore.loaders import Loader

from conformance import CASES, new_world
from driver import Api, load_model, operation_named
from patchwarden.choices import Choices
from patchwarden.operations import OPERATIONS

PAGED = sorted(
    name
    for name in (target.partition(".")[2] for target in OPERATIONS)
    if "NextToken" in operation_named(name).output.members
)


def documentation(name: str) -> str:
    """Give what the service model, published or ours, says about the NextToken of an answer."""
    loader = Loader(extra_search_paths=[str(files("patchwarden.protocol") / "models")])
    is_ours = f"Patchwarden.{name}" in OPERATIONS
    model = loader.load_service_model("patchwarden" if is_ours else "ssm", "service-2")
    output = model["shapes"][model["operations"][name]["output"]["shape"]]
    return str(output["members"]["NextToken"]["documentation"])


@pytest.mark.parametrize("name", PAGED)
def test_the_last_token_is_empty_where_the_documentation_says_so(api: Api, name: str) -> None:
    world = new_world(api)
    case = next(case for case in CASES[name] if case.code is None)
    answer = api.call(name, **case.request(world))
    expected = "" if "empty" in documentation(name) else None
    assert answer.get("NextToken") == expected


@pytest.mark.parametrize("name", PAGED)
def test_it_can_be_left_out_of_all(tmp_path: Path, name: str) -> None:
    api = Api(tmp_path / "data", Choices(last_page="without-token"))
    try:
        case = next(case for case in CASES[name] if case.code is None)
        assert "NextToken" not in api.call(name, **case.request(new_world(api)))
    finally:
        api.close()


def test_there_are_paged_operations() -> None:
    assert len(PAGED) > 15
    assert "AmazonSSM.DescribeInstancePatches" in load_model().operations
