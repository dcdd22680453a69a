"""What is served besides the API."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from in_process import InProcessServer, in_process_server
from patchwarden import __version__
from patchwarden.errors import InstallationError
from patchwarden.server.app import HEALTH_PATH, build_app
from patchwarden.server.settings import Settings
from patchwarden.store.sqlite import FILE_NAME
from raw_http import unsigned


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    directory = tmp_path_factory.mktemp("app")
    with in_process_server(Settings(data_directory=directory, no_auth=True)) as started:
        yield started


def test_the_greeting_says_what_this_is_and_how_to_go_on(app: InProcessServer) -> None:
    answer = app.get("/")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert f"Patchwarden {__version__}" in answer.body.decode()
    assert "aws ssm describe-instance-information --endpoint-url URL" in answer.body.decode()


def test_health_is_found_at_its_path(app: InProcessServer) -> None:
    answer = app.get(HEALTH_PATH)
    assert answer.status == 200
    assert json.loads(answer.body)["status"] == "ok"


@pytest.mark.parametrize("path", ["/", HEALTH_PATH])
def test_monitors_may_ask_with_head(path: str, app: InProcessServer) -> None:
    assert app.get(path, "HEAD").status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/index.html"),
        ("GET", "//"),
        ("GET", f"{HEALTH_PATH}/"),
        ("POST", "/ssm"),
        ("POST", HEALTH_PATH),
        ("PUT", "/"),
        ("DELETE", "/"),
        ("OPTIONS", "/"),
    ],
)
def test_elsewhere_there_is_nothing(method: str, path: str, app: InProcessServer) -> None:
    answer = app.get(path, method)
    assert answer.status == 404
    assert answer.body == b"There is nothing here; the API is POST /.\n"


def test_without_authentication_no_signature_is_needed(app: InProcessServer) -> None:
    request = unsigned("http://patchwarden.test", "AmazonSSM.DescribeInstanceInformation")
    assert app.send(request).body == b'{"InstanceInformationList":[],"NextToken":""}'


def test_a_data_directory_that_cannot_be_used_is_told_before_anything_is_served(
    tmp_path: Path,
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a store of ours".ljust(4096))
    with pytest.raises(InstallationError):
        build_app(Settings(data_directory=tmp_path))
