"""The life of a request where it does not come to an answer as usual, and what is logged of it."""

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from in_process import InProcessServer, Message, in_process_server
from patchwarden.protocol.service_model import Operation
from patchwarden.protocol.sigv4 import HttpRequest
from patchwarden.server.authentication import Caller
from patchwarden.server.settings import Settings
from raw_http import RawRequest, unsigned

URL = "http://patchwarden.test"
GET_DEFAULT = "AmazonSSM.GetDefaultPatchBaseline"
HIDDEN = "what only the log may say"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    directory = tmp_path_factory.mktemp("endpoint")
    with in_process_server(Settings(data_directory=directory)) as server:
        yield server


@pytest.fixture(scope="module")
def believing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    directory = tmp_path_factory.mktemp("endpoint")
    with in_process_server(Settings(data_directory=directory, no_auth=True)) as server:
        yield server


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "patchwarden.requests")
    return caplog


def only_line(log: pytest.LogCaptureFixture) -> tuple[str, str]:
    (record,) = (each for each in log.records if each.name == "patchwarden.requests")
    return record.levelname, record.getMessage()


def test_a_bug_is_an_internal_error_that_only_the_log_explains(
    started: InProcessServer, log: pytest.LogCaptureFixture
) -> None:
    def broken(request: HttpRequest, operation: Operation, now: float) -> Caller:
        raise RuntimeError(HIDDEN)

    app = started.app
    endpoint = replace(app.endpoint, authenticate=broken)
    with_a_bug = started.on(replace(app, endpoint=endpoint))
    answer = with_a_bug.send(unsigned(URL, GET_DEFAULT))
    assert answer.status == 500
    assert answer.body == (
        b'{"__type":"InternalServerError","Message":"An error occurred on the server side."}'
    )
    assert answer.headers["x-amzn-errortype"] == "InternalServerError"
    level, line = only_line(log)
    assert level == "ERROR"
    assert line.startswith(answer.headers["x-amzn-requestid"])
    assert HIDDEN in log.text


def test_a_client_that_leaves_gets_no_answer_and_no_line(
    started: InProcessServer, log: pytest.LogCaptureFixture
) -> None:
    sent: list[Message] = []

    async def leave() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "headers": []}
    scope["query_string"] = b""
    asyncio.run(started.app.endpoint(scope, leave, send))
    assert sent == []
    assert log.records == []


def test_an_answer_is_logged_with_its_id_and_operation_for_those_who_debug(
    believing: InProcessServer, log: pytest.LogCaptureFixture
) -> None:
    answer = believing.send(unsigned(URL, GET_DEFAULT))
    request_id = answer.headers["x-amzn-requestid"]
    level, line = only_line(log)
    assert level == "DEBUG"
    assert re.fullmatch(rf"{request_id} GetDefaultPatchBaseline - 200 \d+\.\d ms", line)


@pytest.mark.parametrize(
    ("request_sent", "code"),
    [
        (unsigned(URL, GET_DEFAULT), "GetDefaultPatchBaseline - 400"),
        (unsigned(URL, "AmazonSSM.Unknown"), "- - 400"),
    ],
)
def test_a_stranger_who_is_refused_is_worth_a_warning(
    request_sent: RawRequest,
    code: str,
    started: InProcessServer,
    log: pytest.LogCaptureFixture,
) -> None:
    answer = started.send(request_sent)
    level, line = only_line(log)
    assert level == "WARNING"
    assert line.startswith(f"{answer.headers['x-amzn-requestid']} {code} ")


def test_a_client_cannot_make_up_lines_of_the_log(
    believing: InProcessServer, log: pytest.LogCaptureFixture
) -> None:
    body = json.dumps(
        {"InstanceId": "i-01234567", "Filters": [{"Key": "a\nb\x1b[2J", "Values": ["c"]}]}
    )
    request = unsigned(URL, "AmazonSSM.DescribeInstancePatches", body.encode())
    assert believing.send(request).headers["x-amzn-errortype"] == "InvalidFilter"
    _, line = only_line(log)
    assert line.isprintable()
    assert r"InvalidFilter: 'Filter a\nb\x1b[2J is invalid." in line


def test_every_request_has_an_id_of_its_own(started: InProcessServer) -> None:
    answers = [started.send(unsigned(URL, GET_DEFAULT)) for _ in range(3)]
    assert len({answer.headers["x-amzn-requestid"] for answer in answers}) == 3
