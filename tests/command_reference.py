"""Writes docs/reference/command-line.md out of the commands' own help; `make docs` runs it."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from patchwarden.cli.main import patchwarden

FILE = Path(__file__).parents[1] / "docs" / "reference" / "command-line.md"
_HEAD = """# The command line

Each text is what `--help` prints. Settings: a flag wins over its `PATCHWARDEN_*` variable, that
over a TOML file (`--config`). Exit codes: 0 success, 1 failure, 2 a command line that makes no
sense, 130 interrupted.
"""


def render() -> str:
    """Give the text that the file should have."""
    os.environ["COLUMNS"] = "100"
    sections = [_section(name, text) for name, text in _helps("patchwarden", patchwarden, None)]
    return _HEAD + "".join(sections)


def _helps(
    name: str, command: click.Command, parent: click.Context | None
) -> Iterator[tuple[str, str]]:
    context = command.make_context(
        name, [], parent=parent, resilient_parsing=True, terminal_width=100
    )
    yield context.command_path, context.get_help()
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _helps(child, found, context)


def _section(name: str, text: str) -> str:
    return f"\n## {name}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
