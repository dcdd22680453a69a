"""The examples that the AWS CLI is published with, run as they stand against a real server.

They are read out of the installed awscli. Ids are replaced by those of things that exist here;
botocore, inside the CLI, reads every answer by the shapes of the service model.
"""

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import awscli
import pytest
from awscli.clidriver import CLIDriver, create_clidriver

from accounts import Account, new_account
from fakes import package
from patchwarden.operations import OPERATIONS
from serving import RunningServer

FOLDER = Path(awscli.__file__).parent / "examples" / "ssm"
COMMAND = re.compile(r"^[ \t]+(aws ssm(?:.*\\\n)*.*)$", re.MULTILINE)
OUTPUT = re.compile(r"^Output::\n\n((?:[ \t].*\n|\n)+)", re.MULTILINE)
CONTENTS = re.compile(r"^Contents of ``([^`]+)``::\n\n((?:[ \t]+.*\n|\n)+)", re.MULTILINE)
NODE_ID = re.compile(r"\bm?i-\w{17}\b")
BASELINE_ID = re.compile(r"(?<!/)\bpb-\w{17}\b")
WINDOW_ID = re.compile(r"\bmw-\w{17}\b")
DELETION_ID = re.compile(r"\bd72ac9e8-1f60-4d40-b1c6-987654321c4d\b")
FOREIGN_ARN = re.compile(r"arn:aws:ssm:us-east-2:\d+:patchbaseline/pb-\w{17}")
OLD_LITERAL = re.compile(r"`([^`\"]+)`")
WINDOWS_DEFAULT = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-09ca3fb51f0412ec3"
NOT_ABOUT_PATCHING = {"Parameter": "InvalidResourceType", "Document": "InvalidResourceType"}
"""Resource types of examples for which Patchwarden has nothing, and the code that says so."""

_ASSOCIATIONS = (
    "AssociationStatus",
    "LastAssociationExecutionDate",
    "LastSuccessfulAssociationExecutionDate",
    "AssociationOverview",
    "AssociationOverview.DetailedStatus",
    "AssociationOverview.InstanceAssociationStatusAggregatedCount",
    "AssociationOverview.InstanceAssociationStatusAggregatedCount.Success",
)
MAY_LACK = frozenset(
    {
        # There are no associations here.
        *(f".InstanceInformationList.{name}" for name in _ASSOCIATIONS),
        # Only where an operation went by a snapshot, or a node was told not to reboot.
        ".InstancePatchStates.SnapshotId",
        ".InstancePatchStates.LastNoRebootInstallOperationTime",
        # No package list of a distribution has them.
        ".Entries.PackageId",
        ".Entries.Publisher",
        # One page holds all.
        ".NextToken",
        # The name of Mappings in 2016.
        ".PatchGroupPatchBaselineMappings",
    }
)
"""Members that examples show and answers here may lack."""

RACK_INFO = {
    "TypeName": "Custom:RackInfo",
    "SchemaVersion": "1.0",
    "CaptureTime": "2019-01-22T10:01:01Z",
    "Content": [{"RackLocation": "Bay A"}],
}
APPROVES_ALL = {
    "PatchFilterGroup": {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}]},
    "ApproveAfterDays": 0,
}


class Example(NamedTuple):
    """One command of the documentation."""

    command: str
    position: int
    arguments: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    """The files that it reads: name and content."""
    output: Any
    """What the documentation shows, decoded; None where it shows no JSON."""


def examples() -> Iterator[Example]:
    """Give the examples of every operation that is served."""
    for target in sorted(OPERATIONS):
        file = FOLDER / f"{_command(target.partition('.')[2])}.rst"
        if file.exists():
            yield from _examples_of(file)


def _command(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", operation).lower()


def _examples_of(file: Path) -> Iterator[Example]:
    text = file.read_text(encoding="utf-8")
    files = tuple((match[1], match[2]) for match in CONTENTS.finditer(text))
    commands = list(COMMAND.finditer(text))
    ends = [match.start() for match in commands[1:]] + [len(text)]
    for position, (match, end) in enumerate(zip(commands, ends, strict=True), 1):
        shown = OUTPUT.search(text, match.end(), end)
        arguments = tuple(shlex.split(match[1].replace("\\\n", " ")))[1:]
        yield Example(file.stem, position, arguments, files, shown and _decoded(shown[1]))


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None  # some are cut short by hand


EXAMPLES = list(examples())


class World(NamedTuple):
    """An account in which what examples speak of exists."""

    account: Account
    node_id: str
    baseline_id: str
    window_id: str
    activation_id: str
    deletion_id: str

    def translated(self, argument: str) -> str:
        """Give an argument with ids of this account."""
        for pattern, instead in (
            (FOREIGN_ARN, WINDOWS_DEFAULT),
            (NODE_ID, self.node_id),
            (BASELINE_ID, self.baseline_id),
            (WINDOW_ID, self.window_id),
            (DELETION_ID, self.deletion_id),
        ):
            argument = pattern.sub(instead, argument)
        # A form of literal that the CLI itself refuses by now.
        argument = OLD_LITERAL.sub(r"'\1'", argument)
        return self.activation_id if argument.endswith("EXAMPLE") else argument


@pytest.fixture(scope="module")
def catalog(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Fill the catalog with the patches that an example shows."""
    file = tmp_path_factory.mktemp("catalog") / "patches.json"
    shown = [each.output for each in EXAMPLES if each.command == "describe-available-patches"]
    file.write_text(json.dumps(next(filter(None, shown))), encoding="utf-8")
    command = [sys.executable, "-m", "patchwarden", "catalog", "import", str(file)]
    subprocess.run([*command, "--data", str(server.data_directory)], check=True)


@pytest.fixture
def world(server: RunningServer, catalog: None) -> World:
    account = new_account(server)
    client = account.client()
    node = account.new_node()
    node.submit(
        [
            package("bash", security=True, installed_at=1_546_992_000.0),
            *(package(f"lib{number}", "1", update="2", security=True) for number in range(6)),
        ]
    )
    client.add_tags_to_resource(
        ResourceType="ManagedInstance",
        ResourceId=node.instance_id,
        Tags=[{"Key": "Patch Group", "Value": "Production"}, {"Key": "DEV", "Value": ""}],
    )
    client.put_inventory(InstanceId=node.instance_id, Items=[RACK_INFO])
    baseline = client.create_patch_baseline(
        Name="My-Windows",
        Description="Mine",
        ApprovalRules={"PatchRules": [APPROVES_ALL]},
        Tags=[{"Key": "Environment", "Value": "Production"}],
    )
    deletion = client.delete_inventory(TypeName="Custom:RackInfo")
    client.put_inventory(InstanceId=node.instance_id, Items=[RACK_INFO])
    window = client.create_maintenance_window(
        Name="My-Window",
        Schedule="rate(1 day)",
        Duration=2,
        Cutoff=1,
        AllowUnassociatedTargets=True,
    )
    activation = client.create_activation(IamRole="AnyRole")
    return World(
        account,
        node.instance_id,
        baseline["BaselineId"],
        window["WindowId"],
        activation["ActivationId"],
        deletion["DeletionId"],
    )


@pytest.fixture(scope="module")
def command_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CLIDriver]:
    settings = tmp_path_factory.mktemp("aws") / "config"
    # As version 2 of the command line does without being told.
    settings.write_text("[default]\ncli_timestamp_format = iso8601\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_CONFIG_FILE", str(settings))
        yield create_clidriver()


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=[f"{each.command}-{each.position}" for each in EXAMPLES]
)
def test_a_published_example_works(
    world: World,
    command_line: CLIDriver,
    example: Example,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in world.account.server.environment(world.account.key).items():
        monkeypatch.setenv(name, value)
    # The command line looks for keys once; here it goes on with those of another account.
    command_line.session.set_credentials(*world.account.key)
    for file_name, content in example.files:
        (tmp_path / file_name).write_text(content, encoding="utf-8")
    printed, complaint = io.StringIO(), io.StringIO()
    arguments = [*map(world.translated, example.arguments), "--output", "json"]
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaint):
        code = command_line.main(arguments)
    refusal = NOT_ABOUT_PATCHING.get(_resource_type(example))
    if refusal:
        assert f"({refusal})" in complaint.getvalue()
        return
    assert code == 0, complaint.getvalue()
    answer = json.loads(printed.getvalue() or "{}")
    assert members(example.output) - MAY_LACK <= members(answer)


def members(output: Any, path: str = "") -> set[str]:
    """Give the path of every member that an output has, whatever its value."""
    if isinstance(output, list):
        return set[str]().union(*(members(each, path) for each in output))
    if not isinstance(output, dict):
        return set()
    paths = {f"{path}.{name}" for name in output}
    return paths.union(*(members(each, f"{path}.{name}") for name, each in output.items()))


def _resource_type(example: Example) -> str:
    if "--resource-type" not in example.arguments:
        return ""
    return example.arguments[example.arguments.index("--resource-type") + 1]


def test_there_are_examples_of_most_operations() -> None:
    described = {example.command for example in EXAMPLES}
    assert len(described) >= 40
    assert len(EXAMPLES) >= 60
