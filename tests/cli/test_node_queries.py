"""`patches` and `nodes` against a running server."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from accounts import Account, EnrolledNode
from command_line import CommandLine
from fakes import package, report, report_bytes
from patchwarden.cli.knowledge import knowledge_of
from patchwarden.domain.facts import Package

PACKAGES = (
    package("openssl", "3.0.1-1", update="3.0.2-1", security=True),
    package("bash", "5.2-1", security=True),
    package("zsh", "5.9-1"),
)


def report_now(node: EnrolledNode, packages: Iterable[Package], *, age_s: float = 0.0) -> None:
    sent = report_bytes(report(packages, at=time.time() - age_s))
    node.client().submit_report(InstanceId=node.instance_id, Report=sent)


@pytest.fixture
def node(account: Account) -> EnrolledNode:
    enrolled = account.new_node()
    report_now(enrolled, PACKAGES)
    return enrolled


def test_patches_shows_states_counts_and_compliance(
    account_cli: CommandLine, node: EnrolledNode
) -> None:
    out = account_cli.succeed("patches", node.instance_id).out
    [openssl] = [line for line in out.splitlines() if "openssl.amd64:3.0.2-1" in line]
    assert openssl.split()[:2] == ["MISSING", "Security"]
    assert "1 Missing" in out
    assert "Patch baseline: pb-09a5f8eb62bde80b1.\n" in out
    assert "Compliance: non-compliant." in out


def test_patches_can_be_filtered_in_any_spelling_of_a_state(
    account_cli: CommandLine, node: EnrolledNode
) -> None:
    for spelling in ("Missing", "MISSING", "missing"):
        document = account_cli.succeed(
            "patches", node.instance_id, "--state", spelling, "--format", "json"
        ).document
        assert [patch["KBId"] for patch in document["Patches"]] == ["openssl.amd64"]
    other = account_cli.succeed(
        "patches", node.instance_id, "--state", "installed-other", "--format", "json"
    ).document
    assert [patch["KBId"] for patch in other["Patches"]] == ["zsh.amd64"]


def test_different_filters_must_all_fit(account_cli: CommandLine, node: EnrolledNode) -> None:
    arguments = ("patches", node.instance_id, "--classification", "Security", "--format", "json")
    both = account_cli.succeed(*arguments).document["Patches"]
    assert {patch["KBId"] for patch in both} == {"openssl.amd64", "bash.amd64"}
    one = account_cli.succeed(*arguments, "--kb-id", "bash.amd64", "--severity", "optional")
    assert [patch["KBId"] for patch in one.document["Patches"]] == ["bash.amd64"]
    none = account_cli.succeed(*arguments, "--severity", "required")
    assert none.document["Patches"] == []


def test_patches_of_many_pages_are_all_there(account_cli: CommandLine, account: Account) -> None:
    node = account.new_node()
    report_now(node, [package(f"package-{number:04d}") for number in range(250)])
    document = account_cli.succeed("patches", node.instance_id, "--format", "json").document
    assert len({patch["KBId"] for patch in document["Patches"]}) == 250


def test_json_has_the_names_of_the_api_and_iso_times(
    account_cli: CommandLine, node: EnrolledNode
) -> None:
    document = account_cli.succeed("patches", node.instance_id, "--format", "json").document
    assert document["InstanceId"] == node.instance_id
    assert document["PatchState"]["MissingCount"] == 1
    assert document["Patches"][0]["InstalledTime"].endswith("Z")
    assert json.dumps(document).isascii()


def test_a_node_that_never_reported_is_unknown(account_cli: CommandLine, account: Account) -> None:
    node = account.new_node()
    patches = account_cli.succeed("patches", node.instance_id)
    assert "never reported" in patches.out
    assert "Compliance: unknown." in patches.out
    [listed] = account_cli.succeed("nodes", "--format", "json").document["Nodes"]
    assert listed["Compliance"] == "unknown"
    assert "never" in account_cli.succeed("nodes").out


def test_a_node_whose_report_is_old_is_unknown(account_cli: CommandLine, account: Account) -> None:
    node = account.new_node()
    report_now(node, [package("bash")], age_s=40 * 86_400)
    out = account_cli.succeed("patches", node.instance_id).out
    assert "Compliance: unknown. The last report is 40 days old" in out
    assert "1 unknown" in account_cli.succeed("nodes").out


def test_a_node_that_misses_nothing_is_compliant(
    account_cli: CommandLine, account: Account
) -> None:
    node = account.new_node()
    report_now(node, [package("bash", security=True)])
    assert "Compliance: compliant." in account_cli.succeed("patches", node.instance_id).out
    assert "1 node: 1 compliant, 0 non-compliant, 0 unknown." in account_cli.succeed("nodes").out


def test_an_unknown_node_gives_one_sentence(account_cli: CommandLine) -> None:
    outcome = account_cli("patches", "mi-00000000000000000")
    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "patchwarden nodes" in outcome.err


def test_nodes_lists_every_page(account_cli: CommandLine, account: Account) -> None:
    ssm = account.client()
    activation = ssm.create_activation(IamRole="AnyRole", RegistrationLimit=60)
    agent = account.client("ssm-agent")
    made = {
        agent.register_managed_instance(
            ActivationId=activation["ActivationId"], ActivationCode=activation["ActivationCode"]
        )["InstanceId"]
        for _ in range(60)
    }
    listed = account_cli.succeed("nodes", "--format", "json").document["Nodes"]
    assert {node["InstanceId"] for node in listed} == made


def test_nodes_shows_what_each_misses(account_cli: CommandLine, node: EnrolledNode) -> None:
    out = account_cli.succeed("nodes").out
    [line] = [line for line in out.splitlines() if line.startswith(node.instance_id)]
    assert "Debian GNU/Linux 12" in line
    assert line.endswith("non-compliant")


def test_an_account_without_nodes_is_told_how_to_get_one(account_cli: CommandLine) -> None:
    assert "patchwarden node register" in account_cli.succeed("nodes").out
    # Nodes of another region are the usual reason.
    assert "in eu-west-1." in account_cli.succeed("nodes", "--region", "eu-west-1").out


def test_patches_names_the_patch_group(
    account_cli: CommandLine, account: Account, node: EnrolledNode
) -> None:
    account.client().add_tags_to_resource(
        ResourceType="ManagedInstance",
        ResourceId=node.instance_id,
        Tags=[{"Key": "Patch Group", "Value": "web"}],
    )
    out = account_cli.succeed("patches", node.instance_id).out
    assert "Patch baseline: pb-09a5f8eb62bde80b1. Patch group: web.\n" in out


def test_nothing_known_is_never_compliant() -> None:
    assert knowledge_of(None, now=0.0).compliance == "unknown"


@pytest.mark.parametrize(
    ("count", "compliance"),
    [
        ("InstalledOtherCount", "compliant"),
        ("NotApplicableCount", "compliant"),
        # An agent that uploads nothing but the counts of states.
        ("MissingCount", "non-compliant"),
        ("FailedCount", "non-compliant"),
        ("InstalledRejectedCount", "non-compliant"),
        ("InstalledPendingRebootCount", "non-compliant"),
        # Security updates that the baseline rates so count in one of these alone.
        ("SecurityNonCompliantCount", "non-compliant"),
        ("OtherNonCompliantCount", "non-compliant"),
    ],
)
def test_any_count_of_what_is_to_be_done_is_non_compliant(count: str, compliance: str) -> None:
    state = {"OperationEndTime": datetime.fromtimestamp(0, UTC), count: 1}
    assert knowledge_of(state, now=0.0).compliance == compliance
