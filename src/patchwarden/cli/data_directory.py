"""The option `--data`: which data directory a command works on."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

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
