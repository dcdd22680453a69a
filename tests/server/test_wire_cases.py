"""Requests and the exact answers to them: tests/cases/wire, over a network and without one.

In the cases, `<<name>>` stands for something that only this run knows: what `World` knows by that
name, or, in answers, a time.
"""

import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

import raw_http
from accounts import Account, EnrolledNode, new_account
from fakes import open_store, package
from in_process import InProcessServer, in_process_server
from patchwarden.server.settings import Settings
from patchwarden.store import credentials
from patchwarden.store.credentials import IssuedKey
from raw_http import RawAnswer, RawRequest, Signing
from serving import RunningServer

CASES = Path(__file__).parents[1] / "cases" / "wire"
PATTERNS = {"time": r"\d{8}T\d{6}Z"}
PLACEHOLDER = re.compile("<<([a-z_]+)>>")


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is sent, if it differs from an empty, well signed DescribeInstancePatches."""

    target: str = "AmazonSSM.DescribeInstancePatches"
    json: Any = {}
    text: str | None = None
    """The body, where it is no JSON."""
    encoding: str = "utf-8"
    padded_to_bytes: int = 0
    headers: dict[str, str | None] = {}
    key: str | None = "admin"
    """Whose key signs; None for no signature."""
    secret: str | None = None
    """What the key's secret is mistaken for."""
    region: str = "us-east-1"
    service: str = "ssm"
    clock_offset_s: float = 0
    session_token: str | None = None
    headers_after_signing: dict[str, str | None] = {}
    text_after_signing: str | None = None


class Expected(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What comes back."""

    status: int
    error: str | None = None
    """The header x-amzn-errortype."""
    json: Any


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One request and the answer to it."""

    name: str
    request: Asked
    answer: Expected


@dataclass(frozen=True, slots=True)
class World:
    """What is on the server, by the names that the cases use."""

    url: str
    keys: Mapping[str, IssuedKey]
    names: Mapping[str, str]

    def request(self, asked: Asked) -> RawRequest:
        """Make the request of a case."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        names = {**self.names, "now": now, "today": now[:8]}
        text = json.dumps(asked.json) if asked.text is None else asked.text
        body = _filled(text, names).encode(asked.encoding).ljust(asked.padded_to_bytes)
        headers = _all_filled(asked.headers, names)
        request = raw_http.unsigned(self.url, asked.target, body, headers)
        if asked.key is not None:
            request = raw_http.signed(self.url, request, self._key(asked), _signing(asked))
        request = request.with_headers(_all_filled(asked.headers_after_signing, names))
        if asked.text_after_signing is not None:
            body = _filled(asked.text_after_signing, names).encode()
            request = RawRequest(request.headers, body)
        return request

    def body_pattern(self, expected: Expected, request: RawRequest) -> str:
        """Give the regular expression of an answer's body."""
        signed_at = request.headers.get("X-Amz-Date", "")
        names = {**self.names, "signed_at": signed_at, "today": signed_at[:8]}
        text = json.dumps(expected.json, separators=(",", ":"), ensure_ascii=False)
        pieces = PLACEHOLDER.split(text)
        pieces[::2] = map(re.escape, pieces[::2])
        pieces[1::2] = [PATTERNS.get(name) or re.escape(names[name]) for name in pieces[1::2]]
        return "".join(pieces)

    def _key(self, asked: Asked) -> IssuedKey:
        key = self.keys[asked.key or ""]
        return IssuedKey(key.access_key_id, asked.secret or key.secret_access_key)


def _signing(asked: Asked) -> Signing:
    signed_at = time.time() + asked.clock_offset_s
    return Signing(asked.region, asked.service, signed_at, asked.session_token)


def _filled(text: str, names: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: names[found[1]], text)


def _all_filled(
    headers: Mapping[str, str | None], names: Mapping[str, str]
) -> dict[str, str | None]:
    return {name: text and _filled(text, names) for name, text in headers.items()}


EVERY_CASE = [
    pytest.param(case, id=f"{path.stem}-{case.name.replace(' ', '_')}")
    for path in sorted(CASES.glob("*.json"))
    for case in msgspec.json.decode(path.read_bytes(), type=list[Case])
]


@pytest.fixture(scope="module")
def world(server: RunningServer) -> World:
    """Fill two accounts."""
    account, stranger = new_account(server), new_account(server)
    node = account.new_node()
    node.submit(
        [
            package("bash", security=True, installed_at=1_546_992_000.0, priority="required"),
            package("local-tool", listed=False),
            package("openssl", "3.0-1", update="3.0-1+deb12u1", security=True),
            *(package(f"lib{number:02}") for number in range(20)),
        ]
    )
    first_page = account.client().describe_instance_patches(
        InstanceId=node.instance_id, MaxResults=10
    )
    names = {
        "account": account.account_id,
        "admin_key": account.key.access_key_id,
        "node": node.instance_id,
        "other_node": account.new_node().instance_id,
        "token": first_page["NextToken"],
    }
    return World(server.url, _keys(account, stranger, node), names)


@pytest.fixture(scope="module")
def without_network(server: RunningServer) -> Iterator[InProcessServer]:
    """Start the application once more on the same data, in this process."""
    with in_process_server(Settings(data_directory=server.data_directory)) as started:
        yield started


@pytest.mark.parametrize("case", EVERY_CASE)
def test_answer_over_the_network(case: Case, world: World) -> None:
    request = world.request(case.request)
    answer = raw_http.send(world.url, request)
    assert_is_as_expected(answer, case, world, request)
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert "date" in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize("case", EVERY_CASE)
def test_answer_without_a_network(
    case: Case, world: World, without_network: InProcessServer
) -> None:
    request = world.request(case.request)
    assert_is_as_expected(without_network.send(request), case, world, request)


def assert_is_as_expected(answer: RawAnswer, case: Case, world: World, request: RawRequest) -> None:
    """Compare all that matters of an answer."""
    pattern = world.body_pattern(case.answer, request)
    assert re.fullmatch(pattern, answer.body.decode()), answer.body.decode()
    assert answer.status == case.answer.status
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert answer.headers.get("x-amzn-errortype") == case.answer.error
    assert uuid.UUID(answer.headers["x-amzn-requestid"]).version == 4


def _keys(account: Account, stranger: Account, node: EnrolledNode) -> dict[str, IssuedKey]:
    revoked = account.new_key("admin")
    revoke(account.server.data_directory, revoked)
    return {
        "admin": account.key,
        "operator": account.new_key("operator"),
        "auditor": account.new_key("auditor"),
        "node": node.key,
        "stranger": stranger.key,
        "revoked": revoked,
        "unknown": IssuedKey("PWAKUNKNOWN", "a secret that nobody has"),
    }


def revoke(data_directory: Path, key: IssuedKey) -> None:
    """End an access key, as `patchwarden credentials revoke` does."""
    with closing(open_store(data_directory)) as db, db.transaction():
        assert credentials.revoke(db, key.access_key_id, time.time())
