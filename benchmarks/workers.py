"""DescribeInstancePatches from one and from two worker processes, which have the machine's cores.

The load runs on the same cores, so that two workers on two cores cannot reach twice the rate.
"""

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.figure import Effort, Figure, Skipped
from benchmarks.measuring import servers
from benchmarks.measuring.cores import all_cores
from benchmarks.measuring.installation import prepare
from benchmarks.measuring.sample_reports import sample_report
from benchmarks.measuring.wire import Signer, client_of
from benchmarks.measuring.wrk import Load, put_load_on, require_wrk

_WORKERS = (1, 2)
_MOST_NODES = 64
_RECORDS = 850
_PAGE = 50
_CONNECTIONS = 64


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Let servers with one and with two workers take turns on the same store.

    Raises MissingToolError, BenchmarkError.
    """
    require_wrk()
    now = time.time()
    node_count = min(_MOST_NODES, effort.nodes)
    reports = [sample_report(node, _RECORDS, now) for node in range(node_count)]
    loads: dict[int, list[Load]] = {count: [] for count in _WORKERS}
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name, ExitStack() as stack:
        directory = Path(name)
        prepared = prepare(directory / "data", node_count, reports)
        of_count = {
            count: stack.enter_context(servers.patchwarden(prepared.directory, workers=count))
            for count in _WORKERS
        }
        for _ in range(effort.rounds):
            for count, server in of_count.items():
                signer = Signer(client_of(server.url, prepared.key))
                requests = [
                    signer.request("describe_instance_patches", InstanceId=each, MaxResults=_PAGE)
                    for each in prepared.instance_ids
                ]
                load = put_load_on(
                    server,
                    requests,
                    effort.round_s,
                    connections=_CONNECTIONS,
                    script=directory / "requests.lua",
                    cores=all_cores(),
                )
                loads[count].append(load)
    one, two = (median(load.requests_per_s for load in loads[count]) for count in _WORKERS)
    return [
        Figure(
            name="DescribeInstancePatches, two workers",
            value=two,
            unit="requests/s",
            yardstick="one worker",
            yardstick_value=one,
            note="the load shares the cores with the servers",
        )
    ]
