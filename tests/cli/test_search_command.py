"""`search` against a running server."""

import time

import pytest

from accounts import Account, EnrolledNode
from command_line import CommandLine
from fakes import package, report, report_bytes
from patchwarden.cli.search import what_it_lacks


def report_now(node: EnrolledNode, *, misses: bool) -> None:
    found = [package("openssl", update="2.0-1" if misses else None, security=True)]
    sent = report_bytes(report(found, at=time.time()))
    node.client().submit_report(InstanceId=node.instance_id, Report=sent)


@pytest.fixture
def node(account: Account) -> EnrolledNode:
    """Give a node that misses openssl.amd64; another does not, and a third never reported."""
    enrolled = account.new_node()
    report_now(enrolled, misses=True)
    report_now(account.new_node(), misses=False)
    account.new_node()
    return enrolled


def test_it_lists_the_nodes_with_their_patches(
    account_cli: CommandLine, node: EnrolledNode
) -> None:
    lines = account_cli.succeed("search", "--kb", "openssl.amd64").out.splitlines()
    assert lines[0].split()[:2] == ["NODE", "NAME"]
    assert lines[1].startswith(node.instance_id)
    assert lines[1].endswith("MISSING  openssl.amd64:2.0-1")
    assert lines[2:] == [
        "",
        "1 node: 1 Missing.",
        "Nothing is known about 1 node that never reported.",
    ]


def test_counts_alone(account_cli: CommandLine, node: EnrolledNode) -> None:
    out = account_cli.succeed("search", "--kb", "openssl.amd64", "--count").out
    assert out.splitlines()[0] == "1 node: 1 Missing."
    assert node.instance_id not in out


def test_json_has_the_names_of_the_api(account_cli: CommandLine, node: EnrolledNode) -> None:
    arguments = ("search", "--title", "openssl.amd64:2.0-1", "--format", "json")
    document = account_cli.succeed(*arguments).document
    assert [each["InstanceId"] for each in document["Nodes"]] == [node.instance_id]
    assert document["OutdatedNodesCount"] == 0
    assert document["UnreportedNodesCount"] == 1
    counts = account_cli.succeed(*arguments, "--count").document
    assert counts["NodesCount"] == 1
    assert "Nodes" not in counts


@pytest.mark.usefixtures("node")
def test_filters_narrow_what_is_found(account_cli: CommandLine) -> None:
    for more in (["--state", "failed"], ["--patch-group", "web"], ["--title", "another"]):
        out = account_cli.succeed("search", "--kb", "openssl.amd64", *more).out
        assert out.startswith("No node that has reported fits.\n")


@pytest.mark.usefixtures("node")
def test_it_says_whose_cves_are_not_kept(account_cli: CommandLine) -> None:
    out = account_cli.succeed("search", "--cve", "CVE-2026-1234").out
    assert "CVEs of DEBIAN, MACOS, RASPBIAN, UBUNTU are not searched" in out


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ({"OutdatedNodesCount": 0, "UnreportedNodesCount": 0}, []),
        (
            {"OutdatedNodesCount": 1, "UnreportedNodesCount": 0},
            [
                (
                    "This is not complete yet: 1 node must still be judged again. "
                    "The server is at it; ask again later."
                )
            ],
        ),
        (
            {"OutdatedNodesCount": 0, "UnreportedNodesCount": 1000},
            ["Nothing is known about 1000 or more nodes that never reported."],
        ),
    ],
)
def test_it_says_what_an_answer_lacks(answer: dict[str, int], sentences: list[str]) -> None:
    assert list(what_it_lacks(answer)) == sentences


def test_a_search_for_nothing_is_no_command_line(account_cli: CommandLine) -> None:
    outcome = account_cli("search", "--state", "Missing")
    assert outcome.exit_code == 2
    assert "--cve, --kb or --title" in outcome.err


def test_a_state_that_is_not_indexed_gives_one_sentence(account_cli: CommandLine) -> None:
    outcome = account_cli("search", "--kb", "openssl.amd64", "--state", "Installed")
    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "INSTALLED cannot be searched for" in outcome.err
