"""Which nodes miss a CVE: the first page of 50, by the server, in a store of a large fleet.

The CVE is the one that most nodes miss. The simulated fleet names none, so one is made up for the
package that most of its nodes miss. With PATCHWARDEN_BENCHMARK_FLEET the nodes are those of that
data directory.
"""

import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figure import BenchmarkError, Effort, Figure, Goal, Skipped
from benchmarks.measuring import servers
from benchmarks.measuring.installation import SCOPE, Prepared
from benchmarks.measuring.large_fleet import prepare_large
from benchmarks.measuring.timing import alternating
from benchmarks.measuring.wire import Signer, client_of, send
from patchwarden.store.credentials import Holder, Issuer
from patchwarden.store.database import Database
from patchwarden.store.installation import open_installation

_FLEET = "PATCHWARDEN_BENCHMARK_FLEET"
_MOST_NODES = 100_000
_PAGE = 50
_CALLS = 3
"""Calls of a turn: the yardstick is slow."""
_CVE = "CVE-2026-0001"
_ASKED, _PLAIN, _COUNTED = "SearchNodes", "a plain SELECT", "CountNodes"
_SELECT = (
    "SELECT DISTINCT o.node_key, n.instance_id FROM patch_record_cves c"
    " JOIN open_patches o ON o.record_id = c.record_id JOIN nodes n ON n.node_key = o.node_key"
    " WHERE c.cve_id = ? AND n.account_id = ? AND n.region = ?"
    f" ORDER BY o.node_key LIMIT {_PAGE}"
)


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Let the server and SQLite itself take turns.

    Raises BenchmarkError.
    """
    with _fleet(effort) as prepared, prepared.open() as db:
        nodes = _number(db, "SELECT count(*) FROM nodes WHERE account_id = ? AND region = ?", SCOPE)
        cve_id = _most_common_cve(db)
        with servers.patchwarden(prepared.directory) as server:
            signer = Signer(client_of(server.url, prepared.key, "patchwarden"))
            filters: Mapping[str, Any] = {"Filters": [{"Key": "CVEId", "Values": [cve_id]}]}
            search = signer.request("search_nodes", **filters, MaxResults=_PAGE)
            count = signer.request("count_nodes", **filters)
            missing = _check(
                json.loads(send(server.port, search).body),
                json.loads(send(server.port, count).body),
            )
            taken_s = alternating(
                {
                    _ASKED: partial(send, server.port, search),
                    _PLAIN: partial(db.all, _SELECT, (cve_id, *SCOPE)),
                    _COUNTED: partial(send, server.port, count),
                },
                effort.rounds * _CALLS,
            )
    return list(_figures(taken_s, nodes, missing))


def _figures(taken_s: Mapping[str, list[float]], nodes: int, missing: int) -> Iterator[Figure]:
    taken_ms = {name: 1e3 * median(times) for name, times in taken_s.items()}
    yield Figure(
        name=f"First page of the nodes among {nodes:,} that miss a CVE",
        value=taken_ms[_ASKED],
        unit="ms",
        yardstick=f"{_PLAIN} in SQLite",
        yardstick_value=taken_ms[_PLAIN],
        goals=[Goal("value", "at most", 50)],
        note=f"{missing:,} nodes miss it; counting them takes {taken_ms[_COUNTED]:.1f} ms",
    )


@contextmanager
def _fleet(effort: Effort) -> Iterator[Prepared]:
    given = os.environ.get(_FLEET)
    if given:
        yield _with_key(Path(given))
        return
    nodes = max(count for count in effort.large_fleets if count <= _MOST_NODES)
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name:
        yield prepare_large(Path(name) / "data", nodes)


def _with_key(directory: Path) -> Prepared:
    installation = open_installation(directory, secrets.token_bytes)
    issuer = Issuer(vault=installation.vault, random_bytes=secrets.token_bytes)
    with closing(installation.connect()) as db, db.transaction():
        key = issuer.issue(db, Holder(account_id=SCOPE.account_id, role="admin"), time.time())
    return Prepared(directory, key, ())


def _most_common_cve(db: Database) -> str:
    """Give the CVE that most nodes miss; make one up if none is known."""
    row = db.one(
        "SELECT c.cve_id FROM patch_record_cves c"
        " JOIN open_patches o ON o.record_id = c.record_id"
        " GROUP BY c.cve_id ORDER BY count(DISTINCT o.node_key) DESC LIMIT 1"
    )
    if row is not None:
        return str(row[0])
    with db.transaction():
        db.execute(
            "INSERT INTO patch_record_cves (cve_id, record_id)"
            " SELECT ?, record_id FROM patch_records WHERE kb_id = ("
            " SELECT r.kb_id FROM open_patches o JOIN patch_records r"
            " ON r.record_id = o.record_id GROUP BY r.kb_id ORDER BY count(*) DESC LIMIT 1)",
            (_CVE,),
        )
    return _CVE


def _check(page: Mapping[str, Any], counts: Mapping[str, Any]) -> int:
    """See that the page is full and nothing is left to judge; give how many nodes there are."""
    nodes = int(counts["NodesCount"])
    if len(page["Nodes"]) != min(_PAGE, nodes) or not nodes:
        raise BenchmarkError(f"A page of {nodes} nodes has {len(page['Nodes'])}")
    if page["OutdatedNodesCount"]:
        raise BenchmarkError(f"{page['OutdatedNodesCount']} nodes have to be judged again first")
    return nodes


def _number(db: Database, sql: str, parameters: Sequence[str]) -> int:
    row = db.one(sql, parameters)
    assert row is not None
    return int(row[0])
