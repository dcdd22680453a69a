"""`patchwarden serve`: the server in the foreground."""

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from patchwarden import __version__
from patchwarden.choices import Choices
from patchwarden.cli.data_directory import data_directory_option
from patchwarden.cli.examples import examples
from patchwarden.cli.listen_address import ListenAddress, listen_option
from patchwarden.server.settings import Settings


@click.command(
    epilog=examples(
        "patchwarden serve",
        "patchwarden serve --data /srv/patchwarden --listen 0.0.0.0:8440",
        "patchwarden serve --public-url https://patches.example.net",
        "patchwarden serve --data /tmp/for-tests --no-auth --state-spelling service",
    )
)
@data_directory_option
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
    public_url: str | None,
    no_auth: bool,
    log_level: str,
    **choices: Any,  # noqa: ANN401 - fields of Choices, which click has checked
) -> None:
    """Serve the API until Ctrl-C."""
    from patchwarden.server import listening
    from patchwarden.server.app import build_app

    log_to_standard_error(log_level)
    settings = Settings(
        data_directory=data_directory,
        host=listen.host,
        port=listen.port,
        public_url=public_url,
        no_auth=no_auth,
        choices=replace(Choices(), **choices),
    )
    listener = listening.Listener(settings.host, settings.port)
    app = build_app(settings)
    click.echo(f"Patchwarden {__version__} serves {listener.url} with the data in {data_directory}")
    sys.stdout.flush()
    listening.serve(app, listener)


def log_to_standard_error(level: str) -> None:
    """Send log lines of `level` and above to standard error."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    # Its own life is not news, unless something is wrong with it.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
