"""Calls operations as the server does, in this process: a real store, the real service model."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from fakes import CountedBytes, FrozenClock, report_bytes
from patchwarden.choices import Choices
from patchwarden.domain.facts import Report
from patchwarden.domain.states import PatchState, service_spelling
from patchwarden.errors import CallerError
from patchwarden.evaluation.engine import Engine
from patchwarden.operations import OPERATIONS
from patchwarden.operations.context import Answer, Context, Resources
from patchwarden.operations.errors import service_code
from patchwarden.operations.patch_fragments import PatchFragments
from patchwarden.operations.snapshot_links import SnapshotLinks
from patchwarden.protocol import json11
from patchwarden.protocol.errors import ServiceError
from patchwarden.protocol.page_token import PageTokens
from patchwarden.protocol.service_model import Operation, ServiceModel, Shape
from patchwarden.protocol.validate import validate
from patchwarden.store.credentials import Holder, Issuer
from patchwarden.store.database import Database, Scope
from patchwarden.store.errors import WriteRequiredError
from patchwarden.store.installation import open_installation

ACCOUNT = "123456789012"
SCOPE = Scope(ACCOUNT, "us-east-1")
ADMIN = Holder(account_id=ACCOUNT, role="admin", description="test")
PUBLIC_URL = "https://patches.example.test"
FRAMEWORK_CODES = frozenset({"ValidationException", "SerializationException"})
MAX_PAGES = 100
BEYOND_THE_MODEL = frozenset({"InstalledBy"})
"""Members of answers that are published but not in the model (design, decision 11)."""
BEYOND_THE_ENUM: Mapping[str, frozenset[str]] = {
    "State": frozenset(map(service_spelling, PatchState)),
    "Status": frozenset({""}),
}
"""Member → values that are sent though the model does not list them (contract 2.4, 6.5)."""
SCALARS: Mapping[str, type] = {
    "integer": int,
    "long": int,
    "double": float,
    "timestamp": float,
    "boolean": bool,
}
"""Kind of a shape → what a value of it is, once decoded."""

Json: TypeAlias = Any
"""A decoded answer."""

load_model = functools.cache(ServiceModel.load)


class Refused(Exception):  # noqa: N818 - reads as what the service does
    """The service's answer to a request that is at fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Api:
    """One installation and its operations; a test moves `clock`."""

    def __init__(
        self, directory: Path, choices: Choices | None = None, *, store_url: str | None = None
    ) -> None:
        self.installation = open_installation(directory, CountedBytes(), store_url)
        self.db = self.installation.connect()
        self.reader = self.installation.connect(read_only=True)
        self.clock = FrozenClock()
        self.choices = choices or Choices()
        vault = self.installation.vault
        random_bytes = CountedBytes()
        self.resources = Resources(
            engine=Engine(self.choices),
            page_tokens=PageTokens(vault.derived_key("page tokens")),
            fragments=PatchFragments(self.choices.state_spelling),
            issuer=Issuer(vault=vault, random_bytes=random_bytes),
            snapshot_links=SnapshotLinks(
                vault.derived_key("snapshot links"), public_url=PUBLIC_URL, listening_url=""
            ),
            random_bytes=random_bytes,
        )

    def close(self) -> None:
        self.reader.close()
        self.db.close()

    def call(
        self, name: str, *, scope: Scope = SCOPE, caller: Holder = ADMIN, **members: Json
    ) -> Json:
        """Give the answer of an operation, decoded; raises Refused."""
        return msgspec.json.decode(self.call_bytes(name, scope=scope, caller=caller, **members))

    def call_bytes(
        self, name: str, *, scope: Scope = SCOPE, caller: Holder = ADMIN, **members: Json
    ) -> bytes:
        """Give the answer of an operation, as it is sent; raises Refused."""
        operation = operation_named(name)
        try:
            request = json11.decode(json11.encode(members), operation.input)
            validate(request, operation.input)
            answer = self._run(operation, request, scope, caller)
        except ServiceError as error:
            raise Refused(error.code, error.message) from error
        except CallerError as error:
            code = service_code(error, operation)
            assert code in operation.errors or code in FRAMEWORK_CODES, (name, code)
            raise Refused(code, str(error)) from error
        encoded = answer if isinstance(answer, bytes) else json11.encode(answer)
        check_output(msgspec.json.decode(encoded), operation.output)
        return encoded

    def pages(self, name: str, **members: Json) -> Iterator[Json]:
        """Give the answers of a walk from the first page to the last."""
        token = ""
        for _ in range(MAX_PAGES):
            answer = self.call(name, **members, NextToken=token)
            yield answer
            token = answer.get("NextToken", "")
            if not token:
                return
        raise AssertionError(f"{name} goes on after {MAX_PAGES} pages")

    def register_node(self, *, scope: Scope = SCOPE, **activation: Json) -> str:
        """Register a node by an activation of its own; give its id."""
        asked: dict[str, Json] = {"IamRole": "PatchNode", **activation}
        made = self.call("CreateActivation", scope=scope, **asked)
        registered = self.call(
            "RegisterManagedInstance",
            scope=Scope("", ""),
            caller=Holder(account_id="", role="node"),
            **made,
        )
        return str(registered["InstanceId"])

    def submit(self, instance_id: str, report: Report, scope: Scope = SCOPE) -> Json:
        """Hand in a report."""
        return self.call(
            "SubmitReport", scope=scope, InstanceId=instance_id, Report=report_bytes(report)
        )

    def _run(
        self, operation: Operation, request: Mapping[str, Any], scope: Scope, caller: Holder
    ) -> Answer:
        served = OPERATIONS[operation.target]

        def work(db: Database) -> Answer:
            context = Context(
                operation=operation.name,
                scope=scope,
                caller=caller,
                now=self.clock.now,
                db=db,
                resources=self.resources,
            )
            return served.answer(context, request)

        if not served.writes:
            try:
                return work(self.reader)
            except WriteRequiredError:
                pass
        with self.db.transaction():
            return work(self.db)


def operation_named(name: str) -> Operation:
    """Give the operation that is served under `name`."""
    targets = [target for target in OPERATIONS if target.partition(".")[2] == name]
    assert len(targets) == 1, name
    return load_model().operations[targets[0]]


def check_output(value: object, shape: Shape, path: str = "") -> None:
    """Check that an answer is what the service model says, as a client would read it."""
    match shape.kind:
        case "structure":
            assert isinstance(value, dict), path
            assert value.keys() <= shape.members.keys() | BEYOND_THE_MODEL, (path, value)
            assert set(shape.required) <= value.keys(), (path, value)
            for name in value.keys() & shape.members.keys():
                check_output(value[name], shape.members[name], f"{path}.{name}")
        case "list":
            assert isinstance(value, list), path
            for item in value:
                check_output(item, shape.members["member"], f"{path}[]")
        case "map":
            assert isinstance(value, dict), path
            for key, item in value.items():
                check_output(key, shape.members["key"], f"{path}[]")
                check_output(item, shape.members["value"], f"{path}[{key}]")
        case "string":
            assert isinstance(value, str), path
            known = {*shape.enum, *BEYOND_THE_ENUM.get(path.rpartition(".")[2], ())}
            assert not shape.enum or value in known, (path, value)
        case kind:
            assert type(value) is SCALARS[kind], (path, kind)
