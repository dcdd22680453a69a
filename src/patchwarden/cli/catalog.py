"""`patchwarden catalog`: fills the catalog of available patches, and shows what is in it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import click

from patchwarden.catalog.available_patches import FORMAT, MAX_FILE_BYTES, AvailablePatchesFile
from patchwarden.catalog.importer import import_patches
from patchwarden.cli.data_directory import data_directory_option
from patchwarden.cli.examples import examples
from patchwarden.cli.installation import opened
from patchwarden.cli.output import (
    Column,
    Format,
    format_option,
    iso,
    print_json,
    print_table,
    say,
)
from patchwarden.cli.progress import tracked
from patchwarden.cli.settings_file import SettingsGroup
from patchwarden.store import catalog as stored
from patchwarden.store.catalog import Holding, Import
from patchwarden.store.database import Database

_SHOWN_IMPORTS = 20
_HOLDING_COLUMNS = (
    Column("Operating system"),
    Column("Patches", is_number=True),
    Column("Newest release"),
)
_IMPORT_COLUMNS = (
    Column("Imported"),
    Column("File", may_fold=True),
    Column("Format"),
    Column("Patches", is_number=True),
    Column("New", is_number=True),
    Column("Changed", is_number=True),
)


@click.group(
    cls=SettingsGroup,
    epilog=examples(
        "patchwarden catalog import windows.json amazon-linux-2.json", "patchwarden catalog status"
    ),
)
def catalog() -> None:
    """The catalog: the patches that there are, whether a node misses them or not.

    All accounts share it. These commands work on the data directory itself, also while its
    server runs.
    """


@catalog.command(
    "import",
    epilog=examples(
        "aws ssm describe-available-patches --output json > windows.json",
        "patchwarden catalog import windows.json",
        "patchwarden catalog import windows.json amazon-linux-2.json --data /var/lib/patchwarden",
        "ssh build-1 cat windows.json | patchwarden catalog import -",
    ),
)
@click.argument("files", metavar="FILE...", type=click.File("rb"), nargs=-1, required=True)
@format_option()
@data_directory_option
def import_(data_directory: Path, files: Sequence[BinaryIO], output_format: Format) -> None:
    """Take files into the catalog: what aws ssm describe-available-patches prints as JSON.

    Each file is taken in as a whole or not at all; a running server waits with its writes
    meanwhile. For a patch that is there already, the newer release date wins, else the file. `-`
    reads standard input.
    """
    made = []
    with opened(data_directory, create=True) as (_, db):
        for file in files:
            done = _import(db, file)
            made.append(done)
            if output_format == "table":
                say(
                    f"{done.file_name}: {done.patches_count} in all, {done.added_count} new,"
                    f" {done.changed_count} changed."
                )
    if output_format == "json":
        print_json({"Imports": [_import_document(each) for each in made]})


@catalog.command(epilog=examples("patchwarden catalog status --format json"))
@format_option()
@data_directory_option
def status(data_directory: Path, output_format: Format) -> None:
    """Show what the catalog has, and the last files that were taken in."""
    with opened(data_directory) as (_, db):
        holdings, imports = stored.holdings(db), stored.imports(db, _SHOWN_IMPORTS)
    if output_format == "json":
        print_json(
            {
                "Patches": [_holding_document(each) for each in holdings],
                "Imports": [_import_document(each) for each in imports],
            }
        )
        return
    if not imports:
        say("The catalog is empty. Fill it with: patchwarden catalog import FILE")
        return
    print_table(
        _HOLDING_COLUMNS,
        [
            (each.operating_system, str(each.patches_count), iso(each.newest_release_at))
            for each in holdings
        ],
    )
    say()
    print_table(
        _IMPORT_COLUMNS,
        [
            (
                iso(each.imported_at),
                each.file_name,
                each.format,
                *map(str, (each.patches_count, each.added_count, each.changed_count)),
            )
            for each in imports
        ],
    )


def _import(db: Database, file: BinaryIO) -> Import:
    name = Path(getattr(file, "name", "-")).name
    content = AvailablePatchesFile.of(file.read(MAX_FILE_BYTES + 1), name)
    return import_patches(
        db,
        tracked(content, len(content), f"Importing {name}"),
        file_name=name,
        format_name=FORMAT,
        now=time.time(),
    )


def _holding_document(holding: Holding) -> dict[str, object]:
    return {
        "OperatingSystem": holding.operating_system,
        "PatchesCount": holding.patches_count,
        "NewestReleaseDate": iso(holding.newest_release_at) or None,
    }


def _import_document(made: Import) -> dict[str, object]:
    return {
        "ImportedDate": iso(made.imported_at),
        "FileName": made.file_name,
        "Format": made.format,
        "PatchesCount": made.patches_count,
        "AddedCount": made.added_count,
        "ChangedCount": made.changed_count,
    }
