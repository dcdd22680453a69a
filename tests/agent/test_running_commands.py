import time

import pytest

from patchwarden_agent.command import start
from patchwarden_agent.errors import CommandError


def test_a_program_that_hangs_is_stopped_with_what_it_started() -> None:
    running = start("sleeper", ["/bin/sh", "-c", "sleep 60 & wait"])
    began = time.monotonic()
    with pytest.raises(CommandError, match="sleeper was stopped"):
        running.output(0.05)
    assert time.monotonic() - began < 10
    assert running.process.returncode != 0


def test_a_failure_comes_with_the_last_word_of_the_program() -> None:
    running = start(
        "broken tool", ["/bin/sh", "-c", "echo first >&2; echo 'E: broken.' >&2; exit 100"]
    )
    with pytest.raises(CommandError, match=r"^broken tool failed with status 100: E: broken\.$"):
        running.output(10)


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(CommandError, match="/nonexistent/apt-get"):
        start("apt-get", ["/nonexistent/apt-get"])


def test_programs_speak_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    running = start("echo", ["/bin/sh", "-c", "echo $LC_ALL"])
    assert running.text(10) == "C\n"
