"""A patch snapshot as the original's agent gets it: asked for by boto3, fetched by its link."""

import json
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from accounts import Account, new_account
from fakes import package
from serving import RunningServer, running_server

TIMEOUT_S = 10


def ask(account: Account, snapshot_id: str) -> Any:
    """Ask as a node that has reported does, with its own key."""
    node = account.new_node()
    node.submit([package("bash")])
    return node.client("ssm").get_deployable_patch_snapshot_for_instance(
        InstanceId=node.instance_id, SnapshotId=snapshot_id
    )


def fetch(url: str, method: str = "GET") -> tuple[int, str | None, bytes]:
    """Give status, content type and body."""
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            return response.status, response.headers["content-type"], response.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers["content-type"], refused.read()


def test_a_node_downloads_its_snapshot(account: Account, server: RunningServer) -> None:
    snapshot_id = str(uuid.uuid4())
    answer = ask(account, snapshot_id)
    assert answer["SnapshotId"] == snapshot_id
    assert answer["Product"] == "Debian12"
    url = answer["SnapshotDownloadUrl"]
    assert url.startswith(f"{server.url}/")
    status, content_type, body = fetch(url)
    assert (status, content_type) == (200, "application/json")
    assert json.loads(body)["patchBaseline"]["operatingSystem"] == "DEBIAN"
    assert fetch(url) == (status, content_type, body)
    assert fetch(url, "HEAD") == (status, content_type, b"")


def test_all_nodes_of_a_group_download_the_same_bytes(account: Account) -> None:
    snapshot_id = str(uuid.uuid4())
    first = ask(account, snapshot_id)["SnapshotDownloadUrl"]
    own = account.client().create_patch_baseline(Name="mine", OperatingSystem="DEBIAN")
    account.client().register_default_patch_baseline(BaselineId=own["BaselineId"])
    second = ask(account, snapshot_id)["SnapshotDownloadUrl"]
    assert fetch(first) == fetch(second)


def test_an_altered_link_gives_nothing(account: Account) -> None:
    url = ask(account, str(uuid.uuid4()))["SnapshotDownloadUrl"]
    status, content_type, body = fetch(url.replace("Expires=86400", "Expires=99999"))
    assert (status, content_type) == (403, "text/plain; charset=utf-8")
    assert b"expired or was altered" in body


def test_a_link_s_signature_is_not_logged(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("public") / "data"
    public = "https://patches.example.test"
    with running_server(directory, "--public-url", public, "--log-level", "debug") as server:
        url = ask(new_account(server), str(uuid.uuid4()))["SnapshotDownloadUrl"]
        assert url.startswith(f"{public}/_patchwarden/snapshots/")
        assert fetch(url.replace(public, server.url))[0] == 200
        assert "GetDeployablePatchSnapshotForInstance" in server.log
        assert url.partition("X-Amz-Signature=")[2] not in server.log


def test_a_node_that_never_reported_is_told_so_by_the_original_s_error(account: Account) -> None:
    node = account.new_node()
    client = node.client("ssm")
    with pytest.raises(client.exceptions.UnsupportedOperatingSystem) as refused:
        client.get_deployable_patch_snapshot_for_instance(
            InstanceId=node.instance_id, SnapshotId=str(uuid.uuid4())
        )
    assert refused.value.response["Error"]["Message"] == ""


def test_an_id_that_is_no_uuid_is_refused(account: Account) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        ask(account, "0" * 36)
