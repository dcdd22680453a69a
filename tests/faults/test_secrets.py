"""Secrets stay where they belong: not in the log, not on the terminal, not in the store."""

import base64
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

import raw_http
from accounts import Account, EnrolledNode, new_account
from fakes import package
from patchwarden.store.credentials import IssuedKey
from serving import RunningServer, running_server

WRONG_CODE = "WRONGCODEWRONGCODEWRONGCODE"
ELSEWHERE = "the-secret-of-another-service"
OF_A_MIRROR = "the-password-of-a-mirror"
LINK_SIGNATURE = b"X-Amz-Signature"
REGISTER = "AmazonSSM.RegisterManagedInstance"


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("talkative") / "data"
    with running_server(directory, "--log-level", "debug") as running:
        yield running


def test_no_secret_is_written_anywhere(talkative: RunningServer) -> None:
    account = new_account(talkative)
    activation = account.client().create_activation(IamRole="AnyRole", RegistrationLimit=3)
    code = activation["ActivationCode"]
    agent = account.client("ssm-agent")
    registered = agent.register_managed_instance(
        ActivationId=activation["ActivationId"], ActivationCode=code
    )
    node_key = IssuedKey(registered["AccessKeyId"], registered["SecretAccessKey"])
    node = account.new_node()
    node.submit([package("bash")])
    fail_in_many_ways(account, node_key, activation["ActivationId"], code)
    use_sources(account, node)

    talkative.process.send_signal(signal.SIGTERM)
    talkative.process.wait(timeout=20)
    written = everything_written_by(talkative)
    secrets = {
        "an admin's secret": account.key.secret_access_key,
        "a node's secret": node_key.secret_access_key,
        "an activation code": code,
        "a wrong activation code": WRONG_CODE,
        "what was meant for another service": ELSEWHERE,
        "the password of a mirror": OF_A_MIRROR,
    }
    found = [
        f"{whose} is in {place}"
        for whose, secret in secrets.items()
        for place, content in written.items()
        for form in forms_of(secret)
        if form in content
    ]
    assert found == []
    assert LINK_SIGNATURE not in written["server.log"]
    assert account.key.access_key_id.encode() in written["server.log"]


def fail_in_many_ways(account: Account, node_key: IssuedKey, activation_id: str, code: str) -> None:
    """Send requests with secrets in places where an error might repeat them."""
    url = account.server.url
    admin = account.key
    registering = {"ActivationId": activation_id, "ActivationCode": code}
    wrong_secret = IssuedKey(admin.access_key_id, ELSEWHERE)
    listing = raw_http.unsigned(url, "AmazonSSM.DescribeActivations")
    requests = [
        *(
            raw_http.unsigned(url, REGISTER, json.dumps(content).encode())
            for content in (
                {**registering, "ActivationCode": WRONG_CODE},
                {**registering, "ActivationCode": WRONG_CODE * 20},
                {**registering, "ActivationCode": WRONG_CODE[:19]},
                {**registering, "ActivationCode": [WRONG_CODE]},
                {**registering, "ActivationId": code},
                {**registering, "Tags": [{"Key": "", "Value": "any"}]},
            )
        ),
        raw_http.unsigned(url, REGISTER, json.dumps(registering).encode()[:-1]),
        raw_http.signed(url, listing, wrong_secret),
        raw_http.signed(url, listing, node_key),
        listing.with_headers({"Authorization": f"Bearer {ELSEWHERE}"}),
        listing.with_headers({"Authorization": f"AWS4-HMAC-SHA256 Credential={ELSEWHERE}"}),
        listing.with_headers({"Authorization": f"{ELSEWHERE} Credential=a/b/c/d/e"}),
        listing.with_headers({"Cookie": ELSEWHERE, "X-Amz-Security-Token": ELSEWHERE}),
    ]
    for request in requests:
        assert raw_http.send(url, request).status == 400
    with pytest.raises(ClientError):
        account.server.client(node_key).delete_activation(ActivationId=activation_id)


def use_sources(account: Account, node: EnrolledNode) -> None:
    """Make, change and use a baseline with a password in its sources, and fail at it."""
    client = account.client()
    source: dict[str, Any] = {
        "Name": "mirror",
        "Products": ["*"],
        "Configuration": f"password={OF_A_MIRROR}",
    }
    sources = [source]
    given: dict[str, Any] = {"Name": "mine", "OperatingSystem": "DEBIAN", "Sources": sources}
    baseline_id = client.create_patch_baseline(**given)["BaselineId"]
    client.update_patch_baseline(BaselineId=baseline_id, Sources=sources)
    assert client.get_patch_baseline(BaselineId=baseline_id)["Sources"] == sources
    client.register_default_patch_baseline(BaselineId=baseline_id)
    account.client().describe_instance_patches(InstanceId=node.instance_id)
    for number, override in enumerate(({}, {"Sources": sources})):
        snapshot = download_snapshot(node, number, override)
        assert snapshot["patchBaseline"]["sources"][0]["configuration"].endswith(OF_A_MIRROR)
    for broken in (
        {"OperatingSystem": "WINDOWS"},
        {"Sources": sources * 21},
        {"Sources": [{**source, "Configuration": source["Configuration"] * 60}]},
        {"Sources": [{**source, "Name": OF_A_MIRROR * 10}]},
    ):
        with pytest.raises(ClientError):
            client.create_patch_baseline(**{**given, **broken})


def download_snapshot(node: EnrolledNode, number: int, override: dict[str, Any]) -> Any:
    """Give the document that a node is to be patched by; also fail at it."""
    answer = node.client("ssm").get_deployable_patch_snapshot_for_instance(
        InstanceId=node.instance_id,
        SnapshotId=f"00000000-0000-4000-8000-{number:012}",
        BaselineOverride=override,
    )
    url = answer["SnapshotDownloadUrl"]
    with pytest.raises(HTTPError), urlopen(f"{url}x"):
        pass
    with urlopen(url) as response:
        return json.load(response)


def everything_written_by(server: RunningServer) -> dict[str, bytes]:
    """Give what an ended server has left: by name of the file, and `stdout`."""
    assert server.process.stdout is not None
    files: list[Path] = [
        *server.data_directory.iterdir(),
        server.data_directory.parent / "server.log",
    ]
    return {
        "stdout": server.process.stdout.read().encode(),
        **{file.name: file.read_bytes() for file in files},
    }


def forms_of(secret: str) -> tuple[bytes, ...]:
    """Give a secret as it is and as it often is encoded."""
    plain = secret.encode()
    return plain, base64.b64encode(plain), plain.hex().encode()
