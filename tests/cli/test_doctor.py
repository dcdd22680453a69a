"""`doctor`: what is wrong, in words."""

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest

from accounts import Account
from command_line import CommandLine
from patchwarden.cli.checks.finding import Finding
from patchwarden.cli.checks.installation import installation_findings
from patchwarden.cli.checks.server import clock_finding, server_findings
from patchwarden.cli.installation import opened
from patchwarden.store import baselines, catalog
from patchwarden.store.installation import KEY_FILE_NAME
from patchwarden.store.opening import StoreLocation
from patchwarden.store.sqlite import FILE_NAME

NOW = 1_764_000_000.0


def by_check(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@pytest.fixture
def data(tmp_path: Path, cli: CommandLine) -> Path:
    directory = tmp_path / "data"
    cli.succeed("credentials", "create", "--role", "admin", "--data", directory)
    return directory


def test_a_sound_installation_is_ok(data: Path) -> None:
    found = by_check(installation_findings(StoreLocation(data), NOW))
    assert found.keys() == {
        "data directory",
        "disk space",
        "master key",
        "store",
        "credentials",
        "nodes",
        "catalog",
    }
    del found["disk space"]
    assert {finding.status for finding in found.values()} == {"ok"}


def test_looking_for_an_installation_makes_none(tmp_path: Path) -> None:
    [finding] = installation_findings(StoreLocation(tmp_path / "nothing"), NOW)
    assert finding.status == "warning"
    assert not (tmp_path / "nothing").exists()


def damage_store(data: Path) -> None:
    (data / FILE_NAME).write_bytes(b"no database" * 1000)


def lose_key(data: Path) -> None:
    (data / KEY_FILE_NAME).unlink()


def replace_key(data: Path) -> None:
    (data / KEY_FILE_NAME).write_bytes(b"k" * 32)


def open_key_to_others(data: Path) -> None:
    (data / KEY_FILE_NAME).chmod(0o644)


@pytest.mark.parametrize("harm", [damage_store, lose_key, replace_key, open_key_to_others])
def test_an_installation_that_cannot_work_is_a_problem(data: Path, harm: object) -> None:
    assert callable(harm)
    harm(data)
    found = by_check(installation_findings(StoreLocation(data), NOW))
    assert found["store"].status == "problem"


def test_a_directory_open_to_others_is_a_warning(data: Path) -> None:
    data.chmod(0o755)
    finding = by_check(installation_findings(StoreLocation(data), NOW))["data directory"]
    assert finding.status == "warning"
    assert f"chmod 700 {data}" in finding.sentence


def test_an_installation_without_an_admin_is_a_warning(cli: CommandLine, tmp_path: Path) -> None:
    data = tmp_path / "data"
    cli.succeed("credentials", "create", "--role", "auditor", "--data", data)
    assert (
        by_check(installation_findings(StoreLocation(data), NOW))["credentials"].status == "warning"
    )


def test_nodes_that_are_not_heard_of_are_a_warning(cli: CommandLine, data: Path) -> None:
    cli.succeed("simulate", "--nodes", 2, "--at", "2025-11-24T16:00:00Z", "--data", data)
    assert by_check(installation_findings(StoreLocation(data), NOW))["nodes"].status == "ok"
    later = by_check(installation_findings(StoreLocation(data), NOW + 60 * 86_400))["nodes"]
    assert later.status == "warning"
    assert "2 not for 30 days" in later.sentence


def test_an_import_that_is_old_or_was_cut_off_is_a_warning(data: Path) -> None:
    with opened(StoreLocation(data)) as (_, db), db.transaction():
        done = catalog.begin_import(db, imported_at=NOW, format_name="osv", file_name="a.zip")
        catalog.finish_import(db, done, catalog.ImportCounts(0, 1, 0, 1, 0))
    assert by_check(installation_findings(StoreLocation(data), NOW + 3600))["catalog"] == Finding(
        "catalog", "ok", "It was last filled 1 hour ago."
    )
    old = by_check(installation_findings(StoreLocation(data), NOW + 30 * 86_400))["catalog"]
    assert (old.status, "30 days ago" in old.sentence) == ("warning", True)
    with opened(StoreLocation(data)) as (_, db), db.transaction():
        catalog.begin_import(db, imported_at=NOW, format_name="osv", file_name="b.zip")
    cut_off = by_check(installation_findings(StoreLocation(data), NOW))["catalog"]
    assert (cut_off.status, "b.zip" in cut_off.sentence) == ("warning", True)


@pytest.mark.parametrize(
    ("date", "status"),
    [
        (formatdate(NOW, usegmt=True), "ok"),
        (formatdate(NOW + 29, usegmt=True), "ok"),
        (formatdate(NOW - 31, usegmt=True), "warning"),
        (formatdate(NOW + 3600, usegmt=True), "problem"),
        (None, "warning"),
        ("soon", "warning"),
    ],
)
def test_clocks_must_agree(date: str | None, status: str) -> None:
    assert clock_finding(date, NOW).status == status


def test_a_running_server_is_ok(cli: CommandLine, account: Account) -> None:
    found = by_check(server_findings(account.server.url, time.time(), must_answer=True))
    assert {finding.status for finding in found.values()} == {"ok"}


@contextmanager
def other_server(status: int) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "words"), [(404, "is not Patchwarden"), (503, "cannot read its store")]
)
def test_an_answer_that_is_not_a_healthy_servers_is_a_problem(status: int, words: str) -> None:
    with other_server(status) as url:
        [finding] = server_findings(url, NOW, must_answer=False)
    assert finding.status == "problem"
    assert words in finding.sentence


@pytest.mark.parametrize(("must_answer", "status"), [(True, "problem"), (False, "warning")])
def test_silence_is_a_problem_only_where_a_server_was_named(must_answer: bool, status: str) -> None:
    with other_server(200) as url:
        pass
    [finding] = server_findings(url, NOW, must_answer=must_answer)
    assert finding.status == status


def test_a_problem_makes_the_command_fail(cli: CommandLine, data: Path) -> None:
    replace_key(data)
    outcome = cli("doctor", "--data", data, "--format", "json")
    assert outcome.exit_code == 1
    problems = [each for each in outcome.document["Findings"] if each["Status"] == "problem"]
    assert [each["Check"] for each in problems] == ["store"]


def test_warnings_alone_do_not_make_it_fail(cli: CommandLine, data: Path, account: Account) -> None:
    outcome = cli.succeed("doctor", "--data", data, "--endpoint", account.server.url)
    assert "Problems: 0." in outcome.out


def test_nodes_that_have_to_be_judged_again_are_counted(data: Path, cli: CommandLine) -> None:
    cli.succeed("simulate", "--nodes", "2", "--seed", "1", "--data", data)
    now = time.time()
    assert by_check(installation_findings(StoreLocation(data), now))["sweep"].status == "ok"
    with opened(StoreLocation(data)) as (_, db), db.transaction():
        baselines.count_policy_change_everywhere(db)
    found = by_check(installation_findings(StoreLocation(data), now))["sweep"]
    assert found.status == "warning"
    assert found.sentence.startswith("2 of 2 nodes still have to be judged again; ")
