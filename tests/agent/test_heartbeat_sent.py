"""The heartbeat of the agent: what it sends, and where."""

import socket
from pathlib import Path

import pytest

from canned_server import CannedServer
from patchwarden_agent import __version__
from patchwarden_agent.errors import RequestError
from patchwarden_agent.heartbeat import heartbeat_of, send_heartbeat
from patchwarden_agent.registration import Registration
from patchwarden_agent.target import Target


def _registration(endpoint: str) -> Registration:
    return Registration(
        endpoint=endpoint,
        region="us-east-1",
        instance_id="mi-0123456789abcdef0",
        access_key_id="AKIA1234567890123456",
        secret_access_key="s3cret",
    )


def test_a_heartbeat_says_what_the_node_is(canned_server: CannedServer, made_up_root: Path) -> None:
    canned_server.answer(200, {})
    send_heartbeat(_registration(canned_server.url), Target(root=made_up_root))
    (received,) = canned_server.received
    assert received.headers["x-amz-target"] == "AmazonSSM.UpdateInstanceInformation"
    assert "/us-east-1/ssm/aws4_request" in received.headers["authorization"]
    said = dict(received.members)
    assert said.pop("ComputerName", "some")
    assert said == {
        "InstanceId": "mi-0123456789abcdef0",
        "AgentName": "patchwarden-agent",
        "AgentStatus": "Active",
        "AgentVersion": __version__,
        "PlatformType": "Linux",
        "PlatformName": "Debian GNU/Linux",
        "PlatformVersion": "12",
    }


def test_this_machine_says_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "web-1.example.test")
    assert heartbeat_of(Target())["ComputerName"] == "web-1.example.test"


def test_a_system_that_cannot_be_scanned_is_named_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID=sles\nNAME="SL\x1bES"\nVERSION_ID="15.5"\n')
    said = heartbeat_of(Target(root=tmp_path))
    assert (said["PlatformName"], said["PlatformVersion"]) == ("SL\ufffdES", "15.5")


def test_what_is_unknown_is_left_out(tmp_path: Path) -> None:
    said = heartbeat_of(Target(root=tmp_path))
    assert said.keys() == {"AgentName", "AgentStatus", "AgentVersion"}


def test_a_refused_heartbeat_is_an_error_of_the_agent(canned_server: CannedServer) -> None:
    canned_server.answer(400, {"__type": "InvalidInstanceId", "Message": "gone"})
    with pytest.raises(RequestError, match="register the node again"):
        send_heartbeat(_registration(canned_server.url), Target(root=None))
