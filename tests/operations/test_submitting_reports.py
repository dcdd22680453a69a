"""SubmitReport."""

import gzip
from dataclasses import replace

import pytest

from advisories import catalog_advisory, fix, learn
from driver import SCOPE, Api, Refused
from fakes import NOW, package, report, report_bytes
from patchwarden.store.database import Scope


def test_a_report_is_judged_when_it_is_accepted(api: Api) -> None:
    instance_id = api.register_node()
    receipt = api.submit(instance_id, report([package("bash")]))
    assert receipt["PackagesChanged"] is True
    assert receipt["ReportId"]
    (patch,) = api.call("DescribeInstancePatches", InstanceId=instance_id)["Patches"]
    assert patch["KBId"] == "bash.amd64"


def test_a_report_that_finds_nothing_new_says_so(api: Api) -> None:
    instance_id = api.register_node()
    first = api.submit(instance_id, report([package("bash")]))
    api.clock.advance(60)
    second = api.submit(instance_id, report([package("bash")], at=NOW + 60))
    assert second["PackagesChanged"] is False
    assert second["ReportId"] != first["ReportId"]


def test_a_report_that_tells_no_updates_says_whether_the_catalog_does(api: Api) -> None:
    instance_id = api.register_node()
    told = report([package("bash")])
    listed = replace(told, packages=replace(told.packages, knows_available=False))
    assert api.submit(instance_id, told)["UpdatesKnown"] is True
    assert api.submit(instance_id, listed)["UpdatesKnown"] is False
    learn(api.db, catalog_advisory("DSA-1-1", fix("bash", "99")))
    assert api.submit(instance_id, listed)["UpdatesKnown"] is True


def test_a_report_can_be_compressed(api: Api) -> None:
    instance_id = api.register_node()
    sent = gzip.compress(report_bytes(report([package("bash")])))
    api.call("SubmitReport", InstanceId=instance_id, Report=sent)
    assert len(api.call("DescribeInstancePatches", InstanceId=instance_id)["Patches"]) == 1


@pytest.mark.parametrize("scope", [SCOPE, Scope("999999999999", "us-east-1")])
def test_a_report_of_an_unknown_node_is_refused(api: Api, scope: Scope) -> None:
    instance_id = "mi-fffffffffffffffff" if scope == SCOPE else api.register_node()
    with pytest.raises(Refused) as refused:
        api.submit(instance_id, report(), scope=scope)
    assert refused.value.code == "InvalidInstanceId"


def test_a_report_that_cannot_be_read_is_refused_and_leaves_nothing(api: Api) -> None:
    instance_id = api.register_node()
    with pytest.raises(Refused) as refused:
        api.call("SubmitReport", InstanceId=instance_id, Report=b'{"schema": 2}')
    assert refused.value.code == "InvalidReport"
    assert api.call("DescribeInstancePatches", InstanceId=instance_id)["Patches"] == []
