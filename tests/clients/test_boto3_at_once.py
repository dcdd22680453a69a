"""Several clients at once: each change happens whole, before or after every other."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from botocore.exceptions import ClientError

from accounts import Account, Client
from fakes import package

CLIENTS = 6
UBUNTU_DEFAULT = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-0c7e89f711c3095f4"
Call = Callable[[Client, int], Any]


@pytest.fixture
def clients(account: Account) -> list[Client]:
    """Give clients that share nothing but the server; boto3 is slow to make them."""
    return [account.client() for _ in range(CLIENTS)]


def at_once(clients: list[Client], call: Call) -> list[str]:
    """Have every client make a call in the same instant; give the ids or the error codes."""
    start = Barrier(len(clients))

    def work(number: int) -> str:
        start.wait()
        try:
            return str(call(clients[number], number)["BaselineId"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(work, range(len(clients))))


def own_baselines(client: Client) -> set[str]:
    own = [{"Key": "OWNER", "Values": ["Self"]}]
    listed = client.describe_patch_baselines(Filters=own)["BaselineIdentities"]
    return {each["BaselineId"] for each in listed}


def new_baseline(client: Client, **members: Any) -> Any:
    return client.create_patch_baseline(**{"Name": "mine", "OperatingSystem": "UBUNTU", **members})


def test_one_client_token_makes_one_baseline(clients: list[Client]) -> None:
    made = at_once(clients, lambda client, _: new_baseline(client, ClientToken="once"))
    assert set(made) == own_baselines(clients[0])
    assert len(set(made)) == 1


def test_one_client_token_stands_for_the_first_request(clients: list[Client]) -> None:
    made = at_once(
        clients,
        lambda client, number: new_baseline(client, Name=f"mine-{number}", ClientToken="once"),
    )
    assert Counter(made)["IdempotentParameterMismatch"] == CLIENTS - 1
    assert len(own_baselines(clients[0]).intersection(made)) == 1


def test_a_group_gets_one_baseline(clients: list[Client]) -> None:
    ids = [new_baseline(clients[0])["BaselineId"] for _ in clients]
    registered = at_once(
        clients,
        lambda client, number: client.register_patch_baseline_for_patch_group(
            BaselineId=ids[number], PatchGroup="web"
        ),
    )
    assert Counter(registered)["AlreadyExistsException"] == CLIENTS - 1
    (mapping,) = clients[0].describe_patch_groups()["Mappings"]
    assert mapping["BaselineIdentity"]["BaselineId"] in registered


def uses_of(baseline_id: str) -> Call:
    """Have the first client delete a baseline, and two others begin to use it."""

    def use(client: Client, number: int) -> Any:
        match number:
            case 0:
                return client.delete_patch_baseline(BaselineId=baseline_id)
            case 1:
                return client.register_default_patch_baseline(BaselineId=baseline_id)
        return client.register_patch_baseline_for_patch_group(
            BaselineId=baseline_id, PatchGroup="web"
        )

    return use


def test_nothing_refers_to_a_baseline_that_is_deleted_at_the_same_time(
    clients: list[Client],
) -> None:
    client = clients[0]
    for _ in range(10):
        baseline_id = new_baseline(client)["BaselineId"]
        outcomes = at_once(clients[:3], uses_of(baseline_id))
        is_there = baseline_id in own_baselines(client)
        assert outcomes[0] == ("ResourceInUseException" if is_there else baseline_id)
        assert outcomes[1:] == [baseline_id if is_there else "DoesNotExistException"] * 2
        group = {"PatchGroup": "web", "OperatingSystem": "UBUNTU"}
        used = [
            client.get_default_patch_baseline(OperatingSystem="UBUNTU")["BaselineId"],
            client.get_patch_baseline_for_patch_group(**group)["BaselineId"],
        ]
        assert used == [baseline_id if is_there else UBUNTU_DEFAULT] * 2
        client.register_default_patch_baseline(BaselineId=UBUNTU_DEFAULT)
        client.deregister_patch_baseline_for_patch_group(BaselineId=baseline_id, PatchGroup="web")


def test_a_walk_shows_one_baseline_while_another_client_changes_it(
    account: Account, clients: list[Client]
) -> None:
    node = account.new_node()
    names = [f"lib{number:02}" for number in range(60)]
    node.submit([package(name, update="2.0-1", security=True) for name in names])
    reader, writer = clients[:2]
    made = new_baseline(writer, OperatingSystem="DEBIAN")["BaselineId"]
    writer.register_default_patch_baseline(BaselineId=made)
    is_read = Event()

    def change() -> int:
        changes = 0
        while not is_read.is_set() or changes < 2:
            approved = ["*"] if changes % 2 else []
            writer.update_patch_baseline(BaselineId=made, ApprovedPatches=approved)
            changes += 1
        return changes

    def walk() -> tuple[list[str], set[str]]:
        pages = reader.get_paginator("describe_instance_patches").paginate(
            InstanceId=node.instance_id, PaginationConfig={"PageSize": 10}
        )
        patches = [patch for page in pages for patch in page["Patches"]]
        return [patch["KBId"] for patch in patches], {patch["State"] for patch in patches}

    with ThreadPoolExecutor(1) as pool:
        changed = pool.submit(change)
        try:
            walks = [walk() for _ in range(8)]
        finally:
            is_read.set()
        assert changed.result() >= 2
    for walked, states in walks:
        assert walked == [f"{name}.amd64" for name in names]
        assert len(states) == 1
