import json
import stat
from pathlib import Path

import pytest

from canned_server import CannedServer
from patchwarden_agent.errors import AgentError, NotRegisteredError, RequestError
from patchwarden_agent.registration import Registration, default_path, prepare_to_save, register

_REGISTRATION = Registration(
    "https://patchwarden.example.test",
    "us-east-1",
    "mi-0123456789abcdef0",
    "AKIA1234567890123456",
    "s3cret",
)
_ANSWER = {
    "InstanceId": "mi-0123456789abcdef0",
    "Region": "eu-central-1",
    "AccessKeyId": "AKIA1234567890123456",
    "SecretAccessKey": "s3cret",
}


def test_a_registration_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "registration.json"
    _REGISTRATION.save(path)
    assert Registration.load(path) == _REGISTRATION
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["registration.json"]


def test_a_new_registration_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "registration.json"
    path.write_text("old")
    path.chmod(0o644)
    _REGISTRATION.save(path)
    assert Registration.load(path) == _REGISTRATION
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AgentError, match="Cannot keep the registration in"):
        _REGISTRATION.save(tmp_path / "file" / "registration.json")
    with pytest.raises(AgentError, match="Cannot keep the registration in"):
        prepare_to_save(tmp_path / "file" / "registration.json")


def test_to_prepare_a_place_leaves_nothing_but_its_folder(tmp_path: Path) -> None:
    prepare_to_save(tmp_path / "folder" / "registration.json")
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "not registered"),
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "has no text endpoint"),
        (b'{"endpoint": "https://x", "region": 7}', "has no text region"),
        (b'{"endpoint": ""}', "has no text endpoint"),
    ],
)
def test_a_damaged_registration_is_refused_with_what_is_wrong(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    path = tmp_path / "registration.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotRegisteredError, match=complaint):
        Registration.load(path)


def test_a_directory_is_no_registration(tmp_path: Path) -> None:
    with pytest.raises(NotRegisteredError, match="not a plain file"):
        Registration.load(tmp_path)


def test_the_secret_is_in_no_representation() -> None:
    assert "s3cret" not in repr(_REGISTRATION) + str(_REGISTRATION)


def test_the_environment_names_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHWARDEN_AGENT_STATE", "/somewhere/node.json")
    assert default_path() == Path("/somewhere/node.json")
    monkeypatch.delenv("PATCHWARDEN_AGENT_STATE")
    assert default_path().name == "registration.json"
    assert default_path().is_absolute()


def test_registering_sends_the_activation_unsigned(canned_server: CannedServer) -> None:
    canned_server.answer(200, _ANSWER)
    found = register(canned_server.url, "5743558d-563b-4457-8682-d16c3e000000", "c" * 20)
    assert found == Registration(
        canned_server.url, "eu-central-1", "mi-0123456789abcdef0", "AKIA1234567890123456", "s3cret"
    )
    (received,) = canned_server.received
    assert received.headers["x-amz-target"] == "AmazonSSM.RegisterManagedInstance"
    assert "authorization" not in received.headers
    assert received.members["ActivationCode"] == "c" * 20
    machine_id = Path("/etc/machine-id")
    if machine_id.exists() and machine_id.read_text().strip():
        fingerprint = str(received.members["Fingerprint"])
        assert len(fingerprint) == 64
        assert machine_id.read_text().strip() not in json.dumps(received.members)


@pytest.mark.parametrize("missing", sorted(_ANSWER))
def test_an_answer_without_a_key_is_refused(canned_server: CannedServer, missing: str) -> None:
    canned_server.answer(200, {name: text for name, text in _ANSWER.items() if name != missing})
    with pytest.raises(RequestError, match=missing) as raised:
        register(canned_server.url, "id", "c" * 20)
    assert "s3cret" not in str(raised.value)


def test_a_refused_activation_says_what_to_do(canned_server: CannedServer) -> None:
    canned_server.answer(400, {"__type": "InvalidActivation", "Message": "It has expired."})
    with pytest.raises(RequestError, match="It has expired; check the activation code"):
        register(canned_server.url, "id", "c" * 20)
