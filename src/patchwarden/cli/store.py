"""`patchwarden store`: where an installation keeps its data, and how that moves and grows."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from patchwarden.cli.data_directory import data_directory_option, installation_options
from patchwarden.cli.examples import examples
from patchwarden.cli.output import Column, Format, format_option, print_json, print_table, say
from patchwarden.cli.progress import progress_bar
from patchwarden.cli.settings_file import SettingsGroup
from patchwarden.store.copying import CopiedTable, copy, count_rows
from patchwarden.store.distribution import distribute as distribute_tables
from patchwarden.store.installation import bring_key
from patchwarden.store.opening import POSTGRESQL_SCHEMES, StoreLocation


@click.group(
    cls=SettingsGroup,
    epilog=examples(
        "patchwarden store migrate --store postgresql://patchwarden@db/patchwarden",
        "patchwarden store copy --from /var/lib/patchwarden "
        "--to postgresql://patchwarden@db/patchwarden",
    ),
)
def store() -> None:
    """The store: a file in the data directory, or a database of PostgreSQL."""


@store.command(
    epilog=examples("patchwarden store migrate --store postgresql://patchwarden@db/patchwarden")
)
@installation_options
def migrate(location: StoreLocation) -> None:
    """Bring the tables of a store up to date, or make them in an empty database.

    Safe to run twice, by two at once, and while servers of the version before are running.
    """
    location.migrate()
    say(f"The store {location.name} is up to date.")


@store.command(
    "copy",
    epilog=examples(
        "patchwarden store copy --from /var/lib/patchwarden "
        "--to postgresql://patchwarden@db/patchwarden",
        "patchwarden store copy --from postgresql://patchwarden@db/patchwarden --to /srv/copy",
    ),
)
@click.option("--from", "source", metavar="STORE", required=True, help="A data directory or a URL.")
@click.option(
    "--to", "target", metavar="STORE", required=True, help="Another, where there is nothing yet."
)
@format_option()
@data_directory_option
@click.pass_context
def copy_(
    ctx: click.Context, *, source: str, target: str, data_directory: Path, output_format: Format
) -> None:
    """Copy everything in a store into an empty one, and compare the two afterwards.

    It copies what is there at one instant: stop the servers first, so that nothing comes after.
    The master key is copied from data directory to data directory; that of a URL is in --data.
    Ends with 1 if the two stores differ.
    """
    old, new = _location(source, data_directory), _location(target, data_directory)
    bring_key(old.directory, new.directory)
    if not new.exists():
        new.migrate()
    with closing(old.connect(read_only=True)) as from_db, closing(new.connect()) as to_db:
        rows = count_rows(from_db)
        with progress_bar(2 * rows, f"Copying {rows} rows") as show:
            tables = copy(from_db, to_db, show)
    _print(tables, output_format)
    if not all(table.is_alike for table in tables):
        ctx.exit(1)


@store.command(
    epilog=examples("patchwarden store distribute --store postgresql://patchwarden@db/patchwarden")
)
@installation_options
def distribute(location: StoreLocation) -> None:
    """Spread a store in PostgreSQL over the machines of Citus, by node.

    Tables that are distributed already are left as they are.
    """
    if location.url is None:
        raise click.UsageError("A file cannot be distributed; name a database with --store.")
    with closing(location.connect()) as db:
        names = distribute_tables(db)
    say(f"Distributed now: {', '.join(names) or 'nothing, it was done before'}.")


def _location(text: str, data_directory: Path) -> StoreLocation:
    if text.startswith(POSTGRESQL_SCHEMES):
        return StoreLocation(data_directory, text)
    return StoreLocation(Path(text))


def _print(tables: Sequence[CopiedTable], output_format: Format) -> None:
    if output_format == "json":
        print_json({"Tables": [_document(table) for table in tables]})
        return
    rows = [
        (each.name, str(each.source.rows), str(each.target.rows), "yes" if each.is_alike else "NO")
        for each in tables
    ]
    print_table([Column(title) for title in ("Table", "Rows", "Copied", "Alike")], rows)
    differing = [each.name for each in tables if not each.is_alike]
    say(f"They differ in {', '.join(differing)}." if differing else "Both stores are alike.")


def _document(table: CopiedTable) -> dict[str, object]:
    return {
        "Name": table.name,
        "Rows": table.source.rows,
        "CopiedRows": table.target.rows,
        "IsAlike": table.is_alike,
        "Digest": table.target.digest.hex(),
    }
