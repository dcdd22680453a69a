"""Opens the installation that a command works on, also while its server runs."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import click

from patchwarden.store.database import Database
from patchwarden.store.installation import Installation, open_installation
from patchwarden.store.opening import StoreLocation


@contextmanager
def opened(
    location: StoreLocation, *, create: bool = False
) -> Iterator[tuple[Installation, Database]]:
    """Open the installation with one connection; `create` makes it if there is none.

    Raises InstallationError if it cannot be used.
    """
    if not create and not location.exists():
        raise click.ClickException(
            f"There is no installation in {location.place}; name another with "
            f"{'--store' if location.url else '--data'}, "
            "or make one with: patchwarden credentials create --role admin"
        )
    installation = open_installation(location.directory, secrets.token_bytes, location.url)
    db = installation.connect()
    try:
        yield installation, db
    finally:
        db.close()


def checked_region(_ctx: click.Context, _option: click.Parameter, region: str) -> str:
    """Check a `--region`: the form in which a request can be signed for it."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", region):
        raise click.BadParameter(f"{region!r} is no region; one looks like us-east-1")
    return region


def checked_account(_ctx: click.Context, _option: click.Parameter, account: object) -> str:
    """Check an `--account`: twelve digits, as click gives it or the settings file has it."""
    text = str(account)
    if not (len(text) == 12 and text.isascii() and text.isdigit()):
        raise click.BadParameter(f"{text} is no account; an account is 12 digits")
    return text
