"""The options `--data` and `--store`: which installation a command works on."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from patchwarden.store.opening import StoreLocation

_Function = TypeVar("_Function", bound=Callable[..., Any])


def default_data_directory() -> Path:
    """Give the usual data directory: the system's for root, else the user's (XDG)."""
    if os.geteuid() == 0:
        return Path("/var/lib/patchwarden")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "patchwarden"


def data_directory_option(function: _Function) -> _Function:
    """Add `--data`, which arrives as `data_directory`, a path that need not exist yet."""
    return click.option(
        "--data",
        "data_directory",
        envvar="PATCHWARDEN_DATA",
        type=click.Path(path_type=Path, file_okay=False, readable=False),
        default=default_data_directory,
        show_default="~/.local/share/patchwarden, for root /var/lib/patchwarden",
        show_envvar=True,
        help="The data directory of the installation.",
    )(function)


def store_option(function: _Function) -> _Function:
    """Add `--store`, which arrives as `store_url`: None for the file in the data directory."""
    return click.option(
        "--store",
        "store_url",
        metavar="URL",
        envvar="PATCHWARDEN_STORE",
        # It may have a password.
        show_default=False,
        show_envvar=True,
        help="A database of PostgreSQL, such as postgresql://user@host/database; without it, the "
        "store is a file in the data directory. A password is better kept in ~/.pgpass.",
    )(function)


def installation_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--data` and `--store`, which arrive together as `location`."""

    @functools.wraps(function)
    def with_location(*, data_directory: Path, store_url: str | None, **others: Any) -> Any:  # noqa: ANN401 - what click gives
        return function(location=StoreLocation(data_directory, store_url), **others)

    return data_directory_option(store_option(with_location))
