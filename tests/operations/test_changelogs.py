"""DescribeWantedChangelogs and PutChangelogs: what one node fetches, all nodes know."""

from dataclasses import replace
from typing import Any

import pytest

from driver import Api, Refused
from fakes import NOW, package, report

ENTRY = {"Version": "1-9", "ReleasedDate": NOW, "CVEIds": ["CVE-2026-1000"]}
TOOL = {
    "Source": "tool",
    "Version": "1-9",
    "Package": "libtool1",
    "Architecture": "amd64",
    "PackageVersion": "1:1-9",
}


def wanted(api: Api, instance_id: str) -> list[dict[str, Any]]:
    return list(api.call("DescribeWantedChangelogs", InstanceId=instance_id)["Changelogs"])


def put(api: Api, instance_id: str, source: str, version: str, *entries: Any) -> None:
    changelog = {"Source": source, "Version": version, "Entries": entries}
    api.call("PutChangelogs", InstanceId=instance_id, Changelogs=[changelog])


def node_with_update(api: Api) -> str:
    tool = package("libtool1", "1:1-1", update="1:1-9", source="tool", source_version="1-1")
    tool = replace(tool, available=(replace(tool.available[0], source_version="1-9"),))
    instance_id = api.register_node()
    api.submit(instance_id, report([package("bash"), tool]))
    return instance_id


def test_what_is_on_offer_is_wanted_until_a_node_has_sent_it(api: Api) -> None:
    first, second = node_with_update(api), node_with_update(api)
    assert wanted(api, first) == wanted(api, second) == [TOOL]
    put(api, first, "tool", "1-9", ENTRY)
    assert wanted(api, first) == wanted(api, second) == []


def test_a_changelog_that_nobody_asked_for_is_passed_over(api: Api) -> None:
    instance_id = node_with_update(api)
    put(api, instance_id, "tool", "1-8", ENTRY)
    put(api, instance_id, "bash", "1.0-1", ENTRY)
    assert wanted(api, instance_id) == [TOOL]
    rows = api.db.one("SELECT count(*) FROM changelogs")
    assert rows == (0,)


def test_what_would_reach_a_terminal_is_refused(api: Api) -> None:
    instance_id = node_with_update(api)
    with pytest.raises(Refused, match="regular expression"):
        put(api, instance_id, "tool", "1-9", {"Version": "1\x1b[2J"})


def test_a_node_that_never_reported_wants_nothing(api: Api) -> None:
    assert wanted(api, api.register_node()) == []


def test_an_empty_changelog_is_not_asked_for_again(api: Api) -> None:
    instance_id = node_with_update(api)
    put(api, instance_id, "tool", "1-9")
    assert wanted(api, instance_id) == []
