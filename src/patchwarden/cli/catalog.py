"""`patchwarden catalog`: fills the catalog, and shows what is in it."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import click

from patchwarden.cli.catalog_tables import (
    entry_document,
    holdings_document,
    import_document,
    print_entry,
    print_status,
    sentence_of,
)
from patchwarden.cli.data_directory import installation_options
from patchwarden.cli.examples import examples
from patchwarden.cli.installation import opened
from patchwarden.cli.output import Format, format_option, print_json, say
from patchwarden.cli.progress import progress_bar
from patchwarden.cli.settings_file import SettingsGroup
from patchwarden.data.products import product_spelled
from patchwarden.evaluation.catalog_view import CatalogEntry, Holdings, find_entry, holdings
from patchwarden.store.catalog import Import
from patchwarden.store.database import Database
from patchwarden.store.opening import StoreLocation


@click.group(
    cls=SettingsGroup,
    epilog=examples(
        "patchwarden catalog import updateinfo.xml.gz windows.json",
        "patchwarden catalog status",
        "patchwarden catalog show CVE-2024-6387",
    ),
)
def catalog() -> None:
    """The catalog: vendors' advisories and patches, whether a node misses them or not.

    All accounts share it. These commands work on the store itself, also while its server runs.
    """


def _product(_ctx: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    product = product_spelled(text)
    if product is None:
        raise click.BadParameter(
            f"{text} is no product of a managed node; write it as baselines do, such as"
            " RedhatEnterpriseLinux9, AmazonLinux2023 or Suse15.5."
        )
    return product


@catalog.command(
    "import",
    epilog=examples(
        "patchwarden catalog import updateinfo.xml.gz --product RedhatEnterpriseLinux9",
        "patchwarden catalog import debian-osv.zip known_exploited_vulnerabilities.json",
        "patchwarden catalog import windows.json amazon-linux-2.json --data /var/lib/patchwarden",
        "ssh mirror cat windows.json | patchwarden catalog import -",
    ),
)
@click.argument("files", metavar="FILE...", type=click.File("rb"), nargs=-1, required=True)
@click.option(
    "--product",
    callback=_product,
    help="What the files are about, such as RedhatEnterpriseLinux9, where they do not tell.",
)
@format_option()
@installation_options
def import_(
    location: StoreLocation, files: Sequence[BinaryIO], product: str | None, output_format: Format
) -> None:
    """Take files of vendors' feeds into the catalog, plain, compressed or in an archive.

    The format of each is recognized; docs/reference/feeds.md lists them. A file with anything
    wrong in it is left out as a whole. A running server goes on meanwhile, and its nodes are
    judged by the news when they are next looked at. Importing a file again changes nothing; of an
    advisory the newest revision counts. `-` reads standard input.
    """
    made = []
    with opened(location, create=True) as (_, db):
        for file in files:
            done = _import(db, file, product)
            made.append(done)
            if output_format == "table":
                say(sentence_of(done))
    if output_format == "json":
        print_json({"Imports": [import_document(each) for each in made]})


@catalog.command(epilog=examples("patchwarden catalog status --format json"))
@format_option()
@installation_options
def status(location: StoreLocation, output_format: Format) -> None:
    """Show what the catalog has, how old it is, and the last files that were taken in."""
    with opened(location) as (_, db):
        found: Holdings = holdings(db)
    if output_format == "json":
        print_json(holdings_document(found))
    else:
        print_status(found, time.time())


@catalog.command(
    epilog=examples("patchwarden catalog show CVE-2024-6387", "patchwarden catalog show DSA-5724-1")
)
@click.argument("name", metavar="ID")
@format_option()
@installation_options
def show(location: StoreLocation, name: str, output_format: Format) -> None:
    """Show what the catalog says about an advisory or a CVE."""
    with opened(location) as (_, db):
        entry: CatalogEntry = find_entry(db, name)
    if entry.is_empty:
        raise click.ClickException(f"The catalog has nothing about {name}.")
    if output_format == "json":
        print_json(entry_document(entry))
    else:
        print_entry(entry)


def _import(db: Database, file: BinaryIO, product: str | None) -> Import:
    from patchwarden.catalog.importer import import_entries
    from patchwarden.catalog.reading import read_feed

    name = Path(getattr(file, "name", "-")).name
    with progress_bar(_size_of(file), f"Reading {name}") as show:
        spool = read_feed(file, name, product=product, on_progress=show)
    with spool, progress_bar(len(spool), f"Importing {name}") as show:
        return import_entries(
            db,
            spool,
            file_name=name,
            format_name=", ".join(sorted(spool.formats)),
            now=time.time(),
            on_progress=show,
        )


def _size_of(file: BinaryIO) -> int | None:
    """Give the bytes of a file; None of a pipe."""
    try:
        return os.fstat(file.fileno()).st_size or None
    except (OSError, AttributeError):
        return None
