"""From the start of the process of `patchwarden serve` to the first signed answer.

The data directory has one node and one access key in it; the request is DescribeInstancePatches.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.figure import Effort, Figure, Goal, MissingToolError, Skipped
from benchmarks.measuring import servers
from benchmarks.measuring.installation import prepare
from benchmarks.measuring.sample_reports import sample_report
from benchmarks.measuring.timing import alternating
from benchmarks.measuring.wire import Signer, client_of, first_answer
from patchwarden.store.credentials import IssuedKey

NAME = "serve to first signed answer"
_PYTHON = "python -c pass"
_MOTO = "moto_server to first answer"


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Start each again and again; give medians.

    Raises BenchmarkError.
    """
    skipped: list[Skipped] = []
    with tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name:
        starts = {NAME: _patchwarden(Path(name) / "data"), _PYTHON: _start_python}
        try:
            starts[_MOTO] = _moto()
        except MissingToolError as error:
            skipped.append(Skipped(f"{NAME} next to moto", str(error)))
        times = alternating(starts, effort.rounds)
    figures = [
        Figure(
            name=NAME,
            value=median(times[NAME]),
            unit="s",
            yardstick=yardstick,
            yardstick_value=median(times[yardstick]),
            goals=(Goal("value", "at most", 0.6),) if yardstick == _PYTHON else (),
        )
        for yardstick in times
        if yardstick != NAME
    ]
    return [*figures, *skipped]


def _patchwarden(data_directory: Path) -> Callable[[], None]:
    prepared = prepare(data_directory, 1, [sample_report(0, 850, time.time())])
    port = servers.free_port()
    signer = Signer(client_of(f"http://{servers.HOST}:{port}", prepared.key))
    request = signer.request("describe_instance_patches", InstanceId=prepared.instance_ids[0])
    return _start_to_answer(servers.patchwarden_command(data_directory, port), port, request)


def _moto() -> Callable[[], None]:
    port = servers.free_port()
    key = IssuedKey("AKIAIOSFODNN7EXAMPLE", "of no importance")
    signer = Signer(client_of(f"http://{servers.HOST}:{port}", key))
    request = signer.request("describe_patch_baselines")
    return _start_to_answer(servers.moto_command(port), port, request)


def _start_to_answer(command: Sequence[str], port: int, request: bytes) -> Callable[[], None]:
    def start() -> None:
        with servers.started(command):
            first_answer(port, request)

    return start


def _start_python() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)
