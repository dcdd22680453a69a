"""Load by wrk, which must not be the one that is slow."""

import re
import shutil
import subprocess
from collections.abc import Sequence, Set
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import BenchmarkError, MissingToolError
from benchmarks.measuring.cores import client_core, on_cores
from benchmarks.measuring.servers import Server

_SCRIPT = """
local requests = {{ {requests} }}
local position = 0

request = function()
    position = position % #requests + 1
    return requests[position]
end

done = function(summary, latency, _)
    local errors = summary.errors
    local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
        summary.bytes, wrong, latency:percentile(99)))
end
"""
_RESULT = re.compile(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)


class Load(NamedTuple):
    """What one turn of load came to."""

    requests: int
    duration_s: float
    size_bytes: int
    """Of all answers, headers included."""
    p99_ms: float
    cpu_s: float
    """What the server took of its core."""

    @property
    def requests_per_s(self) -> float:
        """Give the rate."""
        return self.requests / self.duration_s

    @property
    def cpu_us_per_request(self) -> float:
        """Give the server's processor time per request, in microseconds."""
        return 1e6 * self.cpu_s / self.requests


def require_wrk() -> str:
    """Give the path of wrk.

    Raises MissingToolError.
    """
    program = shutil.which("wrk")
    if program is None:
        raise MissingToolError("wrk is not installed; run: sudo apt-get install wrk")
    return program


def put_load_on(
    server: Server,
    requests: Sequence[bytes],
    turn_s: float,
    *,
    connections: int,
    script: Path,
    cores: Set[int] | None = None,
) -> Load:
    """Send `requests` in turns for `turn_s`, one at a time on each connection.

    The program for wrk is written to `script`; it runs on the client's core unless others are
    given.

    Raises BenchmarkError if any answer is a refusal or does not come.
    """
    literals = ",\n".join(map(_lua_string, requests))
    script.write_text(_SCRIPT.format(requests=literals), encoding="ascii")
    # wrk knows whole seconds only.
    command = [require_wrk(), "-t1", f"-c{connections}", f"-d{max(1, round(turn_s))}s"]
    before_s = server.cpu_s()
    with on_cores(cores or {client_core()}):
        ran = subprocess.run(
            [*command, "-s", str(script), server.url], capture_output=True, text=True, check=False
        )
    cpu_s = server.cpu_s() - before_s
    result = _RESULT.search(ran.stdout)
    if result is None:
        raise BenchmarkError(f"wrk failed: {ran.stdout}{ran.stderr}")
    count, duration_us, size_bytes, wrong, p99_us = map(int, result.groups())
    if wrong or not count:
        raise BenchmarkError(f"{wrong} of {count} requests to {server.url} failed: {ran.stdout}")
    return Load(count, duration_us / 1e6, size_bytes, p99_us / 1e3, cpu_s)


def _lua_string(content: bytes) -> str:
    return '"' + "".join(_LUA_CHARACTERS[byte] for byte in content) + '"'


_LUA_CHARACTERS = [
    chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03d}" for byte in range(256)
]
