"""The real boto3 client against a real server, for every operation that is served."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from accounts import Account, Client, new_account
from fakes import NOW, package, report, report_bytes
from serving import RunningServer

ROLE = "AnyRole"
DEBIAN_DEFAULT = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-09a5f8eb62bde80b1"
NO_BASELINE = "pb-00000000000000000"
NO_ACTIVATION = "00000000-0000-0000-0000-000000000000"
NO_NODE = "mi-0123456789abcdef0"


@pytest.fixture
def client(account: Account) -> Client:
    return account.client()


def test_a_patch_has_what_the_model_says(account: Account, client: Client) -> None:
    node = account.new_node()
    node.submit(
        [
            package("bash", security=True, installed_at=1_546_992_000.0, installed_by="ann"),
            package("openssl", "3.0-1", update="3.0-2", security=True, priority="important"),
        ]
    )
    answer = client.describe_instance_patches(InstanceId=node.instance_id)
    assert answer["Patches"] == [
        {
            "Title": "bash.amd64:1.0-1",
            "KBId": "bash.amd64",
            "Classification": "Security",
            "Severity": "optional",
            "State": "INSTALLED",
            "InstalledTime": datetime(2019, 1, 9, tzinfo=UTC),
        },
        {
            "Title": "openssl.amd64:3.0-2",
            "KBId": "openssl.amd64",
            "Classification": "Security",
            "Severity": "important",
            "State": "MISSING",
            "InstalledTime": datetime(1970, 1, 1, tzinfo=UTC),
        },
    ]
    assert answer["NextToken"] == ""
    assert uuid.UUID(answer["ResponseMetadata"]["RequestId"]).version == 4


def test_the_counts_of_a_node_are_those_of_its_patches(account: Account, client: Client) -> None:
    node, other = account.new_node(), account.new_node()
    node.submit(
        [
            package("bash", security=True),
            package("local-tool", listed=False),
            package("openssl", update="2.0-1", security=True),
        ]
    )
    answer = client.describe_instance_patch_states(
        InstanceIds=[node.instance_id, other.instance_id, NO_NODE]
    )
    (state,) = answer["InstancePatchStates"]
    assert state["InstanceId"] == node.instance_id
    assert state["BaselineId"] == DEBIAN_DEFAULT.rpartition("/")[2]
    assert state["PatchGroup"] == ""
    assert state["InstalledCount"] == 1
    assert state["InstalledOtherCount"] == 1
    assert state["MissingCount"] == 1
    assert state["FailedCount"] == 0
    assert state["Operation"] == "Scan"
    assert state["OperationEndTime"] == datetime.fromtimestamp(NOW, UTC)


def test_an_activation_is_made_listed_and_deleted(client: Client) -> None:
    made = client.create_activation(
        IamRole=ROLE,
        Description="for the test",
        DefaultInstanceName="web",
        RegistrationLimit=3,
        Tags=[{"Key": "Role", "Value": "web"}],
    )
    (listed,) = client.describe_activations()["ActivationList"]
    assert listed["ActivationId"] == made["ActivationId"]
    assert listed["Description"] == "for the test"
    assert listed["RegistrationLimit"] == 3
    assert listed["RegistrationsCount"] == 0
    assert listed["Expired"] is False
    assert listed["ExpirationDate"] - listed["CreatedDate"] == timedelta(days=1)
    assert listed["Tags"] == [{"Key": "Role", "Value": "web"}]
    assert "ActivationCode" not in listed
    client.delete_activation(ActivationId=made["ActivationId"])
    assert client.describe_activations()["ActivationList"] == []


def test_a_node_registers_shows_itself_and_is_deregistered(
    account: Account, client: Client
) -> None:
    node = account.new_node()
    (registered,) = client.describe_instance_information()["InstanceInformationList"]
    assert registered["InstanceId"] == node.instance_id
    assert registered["IamRole"] == ROLE
    assert registered["ResourceType"] == "ManagedInstance"
    node.submit([package("bash")])
    (seen,) = client.describe_instance_information()["InstanceInformationList"]
    assert seen["PingStatus"] == "Online"
    assert seen["PlatformType"] == "Linux"
    assert seen["PlatformName"] == "Debian GNU/Linux"
    assert seen["ComputerName"] == "web-1.example.test"
    client.deregister_managed_instance(InstanceId=node.instance_id)
    assert client.describe_instance_information()["InstanceInformationList"] == []
    with pytest.raises(client.exceptions.InvalidInstanceId):
        client.describe_instance_patches(InstanceId=node.instance_id)
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        node.submit([package("bash")])


def test_nodes_are_paged(account: Account, client: Client) -> None:
    nodes = sorted(account.new_node().instance_id for _ in range(7))
    pages = client.get_paginator("describe_instance_information").paginate(
        PaginationConfig={"PageSize": 5}
    )
    found = [[each["InstanceId"] for each in page["InstanceInformationList"]] for page in pages]
    assert found == [nodes[:5], nodes[5:]]


def test_a_baseline_is_given_as_it_was_made(client: Client) -> None:
    content = {
        "Name": "mine",
        "OperatingSystem": "DEBIAN",
        "Description": "for the test",
        "GlobalFilters": {"PatchFilters": [{"Key": "SECTION", "Values": ["libs", "admin"]}]},
        "ApprovedPatches": ["vim*"],
        "ApprovedPatchesComplianceLevel": "HIGH",
        "ApprovedPatchesEnableNonSecurity": True,
        "RejectedPatches": ["telnet"],
        "RejectedPatchesAction": "BLOCK",
    }
    filters = {"PatchFilters": [{"Key": "PRIORITY", "Values": ["Required"]}]}
    rule = {"PatchFilterGroup": filters, "ComplianceLevel": "LOW", "EnableNonSecurity": False}
    baseline_id = client.create_patch_baseline(
        **content, ApprovalRules={"PatchRules": [{**rule, "ApproveAfterDays": 7}]}
    )["BaselineId"]
    given = client.get_patch_baseline(BaselineId=baseline_id)
    assert {name: given[name] for name in content} == content
    assert given["BaselineId"] == baseline_id
    assert given["ApprovalRules"] == {"PatchRules": [{**rule, "ApproveAfterDays": 7}]}
    assert given["PatchGroups"] == []
    assert given["Sources"] == []
    assert given["CreatedDate"] == given["ModifiedDate"]


def test_baselines_are_listed_on_pages_of_any_size(client: Client) -> None:
    own = client.create_patch_baseline(Name="mine", OperatingSystem="DEBIAN")["BaselineId"]
    paginator = client.get_paginator("describe_patch_baselines")

    def listed(page_size: int) -> list[Mapping[str, Any]]:
        pages = paginator.paginate(PaginationConfig={"PageSize": page_size})
        return [identity for page in pages for identity in page["BaselineIdentities"]]

    everything = listed(100)
    assert listed(1) == listed(7) == everything
    assert {"BaselineId": own, "BaselineName": "mine"}.items() <= everything[-1].items()
    assert {each["OperatingSystem"] for each in everything} >= {"DEBIAN", "UBUNTU", "WINDOWS"}


def test_the_default_baseline_is_chosen_and_given_back(client: Client) -> None:
    own = client.create_patch_baseline(Name="mine", OperatingSystem="DEBIAN")["BaselineId"]
    for baseline_id in (own, DEBIAN_DEFAULT):
        answer = client.register_default_patch_baseline(BaselineId=baseline_id)
        assert answer["BaselineId"] == baseline_id
        chosen = client.get_default_patch_baseline(OperatingSystem="DEBIAN")
        assert chosen["BaselineId"] == baseline_id
        assert chosen["OperatingSystem"] == "DEBIAN"


STATES_BY_BASELINE = [
    pytest.param(
        {"ApprovedPatches": ["openssl"]},
        {"openssl": "MISSING", "telnet": "INSTALLED_OTHER", "vim": "INSTALLED_OTHER"},
        id="an approved security update is missing",
    ),
    pytest.param(
        {"ApprovedPatches": ["openssl", "vim*"], "ApprovedPatchesEnableNonSecurity": True},
        {"openssl": "MISSING", "telnet": "INSTALLED_OTHER", "vim": "MISSING"},
        id="other approved updates if asked for",
    ),
    pytest.param(
        {"RejectedPatches": ["telnet", "openssl"], "RejectedPatchesAction": "BLOCK"},
        {"openssl": "INSTALLED_REJECTED", "telnet": "INSTALLED_REJECTED", "vim": "INSTALLED_OTHER"},
        id="rejected patches are blocked",
    ),
    pytest.param(
        {"RejectedPatches": ["telnet"], "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY"},
        {"openssl": "INSTALLED_OTHER", "telnet": "INSTALLED_OTHER", "vim": "INSTALLED_OTHER"},
        id="rejected patches are allowed as dependency",
    ),
    pytest.param(
        {
            "ApprovalRules": {
                "PatchRules": [
                    {
                        "PatchFilterGroup": {
                            "PatchFilters": [{"Key": "PRIORITY", "Values": ["*"]}]
                        },
                        "ApproveAfterDays": 0,
                        "EnableNonSecurity": True,
                    }
                ]
            }
        },
        {"openssl": "MISSING", "telnet": "INSTALLED", "vim": "MISSING"},
        id="a rule for more than security",
    ),
]


@pytest.mark.parametrize(("content", "expected"), STATES_BY_BASELINE)
def test_the_next_answer_follows_the_baseline_in_use_without_a_scan(
    content: Mapping[str, Any], expected: Mapping[str, str], account: Account, client: Client
) -> None:
    node = account.new_node()
    node.submit(
        [
            package("openssl", update="2.0-1", security=True),
            package("telnet"),
            package("vim", update="2.0-1"),
        ]
    )

    def states() -> dict[str, str]:
        patches = client.describe_instance_patches(InstanceId=node.instance_id)["Patches"]
        return {patch["KBId"].removesuffix(".amd64"): patch["State"] for patch in patches}

    def baseline_in_use() -> str:
        answer = client.describe_instance_patch_states(InstanceIds=[node.instance_id])
        baseline_id = answer["InstancePatchStates"][0]["BaselineId"]
        assert isinstance(baseline_id, str)
        return baseline_id

    before = states()
    own = client.create_patch_baseline(Name="mine", OperatingSystem="DEBIAN", **content)
    assert states() == before
    client.register_default_patch_baseline(BaselineId=own["BaselineId"])
    assert states() == expected
    assert baseline_in_use() == own["BaselineId"]
    client.register_default_patch_baseline(BaselineId=DEBIAN_DEFAULT)
    assert states() == before
    assert baseline_in_use() == DEBIAN_DEFAULT.rpartition("/")[2]


def garbled_token(client: Client) -> Any:
    return client.describe_instance_patches(InstanceId=NO_NODE, NextToken="garbled")


TYPED_ERRORS: Mapping[str, Callable[[Client], Any]] = {
    "InvalidInstanceId": lambda client: client.describe_instance_patches(InstanceId=NO_NODE),
    "InvalidFilter": lambda client: client.describe_instance_patches(
        InstanceId=NO_NODE, Filters=[{"Key": "Title", "Values": ["bash"]}]
    ),
    "InvalidNextToken": garbled_token,
    "DoesNotExistException": lambda client: client.get_patch_baseline(BaselineId=NO_BASELINE),
    "InvalidResourceId": lambda client: client.get_patch_baseline(
        BaselineId=NO_BASELINE[:-1] + "z"
    ),
    "InvalidActivation": lambda client: client.delete_activation(ActivationId=NO_ACTIVATION),
    "InvalidParameters": lambda client: client.create_activation(IamRole=ROLE, ExpirationDate=1e9),
    "InvalidFilterKey": lambda client: client.describe_instance_information(
        Filters=[{"Key": "Colour", "Values": ["red"]}]
    ),
}


@pytest.mark.parametrize("code", TYPED_ERRORS)
def test_a_declared_error_is_an_exception_of_its_own(code: str, client: Client) -> None:
    with pytest.raises(getattr(client.exceptions, code)) as refused:
        TYPED_ERRORS[code](client)
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_same_client_token_again_makes_no_second_baseline(client: Client) -> None:
    request = {"Name": "mine", "ClientToken": "the same"}
    first = client.create_patch_baseline(**request)
    assert client.create_patch_baseline(**request)["BaselineId"] == first["BaselineId"]
    with pytest.raises(client.exceptions.IdempotentParameterMismatch):
        client.create_patch_baseline(**request, Description="another")


def test_a_bad_report_is_an_exception_that_says_where(account: Account) -> None:
    node = account.new_node()
    client = node.client()
    with pytest.raises(client.exceptions.InvalidReport, match=r"`schema`"):
        client.submit_report(InstanceId=node.instance_id, Report=b"{}")
    assert account.client().describe_instance_patches(InstanceId=node.instance_id)["Patches"] == []


def test_a_node_cannot_register_with_a_wrong_code(account: Account, client: Client) -> None:
    activation = client.create_activation(IamRole=ROLE)
    agent = account.client("ssm-agent")
    with pytest.raises(agent.exceptions.InvalidActivation):
        agent.register_managed_instance(
            ActivationId=activation["ActivationId"], ActivationCode="A" * 24
        )
    assert client.describe_instance_information()["InstanceInformationList"] == []


def test_an_error_that_no_operation_declares_is_a_plain_client_error(client: Client) -> None:
    with pytest.raises(ClientError, match="less than or equal to 100") as refused:
        client.describe_instance_patches(InstanceId=NO_NODE, MaxResults=101)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "instance_id", ["i-01234567", "i-0123456789abcdef0", "mi-0123456789abcdef0", "i-ABCDEFGH"]
)
def test_every_form_of_id_may_be_asked_for(instance_id: str, client: Client) -> None:
    with pytest.raises(client.exceptions.InvalidInstanceId):
        client.describe_instance_patches(InstanceId=instance_id)


def test_accounts_see_nothing_of_each_other(server: RunningServer, account: Account) -> None:
    assert_sees_nothing_of(account, new_account(server).client())


def test_regions_see_nothing_of_each_other(account: Account) -> None:
    assert_sees_nothing_of(account, account.client(region="eu-west-1"))


def assert_sees_nothing_of(account: Account, stranger: Client) -> None:
    """Fill an account in its usual region and look at it from elsewhere."""
    client, node = account.client(), account.new_node()
    node.submit([package("bash")])
    own = client.create_patch_baseline(Name="mine", OperatingSystem="DEBIAN")["BaselineId"]
    client.register_default_patch_baseline(BaselineId=own)
    client.create_activation(IamRole=ROLE)
    with pytest.raises(stranger.exceptions.InvalidInstanceId):
        stranger.describe_instance_patches(InstanceId=node.instance_id)
    with pytest.raises(stranger.exceptions.InvalidInstanceId):
        stranger.deregister_managed_instance(InstanceId=node.instance_id)
    with pytest.raises(stranger.exceptions.DoesNotExistException):
        stranger.get_patch_baseline(BaselineId=own)
    states = stranger.describe_instance_patch_states(InstanceIds=[node.instance_id])
    assert states["InstancePatchStates"] == []
    assert stranger.describe_instance_information()["InstanceInformationList"] == []
    assert stranger.describe_activations()["ActivationList"] == []
    default = stranger.get_default_patch_baseline(OperatingSystem="DEBIAN")["BaselineId"]
    assert default.endswith(DEBIAN_DEFAULT.rpartition("/")[2])
    identities = stranger.describe_patch_baselines()["BaselineIdentities"]
    assert own not in {identity["BaselineId"] for identity in identities}


def test_a_node_reads_itself_with_its_own_key(account: Account) -> None:
    node, other = account.new_node(), account.new_node()
    node.submit([package("bash")])
    client = node.client("ssm")
    assert len(client.describe_instance_patches(InstanceId=node.instance_id)["Patches"]) == 1
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.describe_instance_patches(InstanceId=other.instance_id)


def test_a_report_says_whether_its_packages_are_news(account: Account) -> None:
    node = account.new_node()
    client = node.client()

    def submit(name: str, at: float) -> bool:
        content = report_bytes(report([package(name)], at=at))
        answer = client.submit_report(InstanceId=node.instance_id, Report=content)
        assert isinstance(answer["PackagesChanged"], bool)
        return answer["PackagesChanged"]

    assert submit("bash", NOW)
    assert not submit("bash", NOW + 60)
    assert submit("zsh", NOW + 120)
