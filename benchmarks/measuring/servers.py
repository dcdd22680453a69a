"""Servers in processes of their own, each on one core: ours and the yardsticks."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figure import BenchmarkError, MissingToolError
from benchmarks.measuring.cores import all_cores, cpu_s, on_cores, server_core
from benchmarks.measuring.wire import WireAnswer

HOST = "127.0.0.1"
_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 20
_NGINX_CHUNK = 2_000
"""nginx takes no parameter of more than 4 KiB."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that accepts connections."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Give the address to send requests to."""
        return f"http://{HOST}:{self.port}"

    def cpu_s(self) -> float:
        """Give the processor time it has taken so far."""
        return cpu_s(self.process.pid)


def patchwarden_command(data_directory: Path, port: int) -> list[str]:
    """Give the command line of our server."""
    command = [sys.executable, "-m", "patchwarden", "serve", "--log-level", "error"]
    return [*command, "--data", str(data_directory), "--listen", f"{HOST}:{port}"]


def moto_command(port: int) -> list[str]:
    """Give the command line of moto's server.

    Raises MissingToolError.
    """
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
        raise MissingToolError("moto's server is not installed; run: make .venv/.development")
    return [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]


@contextmanager
def patchwarden(data_directory: Path, *, workers: int | None = None) -> Iterator[Server]:
    """Serve a data directory, on the server's core; on all cores if `workers` is given."""
    port = free_port()
    command = patchwarden_command(data_directory, port)
    cores = frozenset({server_core()})
    if workers is not None:
        command += ["--workers", str(workers)]
        cores = all_cores()
    with running(command, port, cores=cores) as server:
        yield server


@contextmanager
def moto() -> Iterator[Server]:
    """Serve moto's stand-in for AWS.

    Raises MissingToolError.
    """
    port = free_port()
    with running(moto_command(port), port) as server:
        yield server


@contextmanager
def nginx(answer: WireAnswer, directory: Path) -> Iterator[Server]:
    """Have one nginx process give `answer` to everything, from memory.

    Raises MissingToolError.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise MissingToolError("nginx is not installed; run: sudo apt-get install nginx-light")
    port = free_port()
    file = directory / "nginx.conf"
    file.write_text(_nginx_configuration(answer, directory, port), encoding="utf-8")
    command = [program, "-p", str(directory), "-c", str(file), "-e", str(directory / "error.log")]
    with running(command, port) as server:
        yield server


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.create_server((HOST, 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _environment() -> dict[str, str]:
    # As installed programs start: compiled before. Some machines turn that off for their builds.
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def started(
    command: Sequence[str], *, cores: Set[int] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program until the block ends, on the server's core unless others are given.

    What it prints is dropped.
    """
    with on_cores(cores or {server_core()}):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment()
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running(
    command: Sequence[str], port: int, *, cores: Set[int] | None = None
) -> Iterator[Server]:
    """Run a server by this command line, which has it listen on `port`; `cores` as in `started`.

    Raises BenchmarkError if it does not begin to.
    """
    with started(command, cores=cores) as process:
        _wait_until_it_listens(process, port)
        yield Server(port, process)


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise BenchmarkError(f"This did not begin to serve: {process.args!r}")


def _nginx_configuration(answer: WireAnswer, directory: Path, port: int) -> str:
    text = answer.body.decode()
    chunks = [text[at : at + _NGINX_CHUNK] for at in range(0, len(text), _NGINX_CHUNK)]
    variables = [f"$part{number}" for number in range(len(chunks))]
    settings = [
        f"set {variable} {_nginx_quoted(chunk)};"
        for variable, chunk in zip(variables, chunks, strict=True)
    ]
    headers = [
        f"add_header {name} {_nginx_quoted(value)};"
        for name, value in answer.headers.items()
        if name.startswith("x-")
    ]
    return f"""
daemon off;
master_process off;
pid {directory}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    server_tokens off;
    default_type {_nginx_quoted(answer.headers["content-type"])};
    client_body_temp_path {directory}; proxy_temp_path {directory};
    fastcgi_temp_path {directory}; uwsgi_temp_path {directory}; scgi_temp_path {directory};
    server {{
        listen {HOST}:{port};
        {" ".join(settings)}
        {" ".join(headers)}
        location / {{ return 200 "{"".join(variables)}"; }}
    }}
}}
"""


def _nginx_quoted(text: str) -> str:
    if "$" in text:
        raise BenchmarkError("nginx cannot be told to send a dollar sign as it is")
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
