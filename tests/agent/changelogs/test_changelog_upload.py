"""What the agent sends a server that wants changelogs, and what it does with other answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from canned_server import CannedServer
from debian_packages import Deb, apt_root, gzipped, skip_without_apt
from patchwarden_agent.changelogs.cache import ChangelogCache
from patchwarden_agent.changelogs.text import Changelog, Entry
from patchwarden_agent.changelogs.upload import (
    MAX_REQUEST_BYTES,
    SentChangelogs,
    upload_changelogs,
)
from patchwarden_agent.errors import RequestError
from patchwarden_agent.registration import Registration
from patchwarden_agent.run import run
from patchwarden_agent.scan import ScanOptions
from patchwarden_agent.target import Target

NODE = "mi-0123456789abcdef0"
CHANGELOG = """\
alpha (1.0-2) sid; urgency=low

  * CVE-2026-0001, CVE-2026-0002

 -- Alice Example <alice@example.test>  Sat, 05 Sep 2026 09:40:39 +0000

alpha (1.0-1) sid; urgency=low
"""
ALPHA = {
    "Source": "alpha",
    "Version": "1.0-2",
    "Package": "alpha-data",
    "Architecture": "all",
    "PackageVersion": "1.0-2",
}
UNKNOWN = {"__type": "UnknownOperationException"}


def _registration(endpoint: str) -> Registration:
    return Registration(
        endpoint=endpoint,
        region="us-east-1",
        instance_id=NODE,
        access_key_id="AKIA1234567890123456",
        secret_access_key="s3cret",
    )


def _operations(server: CannedServer) -> list[str]:
    return [each.headers["x-amz-target"].partition(".")[2] for each in server.received]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a root whose repository has the package with the changelog."""
    skip_without_apt()
    files = {"usr/share/doc/alpha-data/changelog.Debian.gz": gzipped(CHANGELOG)}
    deb = Deb("alpha-data", "1.0-2", files, architecture="all")
    return apt_root(tmp_path_factory.mktemp("apt"), [deb])


def test_wanted_changelogs_are_sent(
    canned_server: CannedServer, root: Path, tmp_path: Path
) -> None:
    canned_server.answer(200, {"Changelogs": [ALPHA]})
    canned_server.answer(200, {})
    sent = upload_changelogs(_registration(canned_server.url), Target(root=root), tmp_path)
    assert sent == SentChangelogs(1, ())
    asked, put = canned_server.received
    assert asked.headers["x-amz-target"] == "Patchwarden.DescribeWantedChangelogs"
    assert asked.members == {"InstanceId": NODE}
    assert put.headers["x-amz-target"] == "Patchwarden.PutChangelogs"
    assert "/us-east-1/ssm/aws4_request" in put.headers["authorization"]
    assert put.members == {
        "InstanceId": NODE,
        "Changelogs": [
            {
                "Source": "alpha",
                "Version": "1.0-2",
                "Entries": [
                    {
                        "Version": "1.0-2",
                        "ReleasedDate": 1788601239.0,
                        "CVEIds": ["CVE-2026-0001", "CVE-2026-0002"],
                    },
                    {"Version": "1.0-1", "CVEIds": []},
                ],
            }
        ],
    }


@pytest.mark.parametrize("answer", [{}, {"Changelogs": []}, {"Changelogs": None}])
def test_a_server_that_wants_nothing_gets_nothing(
    canned_server: CannedServer, tmp_path: Path, answer: dict[str, Any]
) -> None:
    canned_server.answer(200, answer)
    sent = upload_changelogs(_registration(canned_server.url), Target(root=tmp_path), tmp_path)
    assert sent == SentChangelogs(0, ())


def test_a_server_that_does_not_know_of_changelogs_gets_none(
    canned_server: CannedServer, tmp_path: Path
) -> None:
    canned_server.answer(400, UNKNOWN)
    sent = upload_changelogs(_registration(canned_server.url), Target(root=tmp_path), tmp_path)
    assert sent == SentChangelogs(0, ())


def test_another_refusal_is_an_error(canned_server: CannedServer, tmp_path: Path) -> None:
    canned_server.answer(400, {"__type": "AccessDeniedException"})
    with pytest.raises(RequestError, match="DescribeWantedChangelogs"):
        upload_changelogs(_registration(canned_server.url), Target(root=tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Package", "-o=Dir::Bin::Methods::file=/tmp/x"),
        ("Package", "alpha data"),
        ("PackageVersion", "1.0 --reinstall"),
        ("Architecture", ""),
        ("Source", "../alpha"),
        ("Version", None),
        ("Version", 1),
    ],
)
def test_what_cannot_be_a_package_is_not_handed_to_apt(
    canned_server: CannedServer, tmp_path: Path, member: str, value: object
) -> None:
    canned_server.answer(200, {"Changelogs": [{**ALPHA, member: value}, "alpha", None]})
    sent = upload_changelogs(_registration(canned_server.url), Target(root=tmp_path), tmp_path)
    assert sent == SentChangelogs(0, ())


def test_large_changelogs_are_sent_in_several_requests(
    canned_server: CannedServer, tmp_path: Path
) -> None:
    wanted = [{**ALPHA, "Version": f"1.{number}"} for number in range(3)]
    cve_ids = tuple(f"CVE-2026-{number:07}" for number in range(50_000))
    for each in wanted:
        entries = (Entry(each["Version"], None, cve_ids),)
        ChangelogCache(tmp_path).keep(Changelog("alpha", each["Version"], entries))
    canned_server.answer(200, {"Changelogs": wanted})
    for _ in wanted:
        canned_server.answer(200, {})
    sent = upload_changelogs(_registration(canned_server.url), Target(root=tmp_path), tmp_path)
    assert sent == SentChangelogs(3, ())
    puts = canned_server.received[1:]
    assert len(puts) == 2
    assert all(len(json.dumps(put.members)) < MAX_REQUEST_BYTES + 1000 for put in puts)


def _report_once(server: CannedServer, root: Path, directory: Path | None) -> None:
    run(
        _registration(server.url),
        ScanOptions(root=root),
        interval_s=60.0,
        heartbeat_s=60.0,
        once=True,
        changelog_directory=directory,
    )


def test_changelogs_are_asked_for_after_a_report(
    canned_server: CannedServer, made_up_root: Path, tmp_path: Path
) -> None:
    answers: tuple[dict[str, Any], ...] = ({}, {"ReportId": "r"}, {"Changelogs": []})
    for answer in answers:
        canned_server.answer(200, answer)
    _report_once(canned_server, made_up_root, tmp_path)
    assert _operations(canned_server) == [
        "UpdateInstanceInformation",
        "SubmitReport",
        "DescribeWantedChangelogs",
    ]


def test_changelogs_are_not_asked_for_unless_somebody_wants_them(
    canned_server: CannedServer, made_up_root: Path
) -> None:
    for answer in ({}, {"ReportId": "r"}):
        canned_server.answer(200, answer)
    _report_once(canned_server, made_up_root, None)
    assert _operations(canned_server) == ["UpdateInstanceInformation", "SubmitReport"]


@pytest.mark.parametrize("status", [400, 500])
def test_a_report_stays_accepted_if_changelogs_fail(
    canned_server: CannedServer,
    made_up_root: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    for answer in ({}, {"ReportId": "r"}):
        canned_server.answer(200, answer)
    canned_server.answer(status, {"__type": "InternalServerError"})
    _report_once(canned_server, made_up_root, tmp_path)
    assert "no changelogs: The server answered DescribeWantedChangelogs" in caplog.text
