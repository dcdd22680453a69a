"""Settings that cannot go together."""

from pathlib import Path

import pytest

from patchwarden.errors import InstallationError
from patchwarden.server.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "example.org", ""])
def test_no_auth_is_refused_where_others_can_reach_it(host: str) -> None:
    with pytest.raises(InstallationError, match="--no-auth would let everybody"):
        Settings(data_directory=Path("data"), host=host, no_auth=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "::1", "localhost"])
def test_no_auth_is_for_loopback(host: str) -> None:
    assert Settings(data_directory=Path("data"), host=host, no_auth=True).no_auth


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org"])
def test_with_authentication_any_address_will_do(host: str) -> None:
    assert Settings(data_directory=Path("data"), host=host).host == host
