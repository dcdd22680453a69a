"""DescribeInstancePatches: pages of 50 of 850 patches, signed, from a server on one core.

Next to nginx, which sends the very same bytes from memory without looking at the request, and to
moto's DescribePatchBaselines, the nearest that it has, with an empty answer.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.figure import (
    BenchmarkError,
    Effort,
    Figure,
    Goal,
    MissingToolError,
    Skipped,
)
from benchmarks.measuring import servers
from benchmarks.measuring.installation import Prepared, prepare
from benchmarks.measuring.sample_reports import sample_report
from benchmarks.measuring.servers import Server
from benchmarks.measuring.wire import Signer, WireAnswer, client_of, send
from benchmarks.measuring.wrk import Load, put_load_on, require_wrk
from patchwarden.store.credentials import IssuedKey

NAME = "DescribeInstancePatches"
_MOST_NODES = 64
_RECORDS = 850
_PAGE = 50
_CONNECTIONS = 32
_MOTO_CONNECTIONS = 8
"""With 32, its threads get in each other's way and it answers about a tenth fewer."""
_LEAST_BUSY = 0.85
"""Of its core: a server under full load that takes less has to share it, or waits for wrk."""
_NGINX = "nginx, same bytes"
_MOTO = "moto describe_patch_baselines"


@dataclass(frozen=True, slots=True)
class _Contestant:
    server: Server
    signed_requests: Callable[[], Sequence[bytes]]
    """Makes them anew: a signature is valid for 5 minutes."""
    connections: int = _CONNECTIONS


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Let the contestants take turns; give rates, processor time and latency.

    Raises MissingToolError, BenchmarkError.
    """
    require_wrk()
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name, ExitStack() as stack:
        directory = Path(name)
        contestants, skipped = _contestants(directory, min(_MOST_NODES, effort.nodes), stack)
        loads = _take_turns(contestants, effort, directory / "requests.lua")
    return [*skipped, *_figures(loads)]


def _contestants(
    directory: Path, node_count: int, stack: ExitStack
) -> tuple[dict[str, _Contestant], list[Skipped]]:
    now = time.time()
    reports = [sample_report(node, _RECORDS, now) for node in range(node_count)]
    prepared = prepare(directory / "data", node_count, reports)
    server = stack.enter_context(servers.patchwarden(prepared.directory))
    _check_answers(server, prepared)
    ours = _describe_requests(server, prepared)
    contestants = {NAME: _Contestant(server, ours)}
    skipped: list[Skipped] = []
    answer = send(server.port, ours()[0])
    yardsticks: Mapping[str, Callable[[], AbstractContextManager[_Contestant]]] = {
        _NGINX: partial(_nginx, answer, ours, directory),
        _MOTO: _moto,
    }
    for name, start in yardsticks.items():
        try:
            contestants[name] = stack.enter_context(start())
        except MissingToolError as error:
            skipped.append(Skipped(f"{NAME} next to {name}", str(error)))
    return contestants, skipped


@contextmanager
def _nginx(
    answer: WireAnswer, signed_requests: Callable[[], Sequence[bytes]], directory: Path
) -> Iterator[_Contestant]:
    with servers.nginx(answer, directory) as server:
        served = send(server.port, signed_requests()[0])
        if served.body != answer.body:
            raise BenchmarkError("nginx does not send the same bytes")
        yield _Contestant(server, signed_requests)


@contextmanager
def _moto() -> Iterator[_Contestant]:
    with servers.moto() as server:
        key = IssuedKey("AKIAIOSFODNN7EXAMPLE", "of no importance")
        signer = Signer(client_of(server.url, key))
        requests = [signer.request("describe_patch_baselines")]
        if "BaselineIdentities" not in json.loads(send(server.port, requests[0]).body):
            raise BenchmarkError("moto does not answer DescribePatchBaselines")
        yield _Contestant(server, lambda: requests, _MOTO_CONNECTIONS)


def _check_answers(server: Server, prepared: Prepared) -> None:
    """See with boto3 that the patches of a node come, all of them, in full pages."""
    paginator = client_of(server.url, prepared.key).get_paginator("describe_instance_patches")
    pages = paginator.paginate(
        InstanceId=prepared.instance_ids[-1], PaginationConfig={"PageSize": _PAGE}
    )
    sizes = [len(page["Patches"]) for page in pages]
    if sizes != [_PAGE] * (_RECORDS // _PAGE):
        raise BenchmarkError(f"The pages of a node with {_RECORDS} patches have {sizes} patches")


def _describe_requests(server: Server, prepared: Prepared) -> Callable[[], Sequence[bytes]]:
    signer = Signer(client_of(server.url, prepared.key))
    return lambda: [
        signer.request("describe_instance_patches", InstanceId=instance_id, MaxResults=_PAGE)
        for instance_id in prepared.instance_ids
    ]


def _take_turns(
    contestants: Mapping[str, _Contestant], effort: Effort, script: Path
) -> dict[str, list[Load]]:
    for contestant in contestants.values():
        for request in contestant.signed_requests():
            send(contestant.server.port, request)
    loads: dict[str, list[Load]] = {name: [] for name in contestants}
    for _ in range(effort.rounds):
        for name, contestant in contestants.items():
            load = put_load_on(
                contestant.server,
                contestant.signed_requests(),
                effort.round_s,
                connections=contestant.connections,
                script=script,
            )
            loads[name].append(load)
    return loads


def _figures(loads: Mapping[str, Sequence[Load]]) -> Iterator[Figure]:
    goals = {
        _NGINX: (Goal("ratio", "at least", 0.10), Goal("ratio", "at least", 0.25, is_later=True)),
        _MOTO: (Goal("ratio", "at least", 20), Goal("ratio", "at least", 40, is_later=True)),
    }
    ours = loads[NAME]
    for name, theirs in loads.items():
        if name == NAME:
            continue
        for what, unit, of in (
            ("rate", "requests/s", lambda load: load.requests_per_s),
            ("processor time", "µs/request", lambda load: load.cpu_us_per_request),
            (f"p99 at {_CONNECTIONS} connections", "ms", lambda load: load.p99_ms),
        ):
            if unit == "ms" and name == _MOTO:  # which has fewer connections
                continue
            yield Figure(
                name=f"{NAME}, {what}",
                value=median(map(of, ours)),
                unit=unit,
                yardstick=name,
                yardstick_value=median(map(of, theirs)),
                goals=goals[name] if what == "rate" else (),
                note=_note(ours) if what == "rate" else "",
                doubt=_doubt({NAME: ours, name: theirs}) if what == "rate" else "",
            )


def _doubt(loads: Mapping[str, Sequence[Load]]) -> str:
    """Say which server did not have its core to itself: then rates tell of the others there."""
    return "; ".join(
        f"{name} got only {_busy(measured):.0%} of its core, go by the processor time"
        for name, measured in loads.items()
        if _busy(measured) < _LEAST_BUSY
    )


def _busy(loads: Sequence[Load]) -> float:
    return median(load.cpu_s / load.duration_s for load in loads)


def _note(ours: Sequence[Load]) -> str:
    rates = [load.requests_per_s for load in ours]
    size = median(load.size_bytes / load.requests for load in ours)
    return (
        f"{min(rates):,.0f} to {max(rates):,.0f} requests/s in {len(rates)} turns;"
        f" server busy for {_busy(ours):.0%} of its core; {size:,.0f} bytes an answer"
    )
