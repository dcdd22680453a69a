"""What can be set on a server."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path

from patchwarden.choices import Choices
from patchwarden.errors import InstallationError
from patchwarden.server.limits import Limits

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8440
DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
"""Where nobody names an account or a region."""
_WEB_ADDRESS = re.compile(
    r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server. Raises InstallationError where two of them cannot go together."""

    data_directory: Path
    store_url: str | None = field(default=None, repr=False)
    """A database of PostgreSQL, which may have a password; None for a file in the directory."""
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    """0 for any free port."""
    public_url: str | None = None
    """How clients reach the server, for links in answers; None if by what they ask themselves."""
    no_auth: bool = False
    """Whether requests are believed without a signature; for tests, on loopback only."""
    workers: int = 1
    """Processes that answer."""
    limits: Limits = field(default_factory=Limits)
    """Of each of them."""
    keep_history_days: int = 365
    """For how long reports are kept that are not the newest of their node."""
    choices: Choices = field(default_factory=Choices)

    def __post_init__(self) -> None:
        if self.no_auth and not _is_loopback(self.host):
            raise InstallationError(
                f"--no-auth would let everybody who reaches {self.host} do anything; "
                "it works on a loopback address only, such as 127.0.0.1."
            )
        if self.public_url is not None and not _WEB_ADDRESS.fullmatch(self.public_url):
            raise InstallationError(
                f"--public-url {self.public_url!r} is not the address of a server; "
                "give one such as https://patches.example.net."
            )

    @property
    def listening_url(self) -> str:
        """Give the URL of the address that the server listens on."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
