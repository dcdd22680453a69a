"""The command `patchwarden`: which commands there are, and how it ends when something fails."""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from patchwarden import __version__
from patchwarden.cli.examples import examples
from patchwarden.cli.failures import sentence_about
from patchwarden.cli.settings_file import SettingsGroup, read_settings

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of the signal."""

COMMANDS: Mapping[str, str] = {
    "quickstart": "patchwarden.cli.quickstart:quickstart",
    "serve": "patchwarden.cli.serve:serve",
    "credentials": "patchwarden.cli.credentials:credentials",
    "node": "patchwarden.cli.node:node",
    "report": "patchwarden.cli.report:report",
    "patches": "patchwarden.cli.patches:patches",
    "nodes": "patchwarden.cli.nodes:nodes",
    "search": "patchwarden.cli.search:search",
    "deregister": "patchwarden.cli.deregister:deregister",
    "baselines": "patchwarden.cli.baselines:baselines",
    "catalog": "patchwarden.cli.catalog:catalog",
    "simulate": "patchwarden.cli.simulate:simulate",
    "store": "patchwarden.cli.store:store",
    "doctor": "patchwarden.cli.doctor:doctor",
    "completion": "patchwarden.cli.completion:completion",
}
"""Name -> `module:function`. A module is imported only when its command is asked for."""


class LazyGroup(SettingsGroup):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Give the names of all commands, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command; None if there is none of that name."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, function = target.partition(":")
        command = getattr(importlib.import_module(module), function)
        assert isinstance(command, click.Command)
        return command


@click.command(
    "patchwarden",
    cls=LazyGroup,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "PATCHWARDEN",
        "show_default": True,
        "max_content_width": 100,
    },
    epilog=examples(
        "patchwarden quickstart",
        "patchwarden serve --data /var/lib/patchwarden",
        "patchwarden patches mi-0123456789abcdef0 --state Missing",
        "patchwarden COMMAND --help",
    ),
)
@click.version_option(__version__, "-V", "--version", message="patchwarden %(version)s")
@click.option(
    "--config",
    envvar="PATCHWARDEN_CONFIG",
    type=click.Path(dir_okay=False),
    is_eager=True,
    expose_value=False,
    callback=read_settings,
    show_envvar=True,
    help="Settings in TOML. Without it: ~/.config/patchwarden/config.toml, else "
    "/etc/patchwarden/config.toml. Flags and PATCHWARDEN_* variables win over it.",
)
def patchwarden() -> None:
    """Patch Manager that you run yourself: know which patches every machine misses.

    Works with any AWS client: point it at a Patchwarden server with --endpoint-url.
    """


def main() -> None:
    """Run the command line of this process and end it."""
    if sys.stdout is None:  # the caller has closed it
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; give its exit code.

    0 is success, 1 a failure, 2 a command line that makes no sense, 130 an interruption.
    """
    try:
        result = patchwarden.main(
            args=list(arguments), prog_name="patchwarden", standalone_mode=False
        )
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        sentence = sentence_about(error)
        if sentence is None:
            raise
        click.echo(f"Error: {sentence}", err=True)
        return 1
    # click gives the exit code of `Context.exit`, or else what the command returned.
    return result if isinstance(result, int) else 0
