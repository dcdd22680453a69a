"""Makes this machine a managed node, and keeps what it got for it."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from patchwarden_agent.client import Operation, call
from patchwarden_agent.errors import (
    AgentError,
    NotRegisteredError,
    RequestError,
    UnreadableFileError,
)
from patchwarden_agent.signing import SigningKey
from patchwarden_agent.target import read_file

_REGISTER = Operation("AmazonSSM", "RegisterManagedInstance")
_SERVICE = "ssm"
_STATE_VARIABLE = "PATCHWARDEN_AGENT_STATE"
_MACHINE_ID = Path("/etc/machine-id")
_MAX_BYTES = 64 * 1024
_HOW_TO_REGISTER = (
    "run `patchwarden node register`, or `register` of the agent alone, with an activation ID and"
    " code (`aws ssm create-activation` gives them)"
)


@dataclass(frozen=True)
class Registration:
    """A managed node: who it is, where its server is, and the key that it signs with."""

    endpoint: str
    region: str
    instance_id: str
    access_key_id: str
    secret_access_key: str = field(repr=False)

    @property
    def signing_key(self) -> SigningKey:
        """Give the key with which the node signs what it sends."""
        return SigningKey(
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            region=self.region,
            service=_SERVICE,
        )

    def save(self, path: Path) -> None:
        """Write it to `path`, readable by this user alone, in one step.

        Raises AgentError if that cannot be done.
        """
        content = {each.name: getattr(self, each.name) for each in fields(self)}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_private(path, json.dumps(content, indent=2) + "\n")
        except OSError as error:
            raise _cannot_keep(path, error) from error

    @classmethod
    def load(cls, path: Path) -> "Registration":
        """Read it from `path`.

        Raises NotRegisteredError that says what is wrong with the file.
        """
        if not _is_there(path):
            raise NotRegisteredError(
                f"This machine is not registered: there is no {path}; {_HOW_TO_REGISTER}."
            )
        try:
            content = json.loads(read_file(path, _MAX_BYTES))
        except UnreadableFileError as error:
            raise NotRegisteredError(str(error)) from error
        except ValueError as error:
            raise NotRegisteredError(f"{path} is not JSON; {_HOW_TO_REGISTER}.") from error
        return cls(**_texts(content, path))


def prepare_to_save(path: Path) -> None:
    """See that a registration can be kept in `path`, before an activation is used up for it.

    Raises AgentError if not.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise _cannot_keep(path, error) from error


def _cannot_keep(path: Path, error: OSError) -> AgentError:
    return AgentError(
        f"Cannot keep the registration in {path}: {error.strerror}; name another file with"
        f" --state or {_STATE_VARIABLE}."
    )


def _write_private(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        # mkstemp makes files that only their owner can read.
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise NotRegisteredError(f"Cannot read {path}: {error.strerror}.") from error


def _texts(content: Any, path: Path) -> dict[str, str]:  # noqa: ANN401 - what JSON gave
    read = content if isinstance(content, dict) else {}
    texts: dict[str, str] = {}
    for each in fields(Registration):
        value = read.get(each.name)
        if not isinstance(value, str) or not value:
            raise NotRegisteredError(f"{path} has no text {each.name}; {_HOW_TO_REGISTER}.")
        texts[each.name] = value
    return texts


def default_path() -> Path:
    """Give where the registration is kept, unless the user names another file."""
    named = os.environ.get(_STATE_VARIABLE)
    if named:
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/patchwarden-agent/registration.json")
    try:
        home = Path.home()
    except RuntimeError as error:
        raise AgentError(
            f"This user has no home directory; name a file in {_STATE_VARIABLE}."
        ) from error
    return home / ".local" / "state" / "patchwarden-agent" / "registration.json"


def register(endpoint: str, activation_id: str, activation_code: str) -> Registration:
    """Register this machine; raise AgentError if the server refuses.

    The activation code is what authorizes the request, which is not signed.
    """
    request = {
        "ActivationId": activation_id,
        "ActivationCode": activation_code,
        **_fingerprint(_MACHINE_ID),
    }
    answer = call(endpoint, _REGISTER, request, None)
    members = {
        "region": "Region",
        "instance_id": "InstanceId",
        "access_key_id": "AccessKeyId",
        "secret_access_key": "SecretAccessKey",
    }
    return Registration(
        endpoint=endpoint, **{name: _member(answer, member) for name, member in members.items()}
    )


def _member(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise RequestError(
            f"The server registered this machine without giving {name}; it is no Patchwarden.",
            code="IncompleteAnswer",
            message="",
            status=200,
        )
    return value


def _fingerprint(machine_id: Path) -> dict[str, str]:
    """Give what this machine is recognized by; nothing on one without a machine id.

    The machine id itself stays here, as its own manual asks.
    """
    try:
        content = read_file(machine_id, _MAX_BYTES).strip()
    except UnreadableFileError:
        return {}
    if not content:
        return {}
    return {"Fingerprint": hashlib.sha256(b"patchwarden-agent:" + content).hexdigest()}
