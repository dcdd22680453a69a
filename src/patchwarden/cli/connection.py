"""How commands reach a server: the endpoint, and the usual AWS credential settings."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import click

from patchwarden import __version__
from patchwarden.server.settings import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_REGION

if TYPE_CHECKING:
    from botocore.session import Session

    from patchwarden.store.credentials import IssuedKey

DEFAULT_ENDPOINT = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 60
ATTEMPTS = 2

Service = Literal["ssm", "ssm-agent", "patchwarden"]

Client = Any
"""A boto3 client: its methods are made from the service model while the program runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where a command finds its server, and as whom; None where the AWS settings decide."""

    endpoint: str | None
    profile: str | None
    region: str | None
    key: "IssuedKey | None" = None
    """The access key to use instead of the configured one."""

    def client(self, service: Service) -> Client:
        """Make a boto3 client; what is wrong with the settings rises as an error of botocore."""
        import boto3
        from botocore.config import Config

        session = self._session()
        configured = session.get_scoped_config()
        return boto3.Session(botocore_session=session).client(
            service,
            region_name=session.get_config_variable("region") or DEFAULT_REGION,
            endpoint_url=self.endpoint or configured.get("endpoint_url") or DEFAULT_ENDPOINT,
            config=Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                user_agent_extra=f"patchwarden/{__version__}",
            ),
        )

    def _session(self) -> "Session":
        from botocore.session import Session

        session = Session(profile=self.profile)
        if self.region:
            session.set_config_variable("region", self.region)
        models = files("patchwarden.protocol") / "models"
        session.get_component("data_loader").search_paths.append(str(models))
        # The keys of an EC2 instance's role are AWS's, and looking for them takes seconds.
        session.get_component("credential_provider").remove("iam-role")
        if self.key is not None:
            session.set_credentials(*self.key)
        return session


def connection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--endpoint`, `--profile` and `--region`, which arrive together as `connection`."""

    @click.option(
        "--endpoint",
        envvar=["PATCHWARDEN_ENDPOINT", "AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"],
        metavar="URL",
        callback=checked_url,
        show_envvar=True,
        help=f"The server; by default the profile's endpoint_url, else {DEFAULT_ENDPOINT}.",
    )
    @click.option("--profile", metavar="NAME", help="A profile of ~/.aws with the access key.")
    @click.option(
        "--region",
        metavar="NAME",
        help=f"By default the region of the AWS settings, else {DEFAULT_REGION}.",
    )
    @functools.wraps(command)
    def with_connection(
        *, endpoint: str | None, profile: str | None, region: str | None, **others: object
    ) -> None:
        connection = Connection(endpoint=endpoint, profile=profile, region=region)
        command(connection=connection, **others)

    return with_connection


def checked_url(_ctx: click.Context, _option: click.Parameter, endpoint: str | None) -> str | None:
    """Check an `--endpoint`; None if there is none."""
    if endpoint and not _is_url(endpoint):
        raise click.BadParameter(f"{endpoint} is no URL; write http://HOST:PORT")
    return endpoint or None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
