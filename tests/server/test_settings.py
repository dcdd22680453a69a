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


@pytest.mark.parametrize(
    "url",
    [
        *("https://patches.example.net", "http://192.0.2.1:8440", "https://[2001:db8::1]/"),
        "https://example.net/patches",
    ],
)
def test_a_public_url_is_the_address_of_a_server(url: str) -> None:
    assert Settings(data_directory=Path("data"), public_url=url).public_url == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "patches.example.net", "ftp://example.net", "https://", "https://a b"),
        *("https://user:word@example.net", "https://example.net/?a=b", "https://example.net/#a"),
        *("https://example.net:port", "https://example.net\n"),
    ],
)
def test_a_public_url_that_could_not_be_part_of_a_link_is_refused(url: str) -> None:
    with pytest.raises(InstallationError, match="give one such as https://patches"):
        Settings(data_directory=Path("data"), public_url=url)


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:9000"), ("::1", "http://[::1]:9000")]
)
def test_the_listening_address_as_a_url(host: str, url: str) -> None:
    assert Settings(data_directory=Path("data"), host=host, port=9000).listening_url == url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org"])
def test_with_authentication_any_address_will_do(host: str) -> None:
    assert Settings(data_directory=Path("data"), host=host).host == host
