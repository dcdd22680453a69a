"""DescribeInstancePatches with few and with many nodes in the store: what one request waits for.

One connection asks for the first page of nodes picked at random, one after the other, so that the
figure is how long a request takes and not how many queue up. Every node that is asked for has been
judged. The store is warm as far as the machine's memory holds it.
"""

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.figure import Effort, Figure, Goal, Skipped
from benchmarks.measuring import servers
from benchmarks.measuring.large_fleet import prepare_large
from benchmarks.measuring.wire import Signer, client_of
from benchmarks.measuring.wrk import Load, put_load_on, require_wrk

_PAGE = 50
_GOALS = (Goal("ratio", "at most", 1.2),)
_MOST_ASKED = 2_000
"""Nodes that a turn asks for: each request is signed before."""


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Measure each fleet in a store of its own; the smallest is the yardstick.

    Raises MissingToolError, BenchmarkError.
    """
    require_wrk()
    loads = {nodes: _loads(nodes, effort) for nodes in effort.large_fleets}
    return list(_figures(loads))


def _loads(nodes: int, effort: Effort) -> list[Load]:
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name:
        directory = Path(name)
        prepared = prepare_large(directory / "data", nodes)
        picks = random.Random(1)
        with servers.patchwarden(prepared.directory) as server:
            signer = Signer(client_of(server.url, prepared.key))
            loads = []
            for _ in range(effort.rounds):
                asked = picks.sample(prepared.instance_ids, min(_MOST_ASKED, nodes))
                requests = [
                    signer.request("describe_instance_patches", InstanceId=each, MaxResults=_PAGE)
                    for each in asked
                ]
                script = directory / "requests.lua"
                loads.append(
                    put_load_on(server, requests, effort.round_s, connections=1, script=script)
                )
            return loads


def _figures(loads: dict[int, list[Load]]) -> Iterator[Figure]:
    fewest, *others = loads
    for nodes in others:
        for what, unit, of, goals in (
            (
                "p99 on one connection",
                "ms",
                lambda load: load.p99_ms,
                (Goal("ratio", "at most", 1.2),),
            ),
            ("processor time", "µs/request", lambda load: load.cpu_us_per_request, ()),
        ):
            yield Figure(
                name=f"DescribeInstancePatches among {nodes:,} nodes, {what}",
                value=median(map(of, loads[nodes])),
                unit=unit,
                yardstick=f"the same among {fewest:,} nodes",
                yardstick_value=median(map(of, loads[fewest])),
                goals=goals,
            )
