"""The real aws command against a real server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from accounts import Account, EnrolledNode, new_account
from fakes import package
from serving import RunningServer

AWS = Path(sys.executable).with_name("aws")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class CommandLine(NamedTuple):
    """A shell in which the aws command finds the server."""

    account: Account
    node: EnrolledNode
    home: Path

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `aws ssm` with these arguments."""
        environment = {
            **self.account.server.environment(self.account.key),
            "HOME": str(self.home),
            "PATH": SYSTEM_PATH,
        }
        return subprocess.run(
            [str(AWS), "ssm", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """Run `aws ssm` and read what it prints."""
        finished = self.run(*arguments, "--output", "json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)


@pytest.fixture(scope="module")
def aws(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    account = new_account(server)
    node = account.new_node()
    node.submit(
        [
            *(package(f"lib{number:02}", security=True) for number in range(20)),
            package("bash", security=True, installed_at=1_546_992_000.0),
            package("local-tool", listed=False),
            package("openssl", "3.0-1", update="3.0-2", security=True),
        ]
    )
    return CommandLine(account, node, tmp_path_factory.mktemp("home"))


def test_patches_in_a_state_are_described_as_json(aws: CommandLine) -> None:
    patches = aws.json(
        "describe-instance-patches",
        *("--instance-id", aws.node.instance_id),
        *("--filters", "Key=State,Values=Missing,InstalledOther"),
    )
    assert patches == {
        "Patches": [
            {
                "Title": "local-tool.amd64:1.0-1",
                "KBId": "local-tool.amd64",
                "Classification": "",
                "Severity": "",
                "State": "INSTALLED_OTHER",
                "InstalledTime": 0.0,
            },
            {
                "Title": "openssl.amd64:3.0-2",
                "KBId": "openssl.amd64",
                "Classification": "Security",
                "Severity": "optional",
                "State": "MISSING",
                "InstalledTime": 0.0,
            },
        ]
    }


def test_patches_are_described_as_a_table(aws: CommandLine) -> None:
    finished = aws.run(
        "describe-instance-patches",
        *("--instance-id", aws.node.instance_id),
        *("--filters", "Key=KBId,Values=bash.amd64"),
        *("--query", "Patches[].{Patch: KBId, State: State}"),
        *("--output", "table"),
    )
    rows = [line.split() for line in finished.stdout.splitlines()]
    assert ["|", "Patch", "|", "State", "|"] in rows
    assert ["|", "bash.amd64", "|", "INSTALLED", "|"] in rows


def test_a_walk_goes_on_from_where_it_was_left(aws: CommandLine) -> None:
    command = ("describe-instance-patches", "--instance-id", aws.node.instance_id)
    size = ("--page-size", "10", "--max-items", "15")
    first = aws.json(*command, *size)
    rest = aws.json(*command, *size, "--starting-token", first["NextToken"])
    names = [patch["KBId"] for patch in first["Patches"] + rest["Patches"]]
    assert len(first["Patches"]) == 15
    assert names == [
        "bash.amd64",
        *(f"lib{number:02}.amd64" for number in range(20)),
        "local-tool.amd64",
        "openssl.amd64",
    ]


def test_the_counts_of_a_node_are_described(aws: CommandLine) -> None:
    answer = aws.json("describe-instance-patch-states", "--instance-ids", aws.node.instance_id)
    (state,) = answer["InstancePatchStates"]
    assert (state["InstalledCount"], state["InstalledOtherCount"]) == (21, 1)
    assert (state["MissingCount"], state["FailedCount"]) == (1, 0)


def test_an_unknown_instance_ends_with_the_services_error(aws: CommandLine) -> None:
    finished = aws.run("describe-instance-patches", "--instance-id", "i-0123456789abcdef0")
    assert finished.returncode in {254, 255}
    assert finished.stdout == ""
    assert (
        "An error occurred (InvalidInstanceId) when calling the DescribeInstancePatches operation:"
        " Instance i-0123456789abcdef0 is not a managed node in this account and region."
    ) in finished.stderr


def test_an_instance_of_another_form_ends_with_the_constraint(aws: CommandLine) -> None:
    finished = aws.run("describe-instance-patches", "--instance-id", "web-1")
    assert finished.returncode in {254, 255}
    assert "(ValidationException)" in finished.stderr
    assert (
        r"Value 'web-1' at 'instanceId' failed to satisfy constraint:"
        r" Member must satisfy regular expression pattern: (^i-(\w{8}|\w{17})$)|(^mi-\w{17}$)"
    ) in finished.stderr


def test_an_activation_is_made_with_tags(aws: CommandLine) -> None:
    made = aws.json("create-activation", "--iam-role", "AnyRole", "--tags", "Key=Role,Value=web")
    (listed,) = (
        each
        for each in aws.account.client().describe_activations()["ActivationList"]
        if each["ActivationId"] == made["ActivationId"]
    )
    assert listed["Tags"] == [{"Key": "Role", "Value": "web"}]
    assert len(made["ActivationCode"]) >= 20


def test_a_baseline_is_made_the_default_and_shown(aws: CommandLine) -> None:
    aws = aws._replace(account=new_account(aws.account.server))
    made = aws.json(
        "create-patch-baseline",
        *("--name", "mine", "--operating-system", "DEBIAN"),
        *("--approved-patches", "vim*", "curl"),
    )
    baseline_id = made["BaselineId"]
    registered = aws.json("register-default-patch-baseline", "--baseline-id", baseline_id)
    assert registered == {"BaselineId": baseline_id}
    shown = aws.json("get-patch-baseline", "--baseline-id", baseline_id)
    assert shown["ApprovedPatches"] == ["vim*", "curl"]
    assert shown["RejectedPatchesAction"] == "ALLOW_AS_DEPENDENCY"
    chosen = aws.account.client().get_default_patch_baseline(OperatingSystem="DEBIAN")
    assert chosen["BaselineId"] == baseline_id
