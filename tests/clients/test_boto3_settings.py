"""The real boto3 client against servers that were started with other settings."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config

from accounts import Client, EnrolledNode, new_account
from fakes import package
from serving import RunningServer, running_server


@pytest.fixture(scope="module")
def like_the_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("like-the-service") / "data"
    settings = ["--state-spelling", "service", "--last-page", "without-token"]
    with running_server(directory, *settings) as running:
        yield running


@pytest.fixture(scope="module")
def without_authentication(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("no-auth") / "data"
    with running_server(directory, "--no-auth") as running:
        yield running


def client_with(
    server: RunningServer, access_key_id: str, secret: str, token: str | None = None
) -> Client:
    return boto3.client(
        "ssm",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}),
    )


def reporting_node(server: RunningServer) -> tuple[Client, EnrolledNode]:
    account = new_account(server)
    node = account.new_node()
    node.submit(
        [
            package("bash", security=True),
            package("local-tool", listed=False),
            package("openssl", update="2.0-1", security=True),
        ]
    )
    return account.client(), node


def test_states_are_spelled_as_the_live_service_does_if_asked_for(
    like_the_service: RunningServer,
) -> None:
    client, node = reporting_node(like_the_service)
    answer = client.describe_instance_patches(InstanceId=node.instance_id)
    states = [patch["State"] for patch in answer["Patches"]]
    assert states == ["Installed", "InstalledOther", "Missing"]


@pytest.mark.parametrize("spelling", ["InstalledOther", "INSTALLED_OTHER"])
def test_filters_take_both_spellings_there_too(
    spelling: str, like_the_service: RunningServer
) -> None:
    client, node = reporting_node(like_the_service)
    filters = [{"Key": "State", "Values": [spelling]}]
    answer = client.describe_instance_patches(InstanceId=node.instance_id, Filters=filters)
    assert [patch["KBId"] for patch in answer["Patches"]] == ["local-tool.amd64"]


def test_without_authentication_any_key_will_do(without_authentication: RunningServer) -> None:
    client = client_with(without_authentication, "test", "test")
    assert client.describe_instance_information()["InstanceInformationList"] == []


def test_without_authentication_a_key_of_twelve_digits_is_an_account(
    without_authentication: RunningServer,
) -> None:
    first = client_with(without_authentication, "111111111111", "any")
    second = client_with(without_authentication, "222222222222", "any")
    first.create_activation(IamRole="AnyRole")
    assert len(first.describe_activations()["ActivationList"]) == 1
    assert second.describe_activations()["ActivationList"] == []


def test_a_session_token_is_tolerated(server: RunningServer) -> None:
    key = new_account(server).key
    client = client_with(server, key.access_key_id, key.secret_access_key, "any token")
    assert client.describe_instance_information()["InstanceInformationList"] == []


def test_a_wrong_secret_is_refused(server: RunningServer) -> None:
    client = client_with(server, new_account(server).key.access_key_id, "wrong")
    with pytest.raises(client.exceptions.ClientError, match="InvalidSignatureException"):
        client.describe_instance_information()


def test_a_loop_that_looks_for_a_token_ends(like_the_service: RunningServer) -> None:
    client, node = reporting_node(like_the_service)
    asked = {"InstanceId": node.instance_id}
    answer = client.describe_instance_patches(**asked)
    while "NextToken" in answer:
        answer = client.describe_instance_patches(**asked, NextToken=answer["NextToken"])
    assert len(answer["Patches"]) == 3
    assert "NextToken" not in client.describe_patch_baselines()
