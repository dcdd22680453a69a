"""Searches through the fleet by `boto3.client("patchwarden")`."""

import pytest
from botocore.exceptions import ClientError

from accounts import Account
from fakes import package, report, report_bytes


def test_the_paginator_finds_every_node_once(account: Account) -> None:
    nodes = [account.new_node() for _ in range(5)]
    sent = report_bytes(report([package("openssl", update="2.0-1", security=True)]))
    for node in nodes:
        node.client().submit_report(InstanceId=node.instance_id, Report=sent)
    pages = (
        account.client("patchwarden")
        .get_paginator("search_nodes")
        .paginate(
            Filters=[{"Key": "KBId", "Values": ["openssl.amd64"]}], PaginationConfig={"PageSize": 2}
        )
    )
    found = [node["InstanceId"] for page in pages for node in page["Nodes"]]
    assert sorted(found) == sorted(node.instance_id for node in nodes)


def test_a_node_may_not_search(account: Account) -> None:
    client = account.new_node().client()
    with pytest.raises(ClientError, match="AccessDenied"):
        client.search_nodes(Filters=[{"Key": "KBId", "Values": ["openssl.amd64"]}])


def test_filters_that_name_no_patch_have_an_exception_of_their_own(account: Account) -> None:
    client = account.client("patchwarden")
    with pytest.raises(client.exceptions.InvalidFilter):
        client.count_nodes(Filters=[])
