"""How much of a body is read: it depends on the operation, and on who asks."""

import json
from collections.abc import Iterator

import pytest

from in_process import InProcessServer, in_process_server
from inventory_uploads import item
from patchwarden.operations import OPERATIONS
from patchwarden.server.http import MAX_BODY_BYTES, USUAL_BODY_BYTES
from patchwarden.server.settings import Settings
from raw_http import RawAnswer, unsigned

URL = "http://patchwarden.test"
NODE = "i-0123456789abcdef0"
LARGE = sorted(target for target, served in OPERATIONS.items() if served.has_large_body)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    with in_process_server(Settings(data_directory=tmp_path_factory.mktemp("bodies"))) as server:
        yield server


@pytest.fixture(scope="module")
def believing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    directory = tmp_path_factory.mktemp("bodies")
    with in_process_server(Settings(data_directory=directory, no_auth=True)) as server:
        yield server


def ask(server: InProcessServer, operation: str, members: object) -> RawAnswer:
    return server.send(unsigned(URL, f"AmazonSSM.{operation}", json.dumps(members).encode()))


def test_reports_and_inventory_may_be_large() -> None:
    assert {"AmazonSSM.PutInventory", "Patchwarden.SubmitReport"} <= set(LARGE)


@pytest.mark.parametrize("target", LARGE)
def test_a_large_body_is_read_where_it_may_be(believing: InProcessServer, target: str) -> None:
    body = json.dumps({"Unknown": "x" * USUAL_BODY_BYTES}).encode()
    answer = believing.send(unsigned(URL, target, body))
    assert json.loads(answer.body)["__type"] == "ValidationException"


@pytest.mark.parametrize("target", LARGE)
def test_a_large_body_that_nobody_signed_is_not_read(guarded: InProcessServer, target: str) -> None:
    answer = guarded.send(unsigned(URL, target, bytes(MAX_BODY_BYTES + 1)))
    assert b"MissingAuthenticationTokenException" in answer.body


@pytest.mark.parametrize(
    ("target", "size"),
    [
        ("AmazonSSM.ListInventoryEntries", USUAL_BODY_BYTES),
        ("AmazonSSM.GetPatchBaseline", USUAL_BODY_BYTES),
        ("AmazonSSM.PutInventory", MAX_BODY_BYTES),
    ],
)
def test_what_is_larger_than_it_may_be_is_refused(
    believing: InProcessServer, target: str, size: int
) -> None:
    assert believing.send(unsigned(URL, target, bytes(size + 1))).status == 413


def test_an_error_about_an_item_names_its_type(believing: InProcessServer) -> None:
    ask(believing, "UpdateInstanceInformation", {"InstanceId": NODE})
    bad = item("AWS:Network", [], Context={"A": "b"})
    answer = ask(believing, "PutInventory", {"InstanceId": NODE, "Items": [bad]})
    assert json.loads(answer.body) == {
        "__type": "UnsupportedInventoryItemContextException",
        "Message": "AWS:Network takes no Context.",
        "TypeName": "AWS:Network",
    }
