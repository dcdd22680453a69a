import json
from importlib import resources
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel
from botocore.session import Session

import patchwarden.protocol
from patchwarden.protocol.service_model import ErrorShape, Operation, ServiceModel, Shape

MODEL = ServiceModel.load()
SSM = BotocoreModel(Loader().load_service_model("ssm", "service-2"))
OWN_MODELS = Path(str(resources.files(patchwarden.protocol))) / "models"
DESCRIBE = MODEL.operations["AmazonSSM.DescribeInstancePatches"]


@pytest.mark.parametrize("name", SSM.operation_names)
def test_every_operation_of_botocores_model_is_there(name: str) -> None:
    operation = MODEL.operation(f"AmazonSSM.{name}")
    assert operation is not None
    assert operation.name == name
    assert operation.signing_name == "ssm"
    theirs = SSM.operation_model(name)
    ours = list(operation.input.members), list(operation.output.members)
    assert ours == (members(theirs.input_shape), members(theirs.output_shape))
    assert set(operation.errors) == {shape.error_code for shape in theirs.error_shapes}


def members(shape: Any) -> list[str]:
    return list(shape.members) if shape else []


@pytest.mark.parametrize(
    "target", ["", "AmazonSSM", "AmazonSSM.Nothing", "DescribeInstancePatches"]
)
def test_what_is_no_target_names_no_operation(target: str) -> None:
    assert MODEL.operation(target) is None


def test_the_constraints_of_describe_instance_patches() -> None:
    shape = DESCRIBE.input
    assert shape.required == ("InstanceId",)
    assert list(shape.members) == ["InstanceId", "Filters", "NextToken", "MaxResults"]
    assert shape.members["InstanceId"].pattern == r"(^i-(\w{8}|\w{17})$)|(^mi-\w{17}$)"
    assert limits(shape.members["MaxResults"]) == ("integer", 10, 100)
    filters = shape.members["Filters"]
    assert limits(filters) == ("list", 0, 5)
    one = filters.members["member"]
    assert limits(one.members["Key"]) == ("string", 1, 128)
    assert limits(one.members["Values"]) == ("list", None, None)
    assert limits(one.members["Values"].members["member"]) == ("string", 1, 256)


def limits(shape: Shape) -> tuple[str, float | None, float | None]:
    return shape.kind, shape.minimum, shape.maximum


def test_the_errors_of_describe_instance_patches() -> None:
    assert DESCRIBE.errors == {
        "InternalServerError": ErrorShape(
            code="InternalServerError", message_member="Message", http_status=500
        ),
        "InvalidInstanceId": ErrorShape(
            code="InvalidInstanceId", message_member="Message", http_status=400
        ),
        "InvalidFilter": ErrorShape(
            code="InvalidFilter", message_member="Message", http_status=400
        ),
        "InvalidNextToken": ErrorShape(
            code="InvalidNextToken", message_member="Message", http_status=400
        ),
    }


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("AddTagsToResource", "InvalidResourceId"),
        ("AddTagsToResource", "InvalidResourceType"),
        ("AddTagsToResource", "TooManyTagsError"),
        ("GetCommandInvocation", "InvocationDoesNotExist"),
        ("SendCommand", "DuplicateInstanceId"),
    ],
)
def test_some_errors_carry_no_message(operation: str, code: str) -> None:
    error = MODEL.operations[f"AmazonSSM.{operation}"].errors[code]
    assert error.message_member is None


def test_enums_and_sensitive_shapes_are_marked() -> None:
    shape = MODEL.operations["AmazonSSM.CreatePatchBaseline"].input
    assert shape.members["OperatingSystem"].enum[:2] == ("WINDOWS", "AMAZON_LINUX")
    source = shape.members["Sources"].members["member"]
    assert source.members["Configuration"].is_sensitive
    assert not source.members["Name"].is_sensitive


def test_idempotency_tokens_are_known() -> None:
    assert MODEL.operations["AmazonSSM.CreatePatchBaseline"].idempotency_token == "ClientToken"
    assert DESCRIBE.idempotency_token is None


def test_an_operation_without_input_or_output_has_empty_structures() -> None:
    operation = MODEL.operations["AmazonSSM.DeletePatchBaseline"]
    assert operation.output.kind == "structure"
    empty = [each for each in MODEL.operations.values() if each.output.name == "Unit"]
    assert all(each.output.members == {} for each in empty)


def test_shapes_may_refer_to_themselves() -> None:
    aggregators = MODEL.operations["AmazonSSM.GetInventory"].input.members["Aggregators"]
    aggregator = aggregators.members["member"]
    assert aggregator.members["Aggregators"] is aggregators


# Our own models


def own_operations() -> list[Operation]:
    theirs = {f"AmazonSSM.{name}" for name in SSM.operation_names}
    return [each for target, each in MODEL.operations.items() if target not in theirs]


def own_models() -> list[Path]:
    return sorted(OWN_MODELS.glob("*/*/service-2.json"))


def test_our_own_operations_are_beside_botocores() -> None:
    targets = {each.target for each in own_operations()}
    assert targets >= {"Patchwarden.SubmitReport", "AmazonSSM.RegisterManagedInstance"}


def test_only_a_registration_is_not_signed() -> None:
    unsigned = [each.name for each in MODEL.operations.values() if not each.is_signed]
    assert unsigned == ["RegisterManagedInstance"]


def test_all_our_operations_are_signed_for_the_same_service() -> None:
    assert {each.signing_name for each in MODEL.operations.values()} == {"ssm"}


@pytest.mark.parametrize("path", own_models(), ids=lambda path: path.parent.parent.name)
def test_botocore_reads_our_models_as_we_do(path: Path) -> None:
    model = BotocoreModel(json.loads(path.read_text()), path.parent.parent.name)
    prefix = model.metadata["targetPrefix"]
    for name in model.operation_names:
        theirs, ours = model.operation_model(name), MODEL.operations[f"{prefix}.{name}"]
        assert list(ours.input.members) == members(theirs.input_shape)
        assert list(ours.output.members) == members(theirs.output_shape)
        assert set(ours.errors) == {shape.error_code for shape in theirs.error_shapes}
        assert ours.is_signed == (theirs.auth_type != "none")


@pytest.mark.parametrize("path", own_models(), ids=lambda path: path.parent.parent.name)
def test_our_models_are_documented(path: Path) -> None:
    model = json.loads(path.read_text())
    assert model["documentation"]
    for name, operation in model["operations"].items():
        assert operation["documentation"], name
        shapes = (model["shapes"][operation[part]["shape"]] for part in ("input", "output"))
        for shape in shapes:
            for member, reference in shape["members"].items():
                assert reference.get("documentation"), (name, member)


def client(service: str) -> Any:
    core = Session()
    core.set_config_variable("data_path", str(OWN_MODELS))
    return boto3.Session(botocore_session=core).client(
        service,
        endpoint_url="http://127.0.0.1:9",
        region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
    )


@pytest.mark.parametrize("path", own_models(), ids=lambda path: path.parent.parent.name)
def test_boto3_makes_a_client_of_each_of_our_models(path: Path) -> None:
    made = client(path.parent.parent.name)
    served = {made.meta.method_to_api_mapping[name] for name in made.meta.method_to_api_mapping}
    assert served == set(json.loads(path.read_text())["operations"])


def test_a_boto3_client_sends_our_operations_where_they_are_expected() -> None:
    sent = []
    made = client("patchwarden")

    def keep(request: Any, **_: object) -> Any:
        sent.append(request)
        raise KeyboardInterrupt

    made.meta.events.register("before-send.patchwarden.*", keep)
    with pytest.raises(KeyboardInterrupt):
        made.submit_report(InstanceId="mi-0123456789abcdef0", Report=b"{}")
    (request,) = sent
    assert request.headers["X-Amz-Target"] == b"Patchwarden.SubmitReport"
    assert request.headers["Content-Type"] == b"application/x-amz-json-1.1"
    assert b"/us-east-1/ssm/aws4_request" in request.headers["Authorization"]
    assert json.loads(request.body) == {"InstanceId": "mi-0123456789abcdef0", "Report": "e30="}
