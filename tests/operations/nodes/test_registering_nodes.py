"""RegisterManagedInstance: an activation code makes a machine a managed node."""

import re
from typing import Any

import pytest

from driver import ACCOUNT, SCOPE, Api, Json, Refused
from fakes import NOW
from patchwarden.store import credentials, nodes
from patchwarden.store.credentials import Holder
from patchwarden.store.database import Scope

NOWHERE = Scope("", "")
NOBODY = Holder(account_id="", role="node")


def register(api: Api, activation: dict[str, Any], **members: Json) -> Json:
    """Register as an unsigned request does: without an account."""
    return api.call(
        "RegisterManagedInstance", scope=NOWHERE, caller=NOBODY, **{**activation, **members}
    )


def activate(api: Api, **members: Json) -> dict[str, Any]:
    """Make an activation, as RegisterManagedInstance takes it."""
    made: dict[str, Any] = api.call("CreateActivation", IamRole="PatchNode", **members)
    return made


def test_a_node_gets_an_id_of_its_own_and_the_region_of_the_activation(api: Api) -> None:
    activation = activate(api, RegistrationLimit=2)
    first, second = register(api, activation), register(api, activation)
    assert re.fullmatch(r"mi-[0-9a-f]{17}", first["InstanceId"])
    assert first["InstanceId"] != second["InstanceId"]
    assert first["Region"] == "us-east-1"


def test_a_node_belongs_to_the_account_and_region_of_the_activation(api: Api) -> None:
    frankfurt = Scope("210987654321", "eu-central-1")
    instance_id = api.register_node(scope=frankfurt)
    assert nodes.find(api.db, frankfurt, instance_id) is not None
    assert nodes.find(api.db, SCOPE, instance_id) is None


def test_the_key_of_a_node_speaks_for_that_node_alone(api: Api) -> None:
    registered = register(api, activate(api))
    key = credentials.find(api.db, registered["AccessKeyId"])
    assert key is not None
    assert key.holder.role == "node"
    assert key.holder.account_id == ACCOUNT
    assert key.holder.instance_id == registered["InstanceId"]
    secret = api.installation.vault.open(key.sealed_secret, key.access_key_id)
    assert secret == registered["SecretAccessKey"]


def test_a_node_inherits_from_its_activation(api: Api) -> None:
    tags = [{"Key": "Patch Group", "Value": "prod"}]
    instance_id = api.register_node(DefaultInstanceName="web", Tags=tags)
    node = nodes.find(api.db, SCOPE, instance_id)
    assert node is not None
    assert (node.name, node.iam_role, node.tags) == ("web", "PatchNode", {"Patch Group": "prod"})
    assert (node.registered_at, node.last_ping_at) == (NOW, NOW)


def test_a_node_can_add_tags_but_not_change_those_of_the_activation(api: Api) -> None:
    activation = activate(api, Tags=[{"Key": "Patch Group", "Value": "prod"}])
    sent = [{"Key": "Patch Group", "Value": "none"}, {"Key": "Rack", "Value": "7"}]
    registered = register(api, activation, Tags=sent)
    node = nodes.find(api.db, SCOPE, registered["InstanceId"])
    assert node is not None
    assert node.tags == {"Patch Group": "prod", "Rack": "7"}


def test_a_node_chooses_no_other_patch_group_by_the_other_tag(api: Api) -> None:
    activation = activate(api, Tags=[{"Key": "PatchGroup", "Value": "prod"}])
    registered = register(api, activation, Tags=[{"Key": "Patch Group", "Value": "none"}])
    node = nodes.find(api.db, SCOPE, registered["InstanceId"])
    assert node is not None
    assert (node.tags, node.patch_group) == ({"PatchGroup": "prod"}, "prod")


def test_a_node_whose_activation_names_no_patch_group_may_name_one(api: Api) -> None:
    registered = register(api, activate(api), Tags=[{"Key": "PatchGroup", "Value": "mine"}])
    node = nodes.find(api.db, SCOPE, registered["InstanceId"])
    assert node is not None
    assert node.patch_group == "mine"


def test_a_node_has_no_more_tags_than_it_may(api: Api) -> None:
    def tags(prefix: str, count: int) -> list[Json]:
        return [{"Key": f"{prefix}{number}", "Value": ""} for number in range(count)]

    activation = activate(api, Tags=tags("a", 30))
    with pytest.raises(Refused, match="50 tags, not 51") as refused:
        register(api, activation, Tags=tags("b", 21))
    assert refused.value.code == "ValidationException"
    register(api, activation, Tags=tags("b", 20))


def test_registrations_are_counted_up_to_the_limit(api: Api) -> None:
    activation = activate(api, RegistrationLimit=2)
    register(api, activation)
    register(api, activation)
    with pytest.raises(Refused) as refused:
        register(api, activation)
    assert refused.value.code == "InvalidActivation"
    (shown,) = api.call("DescribeActivations")["ActivationList"]
    assert shown["RegistrationsCount"] == 2


def test_an_expired_activation_registers_nobody(api: Api) -> None:
    activation = activate(api)
    api.clock.advance(24 * 3600)
    with pytest.raises(Refused, match="expired") as refused:
        register(api, activation)
    assert refused.value.code == "InvalidActivation"


def test_a_wrong_code_is_refused_and_not_repeated(api: Api) -> None:
    activation = activate(api)
    wrong = "WRONGWRONGWRONGWRONGWRONG"
    with pytest.raises(Refused) as refused:
        register(api, activation, ActivationCode=wrong)
    assert refused.value.code == "InvalidActivation"
    assert wrong not in refused.value.message


def test_a_wrong_code_learns_nothing_about_the_activation(api: Api) -> None:
    activation = activate(api)
    wrong = "WRONGWRONGWRONGWRONGWRONG"
    with pytest.raises(Refused) as before:
        register(api, activation, ActivationCode=wrong)
    register(api, activation)
    api.clock.advance(24 * 3600)
    with pytest.raises(Refused) as after:
        register(api, activation, ActivationCode=wrong)
    assert before.value.message == after.value.message


def test_the_code_of_another_activation_is_refused(api: Api) -> None:
    activation, other = activate(api), activate(api)
    with pytest.raises(Refused) as refused:
        register(api, activation, ActivationCode=other["ActivationCode"])
    assert refused.value.code == "InvalidActivation"


def test_an_unknown_activation_is_refused(api: Api) -> None:
    unknown = "00000000-0000-4000-8000-00000000ffff"
    with pytest.raises(Refused) as refused:
        register(api, activate(api), ActivationId=unknown)
    assert refused.value.code == "InvalidActivationId"


def test_a_refused_registration_leaves_nothing(api: Api) -> None:
    with pytest.raises(Refused):
        register(api, activate(api), ActivationCode="WRONGWRONGWRONGWRONGWRONG")
    assert api.call("DescribeInstanceInformation")["InstanceInformationList"] == []
    assert credentials.everything(api.db) == []
