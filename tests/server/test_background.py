"""What may take long is done beside the event loop, and only that."""

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import open_store, package, report, report_bytes
from in_process import InProcessServer, in_process_server
from inventory_uploads import item
from patchwarden.operations import OPERATIONS
from patchwarden.protocol.sigv4 import HttpRequest
from patchwarden.server.admission import Admission, ThrottlingError
from patchwarden.server.background import Background
from patchwarden.server.limits import Limits
from patchwarden.server.settings import Settings
from patchwarden.server.writer import Writer
from patchwarden.store.database import Database
from patchwarden.store.sqlite import SqliteDatabase
from raw_http import RawAnswer, unsigned

URL = "http://patchwarden.test"
NODES = 60
LONG = sorted(target for target, served in OPERATIONS.items() if served.is_long)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with closing(open_store(tmp_path)) as db:
        assert isinstance(db, SqliteDatabase)
        yield db


@pytest.fixture
def server(tmp_path: Path) -> Iterator[InProcessServer]:
    with in_process_server(Settings(data_directory=tmp_path, no_auth=True)) as started:
        yield started


def opened(store: SqliteDatabase, limits: Limits | None = None) -> Background:
    """Give a thread that reads a store."""
    return Background(SqliteDatabase(store.path, read_only=True), Admission(limits or Limits()))


class Watched:
    """Passes work on, and counts it."""

    def __init__(self, inner: Background | Writer) -> None:
        self.inner = inner
        self.count = 0

    async def run(self, work: Callable[[Database], object]) -> object:
        self.count += 1
        return await self.inner.run(work)


def having(server: InProcessServer, **members: Any) -> InProcessServer:
    """Give a server whose endpoint has other parts."""
    return server.on(replace(server.app, endpoint=replace(server.app.endpoint, **members)))


def in_background(store: SqliteDatabase, *works: Callable[[Database], object]) -> list[object]:
    async def run_all() -> list[object]:
        with closing(opened(store)) as background:
            return list(await asyncio.gather(*map(background.run, works)))

    return asyncio.run(run_all())


def ask(server: InProcessServer, target: str, members: object) -> RawAnswer:
    answer = server.send(unsigned(URL, target, json.dumps(members).encode()))
    assert answer.status == 200, answer.body
    return answer


def test_work_is_done_one_after_the_other_in_another_thread(store: SqliteDatabase) -> None:
    here = threading.get_ident()
    threads = in_background(store, *[lambda _: threading.get_ident()] * 3)
    assert len(set(threads)) == 1
    assert here not in threads


def test_each_work_sees_the_newest_and_cannot_write(store: SqliteDatabase) -> None:
    def count(db: Database) -> object:
        assert db.read_only
        assert db.in_transaction
        return db.one("SELECT count(*) FROM installation")

    def add_elsewhere(db: Database) -> object:
        before = count(db)
        with closing(SqliteDatabase(store.path)) as other, other.transaction():
            other.execute("INSERT INTO installation (name, value) VALUES ('new', x'00')")
        return count(db) == before

    before, is_unmoved, after = in_background(store, count, add_elsewhere, count)
    assert is_unmoved is True
    assert after != before


def test_what_it_raises_is_raised_and_ends_nothing(store: SqliteDatabase) -> None:
    def fail(_: Database) -> object:
        raise KeyError("wrong")

    async def run_both() -> object:
        with closing(opened(store)) as background:
            with pytest.raises(KeyError, match="wrong"):
                await background.run(fail)
            return await background.run(lambda db: db.one("SELECT 1"))

    assert asyncio.run(run_both()) == (1,)


def test_work_for_which_there_is_no_room_is_refused_at_once(store: SqliteDatabase) -> None:
    may_go_on = threading.Event()

    async def run_three() -> list[object]:
        with closing(opened(store, Limits(waiting_reads=2))) as background:
            works = [lambda _: may_go_on.wait(10)] * 3
            waiting = [asyncio.ensure_future(background.run(work)) for work in works]
            with pytest.raises(ThrottlingError):
                await waiting.pop()
            may_go_on.set()
            return list(await asyncio.gather(*waiting))

    assert asyncio.run(run_three()) == [True, True]


@pytest.mark.parametrize("target", LONG)
def test_a_walk_is_not_answered_in_the_loop(server: InProcessServer, target: str) -> None:
    request = unsigned(URL, target)
    headers = [(name.lower().encode(), text.encode()) for name, text in request.headers.items()]
    http = HttpRequest("POST", "/", "", headers, b"{}")
    assert server.app.answer_now(http) is None


def test_a_large_body_is_read_beside_the_loop(server: InProcessServer) -> None:
    ask(server, "AmazonSSM.UpdateInstanceInformation", {"InstanceId": "i-0123456789abcdef0"})
    background = Watched(server.app.endpoint.background)
    watched = having(server, background=background)
    small, large = ([{"Name": "x" * 60}] * count for count in (1, 2_000))
    for content in (small, large):
        items = [item("AWS:Application", content)]
        given = {"InstanceId": "i-0123456789abcdef0", "Items": items}
        ask(watched, "AmazonSSM.PutInventory", given)
    assert background.count == 1


def outdated_fleet(server: InProcessServer) -> tuple[list[str], str]:
    """Have nodes of the patch group `web` report, then judge them by a new baseline: give both."""
    ids = [f"i-{number:017}" for number in range(NODES)]
    content = base64.b64encode(report_bytes(report([package("bash")]))).decode()
    tags = [{"Key": "Patch Group", "Value": "web"}]
    for instance_id in ids:
        ask(server, "AmazonSSM.UpdateInstanceInformation", {"InstanceId": instance_id})
        tagged = {"ResourceType": "ManagedInstance", "ResourceId": instance_id, "Tags": tags}
        ask(server, "AmazonSSM.AddTagsToResource", tagged)
        ask(server, "Patchwarden.SubmitReport", {"InstanceId": instance_id, "Report": content})
    made = ask(
        server, "AmazonSSM.CreatePatchBaseline", {"Name": "new", "OperatingSystem": "DEBIAN"}
    )
    baseline_id = json.loads(made.body)["BaselineId"]
    ask(server, "AmazonSSM.RegisterDefaultPatchBaseline", {"BaselineId": baseline_id})
    return ids, baseline_id


def test_a_fleet_is_judged_by_few_nodes_at_a_time(server: InProcessServer) -> None:
    ids, baseline_id = outdated_fleet(server)
    writer = Watched(server.app.endpoint.writer)
    watched = having(server, writer=writer)
    (summary,) = json.loads(ask(watched, "AmazonSSM.ListComplianceSummaries", {}).body)[
        "ComplianceSummaryItems"
    ]
    assert summary["CompliantSummary"]["CompliantCount"] == NODES
    assert writer.count == 3
    ask(watched, "AmazonSSM.ListComplianceSummaries", {})
    assert writer.count == 3
    states = ask(watched, "AmazonSSM.DescribeInstancePatchStates", {"InstanceIds": ids[:50]})
    baselines = {each["BaselineId"] for each in json.loads(states.body)["InstancePatchStates"]}
    assert baselines == {baseline_id}


def test_a_walk_that_finds_few_judges_many_a_page_at_a_time(server: InProcessServer) -> None:
    outdated_fleet(server)
    writer = Watched(server.app.endpoint.writer)
    few = {"Key": "MissingCount", "Values": ["0"], "Type": "GreaterThan"}
    asked = {"PatchGroup": "web", "Filters": [few], "MaxResults": 10}
    target = "AmazonSSM.DescribeInstancePatchStatesForPatchGroup"
    answer = ask(having(server, writer=writer), target, asked)
    assert json.loads(answer.body) == {"InstancePatchStates": [], "NextToken": ""}
    assert writer.count == -(-NODES // 11)
