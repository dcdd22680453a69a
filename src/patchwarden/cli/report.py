"""`patchwarden report`: hands in a scan that was made elsewhere."""

import gzip
import time
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

import click
import msgspec

from patchwarden.cli.connection import Connection, connection_options
from patchwarden.cli.examples import examples
from patchwarden.cli.output import say
from patchwarden.cli.registration import Registrar, register_node
from patchwarden.cli.settings_file import SettingsGroup
from patchwarden.ingest.report import read_packages, read_parts

_GZIP_MAGIC = b"\x1f\x8b"
_HOW_TO_MAKE_ONE = "make one with: patchwarden node scan --format report"


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
        "ssh db-1 patchwarden-agent scan | patchwarden report submit - --register --name db-1",
    )
)
@click.argument("file", type=click.File("rb"))
@click.option("--instance-id", help="The managed node that the report is about.")
@click.option("--register", is_flag=True, help="Make a managed node for the report first.")
@click.option("--name", default="", help="With --register: the name of the new node.")
@connection_options
def submit(
    connection: Connection, file: BinaryIO, instance_id: str | None, name: str, *, register: bool
) -> None:
    """Hand in the report FILE, JSON or gzip; `-` reads standard input."""
    if register == (instance_id is not None):
        raise click.UsageError("Give either --instance-id or --register.")
    if name and not register:
        raise click.UsageError("--name goes with --register.")
    sent = compressed_report(file.read())
    if register:
        # As the server will: a report that it refuses should not leave a node behind.
        read_packages(read_parts(sent, time.time()).sent.packages)
    own_service = connection.client("patchwarden")
    if instance_id is None:
        instance_id = register_node(Registrar.of(connection), name=name, tags={})
        say(f"Registered as {instance_id}.")
    answer = own_service.submit_report(InstanceId=instance_id, Report=sent)
    say(_outcome(answer, instance_id))


def compressed_report(content: bytes) -> bytes:
    """Check that `content` has the form of a report; give it gzip-compressed, to be sent."""
    is_compressed = content.startswith(_GZIP_MAGIC)
    try:
        members = msgspec.json.decode(
            gzip.decompress(content) if is_compressed else content,
            type=dict[str, msgspec.Raw],
        )
    except (msgspec.DecodeError, UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
        raise click.ClickException(
            f"The file is no report but {'damaged gzip or ' if is_compressed else ''}"
            f"something else than a JSON object; {_HOW_TO_MAKE_ONE}"
        ) from error
    lacking = {"schema", "scan", "node", "packages"} - members.keys()
    if lacking:
        raise click.ClickException(
            f"The file is no report: it lacks {', '.join(sorted(lacking))}; {_HOW_TO_MAKE_ONE}"
        )
    # A fixed time in the header: the same report gives the same bytes.
    return content if is_compressed else gzip.compress(content, compresslevel=6, mtime=0)


def _outcome(answer: Mapping[str, Any], instance_id: str) -> str:
    news = "new or changed packages" if answer.get("PackagesChanged") else "the packages as before"
    return f"Kept as report {answer['ReportId']}, {news}. See: patchwarden patches {instance_id}"
