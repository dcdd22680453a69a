"""Several processes on one socket: they live and end together, and know the same."""

import http.client
import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from uvicorn.config import STARTUP_FAILURE

from accounts import Account, new_account
from fakes import open_store
from patchwarden.cli.main import INTERRUPTED
from patchwarden.server.app import HEALTH_PATH
from patchwarden.server.settings import Settings
from patchwarden.server.workers import AppOfWorker
from patchwarden.store import credentials
from patchwarden.store.credentials import IssuedKey
from patchwarden.store.sqlite import FILE_NAME
from raw_http import TIMEOUT_S, signed, unsigned
from serving import RunningServer, running_server

WORKERS = 2


def process_that_answers(server: RunningServer) -> int:
    """Ask on a new connection; give the process that took it."""
    with urllib.request.urlopen(f"{server.url}{HEALTH_PATH}", timeout=TIMEOUT_S) as answer:
        return int(json.load(answer)["process"])


def workers_of(server: RunningServer) -> set[int]:
    """Ask until all workers have answered."""
    found: set[int] = set()
    while len(found) < WORKERS:
        found.add(process_that_answers(server))
    return found


def is_running(process: int) -> bool:
    """Say whether a process runs; one that nobody has waited for does not."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(processes: set[int]) -> None:
    """Look again and again; the time limit of the test ends it."""
    while any(map(is_running, processes)):
        pass


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "data", "--workers", str(WORKERS)) as running:
        yield running


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("workers")
    with running_server(directory / "data", "--workers", str(WORKERS)) as running:
        yield running


@pytest.fixture
def account(shared_server: RunningServer) -> Account:
    return new_account(shared_server)


class OneWorker:
    """Sends requests to one worker of a server, by a connection that is kept."""

    def __init__(self, server: RunningServer, process: int) -> None:
        self._server = server
        while True:
            self._connection = http.client.HTTPConnection(
                urlsplit(server.url).netloc, timeout=TIMEOUT_S
            )
            self._connection.request("GET", HEALTH_PATH)
            if json.load(self._connection.getresponse())["process"] == process:
                return
            self._connection.close()

    def ask(self, key: IssuedKey, operation: str, **members: object) -> Any:
        url, body = self._server.url, json.dumps(members).encode()
        request = signed(url, unsigned(url, f"AmazonSSM.{operation}", body), key)
        self._connection.request("POST", "/", request.body, request.headers)
        return json.load(self._connection.getresponse())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def each(shared_server: RunningServer) -> Iterator[list[OneWorker]]:
    workers = [OneWorker(shared_server, process) for process in workers_of(shared_server)]
    yield workers
    for worker in workers:
        worker.close()


def test_what_one_has_written_the_others_show(account: Account, each: list[OneWorker]) -> None:
    for number, (writer, reader) in enumerate([each, each[::-1]]):
        made = writer.ask(account.key, "CreatePatchBaseline", Name=f"baseline-{number}")
        shown = reader.ask(account.key, "GetPatchBaseline", BaselineId=made["BaselineId"])
        assert shown["Name"] == f"baseline-{number}"


def test_a_page_token_of_one_is_understood_by_the_others(
    account: Account, each: list[OneWorker]
) -> None:
    asked = {"MaxResults": 1}
    first = each[0].ask(account.key, "DescribePatchBaselines", **asked)
    second = each[1].ask(
        account.key, "DescribePatchBaselines", **asked, NextToken=first["NextToken"]
    )
    assert second["BaselineIdentities"] != first["BaselineIdentities"]


def test_a_key_that_was_revoked_is_refused_by_all(account: Account, each: list[OneWorker]) -> None:
    key = account.new_key("auditor")
    for worker in each:
        assert "BaselineIdentities" in worker.ask(key, "DescribePatchBaselines")
    with closing(open_store(account.server.data_directory)) as db, db.transaction():
        credentials.revoke(db, key.access_key_id, time.time())
    for worker in each:
        answer = worker.ask(key, "DescribePatchBaselines")
        assert answer["__type"] == "UnrecognizedClientException"


def test_a_worker_that_dies_is_replaced_and_that_is_logged(own_server: RunningServer) -> None:
    victim, survivor = sorted(workers_of(own_server))
    os.kill(victim, signal.SIGKILL)
    wait_until_gone({victim})
    assert process_that_answers(own_server) == survivor
    after = workers_of(own_server)
    assert survivor in after
    (replacement,) = after - {survivor}
    said = f"Worker process {victim} ended (exit code -9); process {replacement} takes its place."
    assert said in own_server.log
    assert new_account(own_server).new_node().instance_id


@pytest.mark.parametrize(
    ("sent", "exit_code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, INTERRUPTED)]
)
def test_a_signal_ends_them_all_as_it_ends_one(
    sent: signal.Signals, exit_code: int, own_server: RunningServer
) -> None:
    processes = workers_of(own_server)
    own_server.process.send_signal(sent)
    assert own_server.process.wait(timeout=20) == exit_code
    assert not any(map(is_running, processes))
    assert "Traceback" not in own_server.log


def test_workers_end_when_their_supervisor_was_killed(own_server: RunningServer) -> None:
    processes = workers_of(own_server)
    own_server.process.kill()
    own_server.process.wait()
    wait_until_gone(processes)
    assert "Traceback" not in own_server.log


def test_a_worker_that_cannot_open_the_installation_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a store of ours".ljust(4096))
    done: list[str] = []
    make = AppOfWorker(Settings(data_directory=tmp_path), lambda: done.append("set up"))
    with pytest.raises(SystemExit) as ended:
        make()
    assert ended.value.code == STARTUP_FAILURE
    assert done == ["set up"]
    assert "is damaged or not a store" in caplog.text
