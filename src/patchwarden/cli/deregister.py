"""`patchwarden deregister`: has a server forget a managed node."""

import sys

import click

from patchwarden.cli.connection import Connection, connection_options
from patchwarden.cli.examples import examples
from patchwarden.cli.output import say


@click.command(
    epilog=examples(
        "patchwarden deregister mi-0123456789abcdef0",
        "patchwarden deregister i-0123456789abcdef0 --yes",
    )
)
@click.argument("instance_id", metavar="INSTANCE_ID")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask first.")
@connection_options
def deregister(connection: Connection, instance_id: str, *, is_sure: bool) -> None:
    """Forget a managed node with all that it has reported, and end its access keys.

    Takes the ids of EC2 instances too, which DeregisterManagedInstance does not.
    """
    if not is_sure:
        _ask(instance_id)
    connection.client("patchwarden").deregister_instance(InstanceId=instance_id)
    say(f"Deregistered {instance_id}.")


def _ask(instance_id: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"There is nobody to ask; give --yes to deregister {instance_id}.")
    click.confirm(
        f"Everything that {instance_id} has reported goes too. Deregister it?", abort=True
    )
