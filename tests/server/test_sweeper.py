"""The sweeper of a running application: it ends, it tells how far it is, and it drops history."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes import open_store, package, report
from in_process import in_process_server
from node_store import NODE, NodeStore, new_node_store
from patchwarden.server.admission import Reason
from patchwarden.server.app import HEALTH_PATH, App, build_app
from patchwarden.server.settings import Settings
from patchwarden.store import baselines, sweep_leases, verdicts

TIMEOUT_S = 30.0
DAY_S = 86_400.0


async def living(app: App, scenario: Callable[[], object]) -> None:
    """Run an application until something can be seen, then end it."""
    to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    from_app: asyncio.Queue[object] = asyncio.Queue()
    task = asyncio.ensure_future(app({"type": "lifespan"}, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    await from_app.get()
    deadline = time.monotonic() + TIMEOUT_S
    try:
        while not scenario():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await task


@pytest.fixture
def store(tmp_path: Path) -> NodeStore:
    return new_node_store(tmp_path)


def change_everything(store: NodeStore) -> None:
    with store.db.transaction():
        baselines.count_policy_change_everywhere(store.db)


def test_a_change_is_swept_and_told(store: NodeStore, tmp_path: Path) -> None:
    store.accept(report([package("bash")]))
    change_everything(store)
    app = build_app(Settings(data_directory=tmp_path))

    def is_swept() -> bool:
        return verdicts.count_outdated(store.db, engine=store.engine.identity, now=time.time()) == 0

    asyncio.run(living(app, is_swept))
    told = app.sweeper.progress()
    assert told["judged_again"] == 1
    held = sweep_leases.held_by_others(store.db, "", time.time())
    assert held == frozenset()


def test_while_requests_never_cease_to_write_it_still_ends(
    store: NodeStore, tmp_path: Path
) -> None:
    store.accept(report([package("bash")]))
    change_everything(store)
    app = build_app(Settings(data_directory=tmp_path))
    app.admission.under_way[Reason.WRITES] += 1
    asyncio.run(living(app, lambda: app.sweeper.progress()["judged_again"] == 1))


def test_old_history_is_dropped_once_a_day(store: NodeStore, tmp_path: Path) -> None:
    now = time.time()
    for days in (9, 8, 1, 0):
        store.accept(report([package("bash", f"{days}-1")], at=now - days * DAY_S))
    app = build_app(Settings(data_directory=tmp_path, keep_history_days=7))
    asyncio.run(living(app, lambda: store.count("scans") == 2 and closed(store)))
    assert store.node(NODE).scan_id is not None


def closed(store: NodeStore) -> bool:
    row = store.db.one("SELECT held_until FROM sweep_leases WHERE holder = ''")
    return row is not None and row[0] > time.time() + DAY_S / 2


def test_health_tells_of_the_sweep(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with in_process_server(Settings(data_directory=tmp_path)) as server:
        told = json.loads(server.get(HEALTH_PATH).body)
    assert told["sweep"] == {"outdated": 0, "judged_again": 0, "failed": 0}
