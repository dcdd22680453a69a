"""Shell completion."""

import os
import subprocess
import sys

import pytest

from command_line import CommandLine


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_completes_patchwarden(cli: CommandLine, shell: str) -> None:
    script = cli.succeed("completion", shell).out
    assert f"_PATCHWARDEN_COMPLETE={shell}_complete" in script


def test_the_program_answers_the_script() -> None:
    variables = {"_PATCHWARDEN_COMPLETE": "bash_complete", "COMP_WORDS": "patchwarden cred"}
    answer = subprocess.run(
        [sys.executable, "-c", "from patchwarden.cli.main import main; main()"],
        env={**os.environ, **variables, "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.splitlines() == ["plain,credentials"]
