"""The URL of a store in PostgreSQL, which may have a password in it."""

from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from patchwarden.errors import InstallationError

_CONNECT_TIMEOUT_S = 10
_DEFAULTS = {
    "application_name": "patchwarden",
    "connect_timeout": _CONNECT_TIMEOUT_S,
    # A server that vanished without a word is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def options_of(url: str) -> dict[str, Any]:
    """Give what psycopg connects by. Raises InstallationError if `url` is none of PostgreSQL's."""
    try:
        return {**_DEFAULTS, **conninfo_to_dict(url)}
    except ProgrammingError:
        # The text of the error may have a part of the password in it.
        raise InstallationError(
            "The URL of the store cannot be read; give one such as "
            "postgresql://user@host:5432/database, with % and @ in the password written as "
            "%25 and %40."
        ) from None


def name_of(url: str) -> str:
    """Give the URL without what is secret in it."""
    options = options_of(url)
    user = f"{options['user']}@" if "user" in options else ""
    host = str(options.get("host", ""))
    port = f":{options['port']}" if "port" in options else ""
    place = f"/{options.get('dbname', '')}"
    if host.startswith("/"):
        return f"postgresql://{user}{port}{place}?host={host}"
    return f"postgresql://{user}{host}{port}{place}"
