"""`patchwarden serve`: the server in the foreground."""

import logging
import secrets
import sys
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from patchwarden import __version__
from patchwarden.choices import Choices
from patchwarden.cli.data_directory import data_directory_option, store_option
from patchwarden.cli.examples import examples
from patchwarden.cli.limit_options import limit_options
from patchwarden.cli.listen_address import ListenAddress, listen_option
from patchwarden.server.limits import Limits
from patchwarden.server.settings import Settings
from patchwarden.store.opening import StoreLocation

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_FORMAT_OF_WORKERS = "%(asctime)s %(process)d %(levelname)s %(message)s"


@click.command(
    epilog=examples(
        "patchwarden serve",
        "patchwarden serve --data /srv/patchwarden --listen 0.0.0.0:8440",
        "patchwarden serve --public-url https://patches.example.net",
        "patchwarden serve --workers 4 --rate-limit 50",
        "patchwarden serve --data /tmp/for-tests --no-auth --state-spelling service",
    )
)
@data_directory_option
@store_option
@listen_option
@click.option(
    "--public-url",
    metavar="URL",
    envvar="PATCHWARDEN_PUBLIC_URL",
    show_envvar=True,
    help="How clients reach this server, for the links that it gives them; needed behind a proxy "
    "with TLS. Without it: http, and the host that they ask.",
)
@click.option(
    "--workers",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    default=1,
    envvar="PATCHWARDEN_WORKERS",
    show_envvar=True,
    help="Processes that answer, about one for each core. The limits below hold for each of them.",
)
@limit_options
@click.option(
    "--keep-history",
    "keep_history_days",
    metavar="DAYS",
    type=click.IntRange(min=1),
    default=365,
    envvar="PATCHWARDEN_KEEP_HISTORY",
    show_envvar=True,
    help="How long reports are kept. The newest of each node always is.",
)
@click.option(
    "--no-auth",
    is_flag=True,
    help="Believe every request without a signature. For tests; on loopback only.",
)
@click.option(
    "--state-spelling",
    type=click.Choice(["published", "service"]),
    default="published",
    help="Spell patch states as the published API (INSTALLED_OTHER) or as AWS's live service "
    "(InstalledOther).",
)
@click.option(
    "--last-page",
    type=click.Choice(["with-token", "without-token"]),
    default="with-token",
    help="NextToken on the last page: empty where AWS documents it so, or left out, for clients "
    "that loop as long as there is one.",
)
@click.option(
    "--cve-ids",
    type=click.Choice(["published", "known"]),
    default="published",
    help="Show CVEIds as AWS does, or also on Debian, Ubuntu, Raspbian and macOS where they are "
    "known.",
)
@click.option(
    "--apt-approval-delay",
    type=click.Choice(["ignored", "honoured"]),
    default="ignored",
    help="Whether approval delays count on Debian, Ubuntu and Raspbian; AWS ignores them. They "
    "count from the advisory, or else from when a version was first seen.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    help="What to log on standard error; debug logs every request.",
)
def serve(
    data_directory: Path,
    listen: ListenAddress,
    *,
    limits: Limits,
    log_level: str,
    **others: Any,  # noqa: ANN401 - fields of Choices and Settings, which click has checked
) -> None:
    """Serve the API until Ctrl-C."""
    choices = {each.name: others.pop(each.name) for each in fields(Choices) if each.name in others}
    settings = Settings(
        data_directory=data_directory,
        host=listen.host,
        port=listen.port,
        limits=limits,
        choices=replace(Choices(), **choices),
        **others,
    )
    if settings.workers == 1:
        _serve_alone(settings, log_level)
    else:
        _serve_with_workers(settings, log_level)


def _serve_alone(settings: Settings, log_level: str) -> None:
    from patchwarden.server import listening
    from patchwarden.server.app import build_app

    log_to_standard_error(log_level)
    listener = listening.Listener(settings.host, settings.port)
    app = build_app(settings)
    _say_where(listener.url, settings)
    listening.serve(app, listener)


def _serve_with_workers(settings: Settings, log_level: str) -> None:
    from patchwarden.server import listening, workers
    from patchwarden.store.installation import open_installation

    set_up = partial(log_to_standard_error, log_level, _FORMAT_OF_WORKERS)
    set_up()
    # What is wrong with it is told once, and the workers find its store made.
    open_installation(settings.data_directory, secrets.token_bytes, settings.store_url)
    listener = listening.Listener(settings.host, settings.port)
    _say_where(listener.url, settings)
    workers.serve_with_workers(settings, listener, set_up)


def _say_where(url: str, settings: Settings) -> None:
    place = StoreLocation(settings.data_directory, settings.store_url).place
    click.echo(f"Patchwarden {__version__} serves {url} with the data in {place}")
    sys.stdout.flush()


def log_to_standard_error(level: str, line_format: str = _FORMAT) -> None:
    """Send log lines of `level` and above to standard error."""
    logging.basicConfig(level=level.upper(), stream=sys.stderr, format=line_format)
    # Its own life is not news, unless something is wrong with it.
    for name in ("uvicorn", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
