"""`patchwarden report`: hands in a scan that was made elsewhere, by whatever program."""

import time
from collections.abc import Mapping
from typing import Any, BinaryIO

import click

from patchwarden.cli.connection import Connection, connection_options
from patchwarden.cli.conversion import Said, compressed, conversion_options, take
from patchwarden.cli.examples import examples
from patchwarden.cli.output import clean, say
from patchwarden.cli.registration import Registrar, register_node
from patchwarden.cli.settings_file import SettingsGroup
from patchwarden.ingest.formats.known import opened
from patchwarden.ingest.report import check_package_manager, read_packages, read_parts

_NO_UPDATES_KNOWN = (
    "Nothing will be missing on it yet, whatever it lacks: the report tells no updates, and the"
    " catalog has no advisories for its release. Import its vendor's feeds: patchwarden catalog"
    " import FILE"
)


@click.group(
    cls=SettingsGroup,
    epilog=examples("patchwarden report submit scan.json --instance-id mi-0123456789abcdef0"),
)
def report() -> None:
    """Reports: what a scan found on a node, as it is sent to the server."""


@report.command(
    epilog=examples(
        "patchwarden node scan --format report > scan.json",
        "patchwarden report submit scan.json --instance-id mi-0123456789abcdef0",
        "patchwarden report submit scan.json.gz --register --name db-1",
        "patchwarden report submit sbom.cdx.json --register --operating-system DEBIAN",
        "ssh db-1 patchwarden-agent scan | patchwarden report submit - --register --name db-1",
    )
)
@click.argument("file", type=click.File("rb"))
@click.option("--instance-id", help="The managed node that the report is about.")
@click.option("--register", is_flag=True, help="Make a managed node for the report first.")
@click.option("--name", default="", help="With --register: the name of the new node.")
@conversion_options
@connection_options
def submit(
    connection: Connection,
    file: BinaryIO,
    said: Said,
    instance_id: str | None,
    name: str,
    *,
    register: bool,
) -> None:
    """Hand in what FILE says about a node; `-` reads standard input.

    FILE is a report of Patchwarden or in another known format, as it is or gzip-compressed: a
    result of osquery, a bill of materials, a list of packages and so on. The format is recognised.
    """
    if register == (instance_id is not None):
        raise click.UsageError("Give either --instance-id or --register.")
    if name and not register:
        raise click.UsageError("--name goes with --register.")
    taken = take(file, said, name)
    for sentence in taken.about:
        say(sentence)
    if register:
        # As the server will: a report that it refuses should not leave a node behind.
        parts = read_parts(taken.report, time.time())
        packages = read_packages(parts.sent.packages)
        check_package_manager(packages.package_manager, parts.node)
    own_service = connection.client("patchwarden")
    if instance_id is None:
        instance_id = register_node(Registrar.of(connection), name=name, tags={})
        say(f"Registered as {instance_id}.")
    answer = own_service.submit_report(InstanceId=instance_id, Report=compressed(taken.report))
    say(_outcome(answer, instance_id))
    if not answer.get("UpdatesKnown", True):
        say(_NO_UPDATES_KNOWN)


@report.command(
    epilog=examples(
        "patchwarden report convert packages.json > scan.json",
        "rpm -qa | patchwarden report convert - --architecture x86_64",
    )
)
@click.argument("file", type=click.File("rb"))
@click.option("--name", default="", help="The name of the computer, if the file has none.")
@conversion_options
def convert(file: BinaryIO, said: Said, name: str) -> None:
    """Print what FILE says about a node as a report, and send nothing; no server is needed.

    What FILE was taken for, and what it cannot tell, goes to standard error.
    """
    taken = take(file, said, name)
    for sentence in taken.about:
        click.echo(clean(sentence), err=True)
    click.echo(opened(taken.report).strip())


def _outcome(answer: Mapping[str, Any], instance_id: str) -> str:
    news = "new or changed packages" if answer.get("PackagesChanged") else "the packages as before"
    return f"Kept as report {answer['ReportId']}, {news}. See: patchwarden patches {instance_id}"
