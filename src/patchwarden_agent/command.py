"""Runs programs of the system under a time limit."""

import os
import signal
import subprocess
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from patchwarden_agent.errors import CommandError

# Messages in English and sorting by code points, whatever the node's language.
_ENVIRONMENT = {"LC_ALL": "C", "LANGUAGE": "C"}
_NOTHING_MORE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Running:
    """A program that was started and whose output is still to be read."""

    name: str
    """How to speak of it, such as `apt-get -s dist-upgrade`."""
    process: "subprocess.Popen[bytes]"

    def output(self, timeout_s: float, accepted: Container[int] = (0,)) -> bytes:
        """Wait for the end, and give what it wrote to its standard output.

        `accepted` are the exit statuses that are no failure. Raises CommandError if it fails or is
        not done after `timeout_s`; it is killed then.
        """
        try:
            output, complaints = self.process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            self.close()
            raise CommandError(
                f"{self.name} was stopped: it took longer than {timeout_s:g} s."
            ) from error
        if self.process.returncode not in accepted:
            raise CommandError(
                f"{self.name} failed with status {self.process.returncode}:"
                f" {_last_line(complaints)}."
            )
        return output

    def text(self, timeout_s: float) -> str:
        """Give its output as text; what is not UTF-8 is replaced."""
        return self.output(timeout_s).decode("utf-8", "replace")

    def close(self) -> None:
        """Kill it and whatever it started, if it is still running."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except OSError:
                self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


def start(
    name: str, arguments: Sequence[str], environment: Mapping[str, str] = _NOTHING_MORE
) -> Running:
    """Start a program in a process group of its own; raise CommandError if there is none.

    `environment` is beside what this process has.
    """
    try:
        process = subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_ENVIRONMENT, **environment},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CommandError(f"{arguments[0]} cannot be run: {error}.") from error
    return Running(name, process)


def _last_line(complaints: bytes) -> str:
    lines = complaints.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip().rstrip(".")[:300] if lines else "it gave no reason"
