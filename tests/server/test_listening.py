"""The server on a socket, in a thread of this process."""

import http.client
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from patchwarden.errors import InstallationError
from patchwarden.server.app import HEALTH_PATH
from patchwarden.server.listening import Listener, serving
from patchwarden.server.settings import Settings


def test_it_answers_while_it_is_serving_and_not_after(tmp_path: Path) -> None:
    listener = Listener("127.0.0.1", 0)
    address = urlsplit(listener.url).netloc
    with serving(Settings(data_directory=tmp_path), listener):
        connection = http.client.HTTPConnection(address, timeout=10)
        connection.request("GET", HEALTH_PATH)
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(address, timeout=10).connect()


def test_any_free_port_is_told_in_the_url() -> None:
    listener = Listener("127.0.0.1", 0)
    with listener.socket:
        assert listener.url == f"http://127.0.0.1:{listener.socket.getsockname()[1]}"


def test_an_address_of_ipv6_is_in_brackets() -> None:
    if not has_ipv6_loopback():
        pytest.skip("this machine has no ::1")
    listener = Listener("::1", 0)
    with listener.socket:
        assert listener.url == f"http://[::1]:{listener.socket.getsockname()[1]}"


def test_a_port_in_use_is_told_with_what_would_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        expected = f"Cannot listen on 127.0.0.1:{port}: .*in use. Choose another .*--listen"
        with pytest.raises(InstallationError, match=expected):
            Listener("127.0.0.1", port)


def has_ipv6_loopback() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
