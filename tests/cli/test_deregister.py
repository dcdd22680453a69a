"""`patchwarden deregister`, against a real server."""

import pytest

from accounts import Account
from command_line import CommandLine


@pytest.mark.parametrize("kind", ["mi", "i"])
def test_a_node_is_forgotten(account_cli: CommandLine, account: Account, kind: str) -> None:
    instance_id = "i-0123456789abcdef0"
    if kind == "mi":
        instance_id = account.new_node().instance_id
    else:
        account.client("ssm-agent").update_instance_information(InstanceId=instance_id)
    out = account_cli.succeed("deregister", instance_id, "--yes").out
    assert out == f"Deregistered {instance_id}.\n"
    assert account.client().describe_instance_information()["InstanceInformationList"] == []


def test_an_unknown_node_is_one_sentence(account_cli: CommandLine) -> None:
    outcome = account_cli("deregister", "mi-0123456789abcdef0", "--yes")
    assert outcome.exit_code == 1
    assert "is not a managed node" in outcome.err


def test_nothing_happens_without_a_yes(account_cli: CommandLine, account: Account) -> None:
    node = account.new_node()
    outcome = account_cli("deregister", node.instance_id)
    assert outcome.exit_code == 2
    assert "--yes" in outcome.err
    assert len(account.client().describe_instance_information()["InstanceInformationList"]) == 1
