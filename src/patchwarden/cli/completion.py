"""`patchwarden completion`: makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from patchwarden.cli.examples import examples


@click.command(
    epilog=examples(
        'eval "$(patchwarden completion bash)"',
        "patchwarden completion zsh > ~/.zfunc/_patchwarden",
        "patchwarden completion fish > ~/.config/fish/completions/patchwarden.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete patchwarden's commands and options."""
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, "patchwarden", "_PATCHWARDEN_COMPLETE")
    click.echo(script.source())
