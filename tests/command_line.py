"""Runs the command line in this process, with nothing of the developer's own settings."""

import io
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from patchwarden.cli.main import run


class Outcome(NamedTuple):
    """What one command line did."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """Runs `patchwarden` as its entry point does."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Outcome:
        """Run one command line to its end."""
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            exit_code = run([str(argument) for argument in arguments])
        except SystemExit as error:
            exit_code = int(error.code or 0)
        return Outcome(exit_code, *self.capsys.readouterr())

    def succeed(self, *arguments: object, stdin: bytes = b"") -> Outcome:
        """Run a command line that must succeed."""
        outcome = self(*arguments, stdin=stdin)
        assert outcome.exit_code == 0, outcome
        return outcome

    def with_environment(self, variables: Mapping[str, str]) -> "CommandLine":
        """Set environment variables until the test ends."""
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)
        return self
