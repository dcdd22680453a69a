"""What every operation does, as a table: the requests that it accepts and the errors it answers.

`tests/operations/test_conformance.py` runs each case; docs/reference/compatibility.md is made out
of the same cases, so that it says nothing which has not been seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from driver import Api, Json
from fakes import NOW, package, report, report_bytes

Members: TypeAlias = dict[str, Json]
UNKNOWN_NODE = "mi-0fffffffffffffff0"
UNKNOWN_BASELINE = "pb-0fffffffffffffff0"
UNKNOWN_WINDOW = "mw-0fffffffffffffff0"
UNKNOWN_ACTIVATION = "ffffffff-ffff-4fff-8fff-ffffffffffff"
SNAPSHOT = "11111111-2222-4333-8444-555555555555"
PREDEFINED = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-09ca3fb51f0412ec3"
TOO_MANY_GROUPS = 25
TOO_MANY_BASELINES = 50
TOO_MANY_TAGS = 50
TOO_MANY_CUSTOM_INVENTORY_TYPES = 20
TOO_MANY_CUSTOM_COMPLIANCE_TYPES = 10


class World(NamedTuple):
    """An installation in which each thing that a request can name exists once."""

    api: Api
    node: str
    """It has reported, and is in the patch group `web`."""
    silent_node: str
    """It has never reported."""
    baseline: str
    """For WINDOWS, used by nothing."""
    used_baseline: str
    """For DEBIAN, registered for the patch group `web`."""
    default_baseline: str
    """For UBUNTU, the default."""
    window: str
    activation: str
    activation_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request, and what comes of it."""

    when: str
    """What is particular about the request; ends the sentence `… when`."""
    request: Callable[[World], Members]
    code: str | None = None
    """The error that answers it; None if it is accepted."""


def new_world(api: Api) -> World:
    """Make all that the cases speak of."""
    node = api.register_node(Tags=[{"Key": "Patch Group", "Value": "web"}])
    silent_node = api.register_node()
    activation = api.call("CreateActivation", IamRole="PatchNode")
    baseline = _new_baseline(api, "windows", "WINDOWS")
    used = _new_baseline(api, "debian", "DEBIAN")
    default = _new_baseline(api, "ubuntu", "UBUNTU")
    api.call("RegisterPatchBaselineForPatchGroup", BaselineId=used, PatchGroup="web")
    api.call("RegisterDefaultPatchBaseline", BaselineId=default)
    window = api.call("CreateMaintenanceWindow", **_window())["WindowId"]
    api.submit(node, report([package(f"lib{number:02}", security=True) for number in range(12)]))
    return World(
        api=api,
        node=node,
        silent_node=silent_node,
        baseline=baseline,
        used_baseline=used,
        default_baseline=default,
        window=window,
        activation=activation["ActivationId"],
        activation_code=activation["ActivationCode"],
    )


def _new_baseline(api: Api, name: str, operating_system: str = "DEBIAN") -> str:
    made = api.call("CreatePatchBaseline", Name=name, OperatingSystem=operating_system)
    return str(made["BaselineId"])


def _window(**members: Json) -> Members:
    return {
        "Name": "night",
        "Schedule": "cron(0 2 ? * SUN *)",
        "Duration": 3,
        "Cutoff": 1,
        "AllowUnassociatedTargets": True,
        **members,
    }


def accepted(when: str, **members: Json) -> Case:
    """Make a case of a request that is accepted."""
    return Case(when=when, request=_filled(members))


def refused(code: str, when: str, **members: Json) -> Case:
    """Make a case of a request that is answered with an error."""
    return Case(when=when, request=_filled(members), code=code)


def prepared(code: str | None, when: str, request: Callable[[World], Members]) -> Case:
    """Make a case that first changes something."""
    return Case(when=when, request=request, code=code)


def _filled(members: Members) -> Callable[[World], Members]:
    """Put what exists in a world where the members say `<node>`, `<baseline>`..."""

    def request(world: World) -> Members:
        filled: Members = _replaced(members, world)
        return filled

    return request


def _replaced(value: Any, world: World) -> Any:
    if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
        return getattr(world, value[1:-1])
    if isinstance(value, list):
        return [_replaced(each, world) for each in value]
    if isinstance(value, dict):
        return {name: _replaced(each, world) for name, each in value.items()}
    return value


def _used_up_activation(world: World) -> Members:
    made: Members = world.api.call("CreateActivation", IamRole="PatchNode")
    world.api.call("RegisterManagedInstance", **made)
    return made


def _reused_token(operation: str, **first: Json) -> Callable[[World], Members]:
    def request(world: World) -> Members:
        world.api.call(operation, **first, ClientToken="once")
        return {**first, "Name": "another", "ClientToken": "once"}

    return request


def _repeated(operation: str, **members: Json) -> Callable[[World], Members]:
    def request(world: World) -> Members:
        world.api.call(operation, **members, ClientToken="once")
        return {**members, "ClientToken": "once"}

    return request


def _all_baselines(world: World) -> Members:
    for number in range(TOO_MANY_BASELINES - 3):
        _new_baseline(world.api, f"baseline-{number}")
    return {"Name": "one-more"}


def _all_windows(world: World) -> Members:
    for number in range(TOO_MANY_BASELINES - 1):
        world.api.call("CreateMaintenanceWindow", **_window(Name=f"window-{number}"))
    return _window()


def _all_groups(world: World) -> Members:
    for number in range(TOO_MANY_GROUPS):
        world.api.call(
            "RegisterPatchBaselineForPatchGroup",
            BaselineId=world.baseline,
            PatchGroup=f"group-{number}",
        )
    return {"BaselineId": world.baseline, "PatchGroup": "one-more"}


def _other_baseline_of_group(world: World) -> Members:
    return {"BaselineId": _new_baseline(world.api, "other"), "PatchGroup": "web"}


def _foreign_token(**members: Json) -> Callable[[World], Members]:
    """Give a token that continues another request."""

    def request(world: World) -> Members:
        first = world.api.call("DescribeInstancePatches", InstanceId=world.node, MaxResults=10)
        return {**_filled(members)(world), "NextToken": first["NextToken"]}

    return request


def _inventory_item(type_name: str = "Custom:Rack", **members: Json) -> Members:
    return {
        "TypeName": type_name,
        "SchemaVersion": "1.0",
        "CaptureTime": "2026-11-24T10:00:00Z",
        "Content": [{"Place": "Bay A"}],
        **members,
    }


def _all_custom_inventory_types(world: World) -> Members:
    items = [
        _inventory_item(f"Custom:Type{number}") for number in range(TOO_MANY_CUSTOM_INVENTORY_TYPES)
    ]
    world.api.call("PutInventory", InstanceId=world.node, Items=items)
    return {"InstanceId": world.node, "Items": [_inventory_item("Custom:OneMore")]}


def _ec2_node(world: World) -> Members:
    node: Members = {"InstanceId": "i-0123456789abcdef0"}
    world.api.call("UpdateInstanceInformation", **node)
    return node


def _custom_type(world: World) -> Members:
    world.api.call("PutInventory", InstanceId=world.node, Items=[_inventory_item()])
    return {"TypeName": "Custom:Rack"}


def _other_deletion(world: World) -> Members:
    first = {**_custom_type(world), "ClientToken": SNAPSHOT}
    world.api.call("DeleteInventory", **first)
    return {**first, "SchemaDeleteOption": "DeleteSchema"}


def _content(size_in_4_kib: int) -> list[Members]:
    return [{"Place": "A" * 4096} for _ in range(size_in_4_kib)]


def _much_inventory(world: World) -> Members:
    for number in range(4):
        item = _inventory_item(f"Custom:Type{number}", Content=_content(1240))
        world.api.call("PutInventory", InstanceId=world.node, Items=[item])
    item = _inventory_item("Custom:OneMore", Content=_content(40))
    return {"InstanceId": world.node, "Items": [item]}


def _compliance_inventory(compliance_type: str) -> Members:
    return _inventory_item(
        "AWS:ComplianceItem",
        Content=[{"Id": "1", "Severity": "HIGH", "Status": "COMPLIANT"}],
        Context={
            "ComplianceType": compliance_type,
            "ExecutionId": "1",
            "ExecutionType": "Command",
            "ExecutionTime": "2026-11-24T10:00:00Z",
        },
    )


def _all_custom_compliance_inventory(world: World) -> Members:
    for number in range(TOO_MANY_CUSTOM_COMPLIANCE_TYPES):
        item = _compliance_inventory(f"Custom:Type{number}")
        world.api.call("PutInventory", InstanceId=world.node, Items=[item])
    return {"InstanceId": world.node, "Items": [_compliance_inventory("Custom:OneMore")]}


def _compliance(compliance_type: str = "Custom:Backup", **members: Json) -> Members:
    return {
        "ResourceId": "<node>",
        "ResourceType": "ManagedInstance",
        "ComplianceType": compliance_type,
        "ExecutionSummary": {"ExecutionTime": NOW},
        "Items": [{"Id": "1", "Severity": "HIGH", "Status": "COMPLIANT"}],
        **members,
    }


def _all_custom_compliance_types(world: World) -> Members:
    for number in range(TOO_MANY_CUSTOM_COMPLIANCE_TYPES):
        put = _filled(_compliance(f"Custom:Type{number}"))(world)
        world.api.call("PutComplianceItems", **put)
    return _filled(_compliance("Custom:OneMore"))(world)


def _large_items(number: int) -> list[Members]:
    return [
        {
            "Id": str(each),
            "Severity": "HIGH",
            "Status": "COMPLIANT",
            "Details": {"DetailedText": "A" * 4096},
        }
        for each in range(number)
    ]


def _many_items(world: World) -> Members:
    for number in range(5):
        put = _filled(_compliance(f"Custom:Type{number}", Items=_large_items(240)))(world)
        world.api.call("PutComplianceItems", **put)
    return _filled(_compliance("Custom:OneMore", Items=_large_items(240)))(world)


def _tags(number: int) -> list[Members]:
    return [{"Key": f"key-{each}", "Value": ""} for each in range(number)]


def _filter(key: str, *values: str, **members: Json) -> list[Members]:
    return [{"Key": key, "Values": list(values), **members}]


def _tagging(**members: Json) -> list[Case]:
    return [
        accepted("the node exists", ResourceType="ManagedInstance", ResourceId="<node>", **members),
        accepted(
            "the baseline exists", ResourceType="PatchBaseline", ResourceId="<baseline>", **members
        ),
        accepted(
            "the window exists", ResourceType="MaintenanceWindow", ResourceId="<window>", **members
        ),
        refused(
            "InvalidResourceType",
            "the type is one that Patchwarden does not keep",
            ResourceType="Document",
            ResourceId="mine",
            **members,
        ),
        refused(
            "InvalidResourceId",
            "no resource of the type has the id",
            ResourceType="ManagedInstance",
            ResourceId=UNKNOWN_NODE,
            **members,
        ),
    ]


def _refused_searches() -> list[Case]:
    return [
        refused("InvalidFilter", "a filter's key is unknown", Filters=_filter("Weather", "fine")),
        refused("InvalidFilter", "no filter names a patch", Filters=_filter("PatchGroup", "web")),
    ]


def _bad_token(operation_code: str, **members: Json) -> Case:
    return prepared(
        operation_code,
        "NextToken was altered or belongs to another request",
        _foreign_token(**members),
    )


_LINUX = _filter("AWS:InstanceInformation.PlatformType", "Linux")

CASES: Mapping[str, list[Case]] = {
    "CreateActivation": [
        accepted("only IamRole is given", IamRole="PatchNode"),
        refused(
            "InvalidParameters",
            "ExpirationDate is past or more than 30 days off",
            IamRole="PatchNode",
            ExpirationDate=NOW + 31 * 86_400,
        ),
    ],
    "DeleteActivation": [
        accepted("the activation exists", ActivationId="<activation>"),
        refused("InvalidActivation", "there is none with the id", ActivationId=UNKNOWN_ACTIVATION),
    ],
    "DescribeActivations": [
        accepted("nothing is given"),
        refused("InvalidFilter", "a filter has no values", Filters=[{"FilterKey": "IamRole"}]),
        _bad_token("InvalidNextToken"),
    ],
    "RegisterManagedInstance": [
        accepted(
            "the code is the activation's",
            ActivationId="<activation>",
            ActivationCode="<activation_code>",
        ),
        refused(
            "InvalidActivationId",
            "there is no activation with the id",
            ActivationId=UNKNOWN_ACTIVATION,
            ActivationCode="A" * 20,
        ),
        prepared("InvalidActivation", "the activation is used up", _used_up_activation),
    ],
    "UpdateInstanceInformation": [
        accepted("the node exists", InstanceId="<node>", AgentVersion="1.0"),
        accepted("an EC2 node is heard from for the first time", InstanceId="i-0123456789abcdef0"),
        refused("InvalidInstanceId", "there is no such node", InstanceId=UNKNOWN_NODE),
    ],
    "DeregisterManagedInstance": [
        accepted("the node exists", InstanceId="<node>"),
        refused("InvalidInstanceId", "there is no such node", InstanceId=UNKNOWN_NODE),
    ],
    "DeregisterInstance": [
        accepted("the node exists", InstanceId="<node>"),
        prepared(None, "the node is an EC2 instance", _ec2_node),
        refused("InvalidInstanceId", "there is no such node", InstanceId=UNKNOWN_NODE),
    ],
    "UpdateManagedInstanceRole": [
        accepted("the node exists", InstanceId="<node>", IamRole="Other"),
        refused(
            "InvalidInstanceId", "there is no such node", InstanceId=UNKNOWN_NODE, IamRole="Other"
        ),
    ],
    "DescribeInstanceInformation": [
        accepted("nothing is given"),
        refused("InvalidFilterKey", "a filter's key is unknown", Filters=_filter("Color", "red")),
        refused(
            "InvalidInstanceInformationFilterValue",
            "a filter has a value that its key does not take",
            Filters=_filter("PingStatus", "Asleep"),
        ),
        refused(
            "InvalidInstanceId",
            "InstanceIds has what is not the id of a node",
            Filters=_filter("InstanceIds", "web-1"),
        ),
        refused(
            "ValidationException",
            "both kinds of filters are given",
            Filters=_filter("PingStatus", "Online"),
            InstanceInformationFilterList=[{"key": "PingStatus", "valueSet": ["Online"]}],
        ),
        _bad_token("InvalidNextToken"),
    ],
    "DescribeInstanceProperties": [
        accepted("nothing is given"),
        refused(
            "InvalidInstanceId",
            "InstanceIds has what is not the id of a node",
            InstancePropertyFilterList=[{"key": "InstanceIds", "valueSet": ["web-1"]}],
        ),
        refused(
            "InvalidActivationId",
            "ActivationIds has what is not the id of an activation",
            InstancePropertyFilterList=[{"key": "ActivationIds", "valueSet": ["web-1"]}],
        ),
        refused(
            "InvalidDocument",
            "DocumentName has what cannot be a document's",
            InstancePropertyFilterList=[{"key": "DocumentName", "valueSet": ["no such!"]}],
        ),
        refused(
            "InvalidInstancePropertyFilterValue",
            "a filter has a value that its key does not take",
            InstancePropertyFilterList=[{"key": "PingStatus", "valueSet": ["Asleep"]}],
        ),
        refused(
            "InvalidFilterKey",
            "a filter's key is unknown",
            FiltersWithOperator=_filter("Color", "red", Operator="Equal"),
        ),
        _bad_token("InvalidNextToken"),
    ],
    "CreatePatchBaseline": [
        accepted("only Name is given", Name="mine"),
        prepared(None, "it is a retry", _repeated("CreatePatchBaseline", Name="mine")),
        prepared(
            "IdempotentParameterMismatch",
            "ClientToken was used for other parameters",
            _reused_token("CreatePatchBaseline", Name="mine"),
        ),
        prepared("ResourceLimitExceededException", "the account has 50 baselines", _all_baselines),
        refused(
            "ValidationException",
            "a filter's value is not one that the operating system knows",
            Name="mine",
            GlobalFilters={"PatchFilters": _filter("PRODUCT", "Windows95")},
        ),
        refused(
            "ValidationException",
            "a filter's key does not belong to the operating system",
            Name="mine",
            OperatingSystem="DEBIAN",
            GlobalFilters={"PatchFilters": _filter("MSRC_SEVERITY", "Critical")},
        ),
    ],
    "UpdatePatchBaseline": [
        accepted("the baseline exists", BaselineId="<used_baseline>", Description="new"),
        accepted("Replace comes with Name", BaselineId="<baseline>", Name="new", Replace=True),
        refused("DoesNotExistException", "no baseline has the id", BaselineId=UNKNOWN_BASELINE),
        refused(
            "ValidationException",
            "Replace comes without Name",
            BaselineId="<baseline>",
            Replace=True,
        ),
    ],
    "DeletePatchBaseline": [
        accepted("nothing uses the baseline", BaselineId="<baseline>"),
        accepted("no baseline has the id", BaselineId=UNKNOWN_BASELINE),
        refused(
            "ResourceInUseException",
            "the baseline is registered for a patch group",
            BaselineId="<used_baseline>",
        ),
        refused(
            "ResourceInUseException",
            "the baseline is the default of its operating system",
            BaselineId="<default_baseline>",
        ),
    ],
    "GetPatchBaseline": [
        accepted("the account has the baseline", BaselineId="<used_baseline>"),
        accepted("a predefined one is named by its ARN", BaselineId=PREDEFINED),
        refused("DoesNotExistException", "no baseline has the id", BaselineId=UNKNOWN_BASELINE),
        refused(
            "DoesNotExistException",
            "a predefined one is named by its bare id",
            BaselineId=PREDEFINED.rpartition("/")[2],
        ),
        refused(
            "InvalidResourceId",
            "the id has the form of no baseline",
            BaselineId="mw-0123456789abcdef0",
        ),
    ],
    "DescribePatchBaselines": [
        accepted("nothing is given"),
        refused("ValidationException", "a filter's key is unknown", Filters=_filter("A", "b")),
        _bad_token("ValidationException"),
    ],
    "RegisterDefaultPatchBaseline": [
        accepted("the baseline exists", BaselineId="<used_baseline>"),
        refused("DoesNotExistException", "no baseline has the id", BaselineId=UNKNOWN_BASELINE),
        refused(
            "InvalidResourceId",
            "the id has the form of no baseline",
            BaselineId="mw-0123456789abcdef0",
        ),
    ],
    "GetDefaultPatchBaseline": [
        accepted("nothing is given: WINDOWS"),
        accepted("an operating system is named", OperatingSystem="UBUNTU"),
    ],
    "DescribePatchProperties": [
        accepted(
            "the operating system has the property", OperatingSystem="DEBIAN", Property="PRIORITY"
        ),
        prepared(
            "ValidationException",
            "NextToken was altered or belongs to another request",
            _foreign_token(OperatingSystem="DEBIAN", Property="PRODUCT"),
        ),
    ],
    "DescribeAvailablePatches": [
        accepted("nothing is given: Windows"),
        refused(
            "ValidationException",
            "a key of Linux comes without PRODUCT",
            Filters=_filter("CVE_ID", "CVE-2026-1"),
        ),
        refused("ValidationException", "a filter's key is unknown", Filters=_filter("A", "b")),
        _bad_token("ValidationException"),
    ],
    "DescribeEffectivePatchesForPatchBaseline": [
        accepted("the baseline is for WINDOWS", BaselineId="<baseline>"),
        refused(
            "UnsupportedOperatingSystem",
            "it is for another operating system",
            BaselineId="<used_baseline>",
        ),
        refused("DoesNotExistException", "no baseline has the id", BaselineId=UNKNOWN_BASELINE),
        refused(
            "InvalidResourceId",
            "the id has the form of no baseline",
            BaselineId="mw-0123456789abcdef0",
        ),
        _bad_token("ValidationException", BaselineId="<baseline>"),
    ],
    "RegisterPatchBaselineForPatchGroup": [
        accepted(
            "the group has no baseline for the operating system",
            BaselineId="<baseline>",
            PatchGroup="web",
        ),
        accepted("it is registered already", BaselineId="<used_baseline>", PatchGroup="web"),
        prepared(
            "AlreadyExistsException",
            "the group has another baseline for the operating system",
            _other_baseline_of_group,
        ),
        refused(
            "DoesNotExistException",
            "no baseline has the id",
            BaselineId=UNKNOWN_BASELINE,
            PatchGroup="web",
        ),
        refused(
            "InvalidResourceId",
            "the id has the form of no baseline",
            BaselineId="mw-0123456789abcdef0",
            PatchGroup="web",
        ),
        prepared(
            "ResourceLimitExceededException",
            "the baseline is registered for 25 groups",
            _all_groups,
        ),
    ],
    "DeregisterPatchBaselineForPatchGroup": [
        accepted("it is registered", BaselineId="<used_baseline>", PatchGroup="web"),
        accepted("it is not registered", BaselineId=UNKNOWN_BASELINE, PatchGroup="web"),
        refused(
            "InvalidResourceId",
            "the id has the form of no baseline",
            BaselineId="mw-0123456789abcdef0",
            PatchGroup="web",
        ),
    ],
    "GetPatchBaselineForPatchGroup": [
        accepted("the group has one", PatchGroup="web", OperatingSystem="DEBIAN"),
        accepted("the group is unknown: the default", PatchGroup="none"),
    ],
    "DescribePatchGroups": [
        accepted("nothing is given"),
        refused("ValidationException", "a filter's key is unknown", Filters=_filter("A", "b")),
        _bad_token("ValidationException"),
    ],
    "DescribePatchGroupState": [
        accepted("the group has nodes", PatchGroup="web"),
        accepted("the group is unknown: zeros", PatchGroup="none"),
    ],
    "DescribeInstancePatches": [
        accepted("the node has reported", InstanceId="<node>"),
        accepted("the node has never reported: no patches", InstanceId="<silent_node>"),
        refused("InvalidInstanceId", "there is no such node", InstanceId=UNKNOWN_NODE),
        refused(
            "InvalidFilter",
            "a filter's key is unknown, or it lacks key or values",
            InstanceId="<node>",
            Filters=_filter("Title", "bash"),
        ),
        _bad_token("InvalidNextToken", InstanceId="<silent_node>"),
    ],
    "DescribeInstancePatchStates": [
        accepted("the node has reported", InstanceIds=["<node>"]),
        accepted("there is no such node: it is left out", InstanceIds=[UNKNOWN_NODE]),
        _bad_token("InvalidNextToken", InstanceIds=["<node>"]),
    ],
    "DescribeInstancePatchStatesForPatchGroup": [
        accepted("the group has nodes", PatchGroup="web"),
        accepted("the group is unknown: none", PatchGroup="none"),
        refused(
            "InvalidFilter",
            "a filter's key is no count",
            PatchGroup="web",
            Filters=_filter("Title", "1", Type="Equal"),
        ),
        refused(
            "InvalidFilter",
            "a filter's value is no number from 0 up",
            PatchGroup="web",
            Filters=_filter("MissingCount", "many", Type="Equal"),
        ),
        _bad_token("InvalidNextToken", PatchGroup="web"),
    ],
    "GetDeployablePatchSnapshotForInstance": [
        accepted("the node has reported", InstanceId="<node>", SnapshotId=SNAPSHOT),
        refused(
            "UnsupportedOperatingSystem",
            "the operating system of the node is not known",
            InstanceId="<silent_node>",
            SnapshotId=SNAPSHOT,
        ),
        refused(
            "ValidationException",
            "BaselineOverride is for another operating system",
            InstanceId="<node>",
            SnapshotId=SNAPSHOT,
            BaselineOverride={"OperatingSystem": "WINDOWS"},
        ),
    ],
    "PutInventory": [
        accepted("the node exists", InstanceId="<node>", Items=[_inventory_item()]),
        refused(
            "InvalidInstanceId",
            "there is no such node",
            InstanceId=UNKNOWN_NODE,
            Items=[_inventory_item()],
        ),
        refused(
            "InvalidTypeNameException",
            "the type is neither one of AWS's nor custom",
            InstanceId="<node>",
            Items=[_inventory_item("AWS:Weather")],
        ),
        refused(
            "ItemContentMismatchException",
            "only a hash comes, and it is not that of what is stored",
            InstanceId="<node>",
            Items=[
                {
                    "TypeName": "Custom:Rack",
                    "SchemaVersion": "1.0",
                    "CaptureTime": "2026-11-24T10:00:00Z",
                    "ContentHash": "0" * 64,
                }
            ],
        ),
        refused(
            "InvalidItemContentException",
            "an item has neither content nor a hash",
            InstanceId="<node>",
            Items=[
                {
                    "TypeName": "Custom:Rack",
                    "SchemaVersion": "1.0",
                    "CaptureTime": "2026-11-24T10:00:00Z",
                }
            ],
        ),
        refused(
            "UnsupportedInventorySchemaVersionException",
            "the type has no such version",
            InstanceId="<node>",
            Items=[_inventory_item("AWS:Application", SchemaVersion="9.0")],
        ),
        refused(
            "UnsupportedInventoryItemContextException",
            "the type takes no context",
            InstanceId="<node>",
            Items=[_inventory_item("AWS:Application", Context={"ComplianceType": "Patch"})],
        ),
        refused(
            "InvalidInventoryItemContextException",
            "the context of AWS:ComplianceItem lacks the compliance type",
            InstanceId="<node>",
            Items=[_inventory_item("AWS:ComplianceItem", Context={})],
        ),
        refused(
            "ItemSizeLimitExceededException",
            "an item has more than 5,000 KiB",
            InstanceId="<node>",
            Items=[_inventory_item(Content=_content(1250))],
        ),
        prepared(
            "TotalSizeLimitExceededException",
            "the node would have more than 20,000 KiB",
            _much_inventory,
        ),
        prepared(
            "SubTypeCountLimitExceededException",
            "the node has 10 custom compliance types",
            _all_custom_compliance_inventory,
        ),
        prepared(
            "CustomSchemaCountLimitExceededException",
            "the account has 20 custom types",
            _all_custom_inventory_types,
        ),
    ],
    "GetInventory": [
        accepted("nothing is given"),
        refused(
            "InvalidFilter",
            "a filter's key is not a type and an attribute",
            Filters=_filter("Weather", "fine"),
        ),
        refused(
            "InvalidAggregatorException",
            "an aggregator's expression is not one that can be counted",
            Aggregators=[{"Expression": "AWS:Weather.Rain"}],
        ),
        refused(
            "InvalidInventoryGroupException",
            "an aggregator has groups",
            Aggregators=[{"Groups": [{"Name": "Linux", "Filters": _LINUX}]}],
        ),
        refused(
            "InvalidResultAttributeException",
            "ResultAttributes names an unknown type",
            ResultAttributes=[{"TypeName": "AWS:Weather"}],
        ),
        _bad_token("InvalidNextToken"),
    ],
    "ListInventoryEntries": [
        accepted(
            "the node has such entries", InstanceId="<node>", TypeName="AWS:InstanceInformation"
        ),
        refused(
            "InvalidInstanceId",
            "there is no such node",
            InstanceId=UNKNOWN_NODE,
            TypeName="AWS:Application",
        ),
        refused(
            "InvalidTypeNameException",
            "the type is unknown",
            InstanceId="<node>",
            TypeName="AWS:Weather",
        ),
        refused(
            "InvalidFilter",
            "a filter's key is not an attribute of the type",
            InstanceId="<node>",
            TypeName="AWS:Application",
            Filters=_filter("AWS:Application.Weather", "fine"),
        ),
        _bad_token("InvalidNextToken", InstanceId="<node>", TypeName="AWS:Application"),
    ],
    "DeleteInventory": [
        prepared(None, "a node has sent the custom type", _custom_type),
        refused(
            "InvalidTypeNameException", "there is no custom type of the name", TypeName="Custom:No"
        ),
        prepared(
            None,
            "the type is to be disabled",
            lambda world: {**_custom_type(world), "SchemaDeleteOption": "DisableSchema"},
        ),
        prepared(
            "InvalidDeleteInventoryParametersException",
            "ClientToken was used for another deletion",
            _other_deletion,
        ),
    ],
    "DescribeInventoryDeletions": [
        accepted("nothing is given"),
        refused(
            "InvalidDeletionIdException",
            "there was no deletion with the id",
            DeletionId=UNKNOWN_ACTIVATION,
        ),
        _bad_token("InvalidNextToken"),
    ],
    "GetInventorySchema": [
        accepted("nothing is given"),
        refused("InvalidTypeNameException", "no type begins like that", TypeName="AWS:Weather"),
        _bad_token("InvalidNextToken"),
    ],
    "PutComplianceItems": [
        accepted("the node exists", **_compliance()),
        refused(
            "InvalidResourceId", "there is no such node", **_compliance(ResourceId=UNKNOWN_NODE)
        ),
        refused(
            "InvalidResourceType",
            "the resource is no managed node",
            **_compliance(ResourceType="Elsewhere"),
        ),
        refused(
            "InvalidItemContentException",
            "a Patch item has no Id",
            **_compliance("Patch", Items=[{"Severity": "HIGH", "Status": "COMPLIANT"}]),
        ),
        refused(
            "ItemSizeLimitExceededException",
            "the items have more than 1 MiB",
            **_compliance(Items=_large_items(300)),
        ),
        prepared(
            "TotalSizeLimitExceededException",
            "the node would have more than 5 MiB",
            _many_items,
        ),
        prepared(
            "ComplianceTypeCountLimitExceededException",
            "the node has 10 custom types",
            _all_custom_compliance_types,
        ),
    ],
    "ListComplianceItems": [
        accepted("the node exists", ResourceIds=["<node>"], ResourceTypes=["ManagedInstance"]),
        refused("InvalidResourceId", "there is no such node", ResourceIds=[UNKNOWN_NODE]),
        refused(
            "InvalidResourceType",
            "the resource is no managed node",
            ResourceIds=["<node>"],
            ResourceTypes=["Elsewhere"],
        ),
        refused(
            "InvalidFilter",
            "a filter's key is unknown",
            ResourceIds=["<node>"],
            Filters=_filter("Weather", "fine"),
        ),
        _bad_token("InvalidNextToken", ResourceIds=["<node>"]),
    ],
    "ListComplianceSummaries": [
        accepted("nothing is given"),
        refused("InvalidFilter", "a filter's key is unknown", Filters=_filter("Weather", "fine")),
        _bad_token("InvalidNextToken"),
    ],
    "ListResourceComplianceSummaries": [
        accepted("nothing is given"),
        refused("InvalidFilter", "a filter's key is unknown", Filters=_filter("Weather", "fine")),
        _bad_token("InvalidNextToken"),
    ],
    "AddTagsToResource": [
        *_tagging(Tags=_tags(1)),
        refused(
            "TooManyTagsError",
            "the resource would have more than 50",
            ResourceType="PatchBaseline",
            ResourceId="<baseline>",
            Tags=_tags(TOO_MANY_TAGS + 1),
        ),
    ],
    "RemoveTagsFromResource": _tagging(TagKeys=["Owner"]),
    "ListTagsForResource": _tagging(),
    "CreateMaintenanceWindow": [
        accepted("all that is required is given", **_window()),
        prepared(None, "it is a retry", _repeated("CreateMaintenanceWindow", **_window())),
        prepared(
            "IdempotentParameterMismatch",
            "ClientToken was used for other parameters",
            _reused_token("CreateMaintenanceWindow", **_window()),
        ),
        prepared("ResourceLimitExceededException", "the account has 50 windows", _all_windows),
        refused(
            "ValidationException", "Cutoff is not below Duration", **_window(Duration=1, Cutoff=1)
        ),
    ],
    "GetMaintenanceWindow": [
        accepted("the window exists", WindowId="<window>"),
        refused("DoesNotExistException", "no window has the id", WindowId=UNKNOWN_WINDOW),
    ],
    "UpdateMaintenanceWindow": [
        accepted("the window exists", WindowId="<window>", Enabled=False),
        refused("DoesNotExistException", "no window has the id", WindowId=UNKNOWN_WINDOW),
    ],
    "DeleteMaintenanceWindow": [accepted("the window exists", WindowId="<window>")],
    "DescribeMaintenanceWindows": [
        accepted("nothing is given"),
        _bad_token("ValidationException"),
    ],
    "DescribeWantedChangelogs": [
        accepted("the node exists", InstanceId="<node>"),
        refused("InvalidInstanceId", "there is no such node", InstanceId=UNKNOWN_NODE),
    ],
    "PutChangelogs": [
        accepted(
            "they are changelogs",
            InstanceId="<node>",
            Changelogs=[{"Source": "bash", "Version": "1", "Entries": []}],
        ),
        refused(
            "InvalidInstanceId",
            "there is no such node",
            InstanceId=UNKNOWN_NODE,
            Changelogs=[{"Source": "bash", "Version": "1", "Entries": []}],
        ),
    ],
    "SearchNodes": [
        accepted("a filter names a patch", Filters=_filter("KBId", "bash.amd64")),
        *_refused_searches(),
        _bad_token("InvalidNextToken", Filters=_filter("KBId", "bash.amd64")),
    ],
    "CountNodes": [
        accepted("a filter names a patch", Filters=_filter("KBId", "bash.amd64")),
        *_refused_searches(),
    ],
    "SubmitReport": [
        prepared(
            None,
            "the report is one that the agent writes",
            lambda world: {
                "InstanceId": world.silent_node,
                "Report": _report_of_silent_node(),
            },
        ),
        refused(
            "InvalidInstanceId", "there is no such node", InstanceId=UNKNOWN_NODE, Report=b"{}"
        ),
        refused("InvalidReport", "the report is none", InstanceId="<node>", Report=b"{}"),
    ],
}
"""What each operation is seen to do, by its name."""


def _report_of_silent_node() -> bytes:
    return report_bytes(report([package("bash")]))


NEVER_ANSWERED: Mapping[str, str] = {
    "InternalServerError": "only for a fault of the server",
    "TooManyUpdates": "changes wait for each other",
    "DeleteActivation: InvalidActivationId": "an id that is none breaks its pattern",
    "DescribePatchGroupState: InvalidNextToken": "the request has no token",
    "GetDeployablePatchSnapshotForInstance: UnsupportedFeatureRequiredException": (
        "nothing asks for advanced nodes"
    ),
    "DeleteInventory: InvalidOptionException": "an option that is none breaks the enumeration",
    "DeleteInventory: InvalidInventoryRequestException": "what is wrong has an error of its own",
    "GetInventory: InvalidTypeNameException": "types are named by filters and result attributes",
}
"""Declared errors that no request provokes, alone or `Operation: code`, and why."""
