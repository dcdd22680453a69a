"""Every command: it has help with examples, and the examples are right."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from command_line import CommandLine
from patchwarden.cli.main import COMMANDS, patchwarden

_EXAMPLE = re.compile(r"(?:^|\| |\$\()(?P<line>patchwarden [^|>#)]*)")


def every_command(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command) as ctx:
            for name in command.list_commands(ctx):
                below = command.get_command(ctx, name)
                assert below is not None
                yield from every_command(below, (*path, name))


TREE = dict(every_command(patchwarden))


def example_lines(command: click.Command) -> list[list[str]]:
    lines = (command.epilog or "").splitlines()
    found = (match["line"] for line in lines for match in _EXAMPLE.finditer(line.strip()))
    return [shlex.split(line.partition("    (")[0])[1:] for line in found]


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_help_shows_an_example(path: tuple[str, ...], cli: CommandLine) -> None:
    help_text = cli.succeed(*path, "--help").out
    assert "Examples:" in help_text
    assert example_lines(TREE[path])


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_examples_name_commands_and_options_that_exist(path: tuple[str, ...]) -> None:
    for words in example_lines(TREE[path]):
        if words == ["COMMAND", "--help"]:
            continue
        named: tuple[str, ...] = ()
        while words and (*named, words[0]) in TREE:
            named = (*named, words.pop(0))
        assert named, words
        known = {flag for each in TREE[named].params for flag in each.opts} | {"--help"}
        flags = {word for word in words if word.startswith("--")}
        assert flags <= known, named


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    command = TREE[path]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_fixed_commands_are_there() -> None:
    assert {
        "quickstart",
        "serve",
        "credentials",
        "node",
        "report",
        "patches",
        "nodes",
        "baselines",
        "simulate",
        "doctor",
        "completion",
    } <= COMMANDS.keys()
