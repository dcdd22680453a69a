"""What can be set on a server."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from patchwarden.choices import Choices
from patchwarden.errors import InstallationError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8440
DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
"""Where nobody names an account or a region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server. Raises InstallationError where two of them cannot go together."""

    data_directory: Path
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    """0 for any free port."""
    no_auth: bool = False
    """Whether requests are believed without a signature; for tests, on loopback only."""
    choices: Choices = field(default_factory=Choices)

    def __post_init__(self) -> None:
        if self.no_auth and not _is_loopback(self.host):
            raise InstallationError(
                f"--no-auth would let everybody who reaches {self.host} do anything; "
                "it works on a loopback address only, such as 127.0.0.1."
            )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
