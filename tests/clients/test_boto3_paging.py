"""Pages of DescribeInstancePatches: joined, they are the list, whatever happens in between."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

import pytest

from accounts import Client, EnrolledNode, new_account
from fakes import package
from patchwarden.domain.facts import Package
from serving import RunningServer

INSTALLED = [f"installed-{number:03}" for number in range(150)]
INSTALLED_OTHER = [f"other-{number:03}" for number in range(40)]
MISSING = [f"missing-{number:03}" for number in range(40)]
PAGE_SIZES = range(10, 101)
MOST_PAGES = 30
"""A list that does not end must fail a test, not stop it."""

Patch = Mapping[str, Any]


def packages(version: str) -> list[Package]:
    """Give the packages of a scan; those of another version differ in all."""
    return [
        *(package(name, version, security=True) for name in INSTALLED),
        *(package(name, version, listed=False) for name in INSTALLED_OTHER),
        *(package(name, version, update=f"9-{version}", security=True) for name in MISSING),
    ]


@dataclass
class Walked:
    """A node with some 230 patches, and who reads it."""

    client: Client
    node: EnrolledNode
    scans: "cycle[list[Package]]"
    """Each differs from the one before."""
    whole: list[Patch] = field(default_factory=list)
    """The list as it is now, got with as few pages as possible."""

    def scan(self) -> None:
        self.node.submit(next(self.scans))
        self.whole = self.joined(100)

    def pages(self, page_size: int, **request: Any) -> Iterator[Any]:
        paginator = self.client.get_paginator("describe_instance_patches")
        pages = paginator.paginate(
            InstanceId=self.node.instance_id, PaginationConfig={"PageSize": page_size}, **request
        )
        return islice(pages, MOST_PAGES)

    def joined(self, page_size: int, **request: Any) -> list[Patch]:
        return [patch for page in self.pages(page_size, **request) for patch in page["Patches"]]


def titles(patches: list[Patch]) -> set[str]:
    return {patch["Title"] for patch in patches}


@pytest.fixture(scope="module")
def walked(server: RunningServer) -> Walked:
    account = new_account(server)
    scans = cycle([packages("1.0-1"), packages("1.0-2"), packages("1.0-3")])
    walked = Walked(account.client(), account.new_node(), scans)
    walked.scan()
    return walked


def test_the_list_has_every_patch_by_state_and_name(walked: Walked) -> None:
    expected = [
        *((f"{name}.amd64", "INSTALLED") for name in INSTALLED),
        *((f"{name}.amd64", "INSTALLED_OTHER") for name in INSTALLED_OTHER),
        *((f"{name}.amd64", "MISSING") for name in MISSING),
    ]
    assert [(patch["KBId"], patch["State"]) for patch in walked.whole] == expected


@pytest.mark.parametrize("page_size", PAGE_SIZES)
def test_pages_joined_are_the_list(page_size: int, walked: Walked) -> None:
    assert walked.joined(page_size) == walked.whole


@pytest.mark.parametrize("page_size", PAGE_SIZES)
def test_pages_joined_are_the_list_also_if_a_scan_arrives_in_between(
    page_size: int, walked: Walked
) -> None:
    before = walked.whole
    pages = walked.pages(page_size)
    found = list(next(pages)["Patches"])
    walked.scan()
    found += [patch for page in pages for patch in page["Patches"]]
    assert found == before
    assert titles(walked.whole).isdisjoint(titles(before))


def test_pages_joined_are_the_list_also_if_scans_arrive_all_the_time(walked: Walked) -> None:
    before, found = walked.whole, []
    for page in walked.pages(20):
        found += page["Patches"]
        walked.scan()
    assert found == before


def test_pages_of_filtered_patches_are_the_filtered_list(walked: Walked) -> None:
    filters = [{"Key": "State", "Values": ["Missing", "INSTALLED_OTHER"]}]
    wanted = {"MISSING", "INSTALLED_OTHER"}
    expected = [patch for patch in walked.whole if patch["State"] in wanted]
    for page_size in (10, 39, 40, 79, 80, 81):
        assert walked.joined(page_size, Filters=filters) == expected


def test_pages_are_full_and_the_last_has_an_empty_token(walked: Walked) -> None:
    pages = list(walked.pages(100))
    assert [len(page["Patches"]) for page in pages] == [100, 100, 30]
    assert [bool(page["NextToken"]) for page in pages] == [True, True, False]
    assert pages[-1]["NextToken"] == ""


@pytest.mark.parametrize("page_size", [10, 23, 46])
def test_the_end_of_the_list_may_be_the_end_of_a_page(page_size: int, walked: Walked) -> None:
    assert len(list(walked.pages(page_size))) == 230 // page_size


def test_every_page_has_a_token_of_its_own(walked: Walked) -> None:
    tokens = [page["NextToken"] for page in walked.pages(10)]
    assert len(set(tokens)) == len(tokens) == 23


def test_a_token_may_be_used_again_and_with_another_page_size(walked: Walked) -> None:
    first = walked.client.describe_instance_patches(
        InstanceId=walked.node.instance_id, MaxResults=10
    )
    again = [
        walked.client.describe_instance_patches(
            InstanceId=walked.node.instance_id, MaxResults=size, NextToken=first["NextToken"]
        )["Patches"]
        for size in (20, 20, 50)
    ]
    assert again[0] == again[1] == again[2][:20] == walked.whole[10:30]


def test_without_a_page_size_a_page_has_fifty(walked: Walked) -> None:
    answer = walked.client.describe_instance_patches(InstanceId=walked.node.instance_id)
    assert len(answer["Patches"]) == 50
    assert answer["NextToken"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"State": ["INSTALLED_OTHER"]}, INSTALLED_OTHER),
        ({"State": ["InstalledOther"]}, INSTALLED_OTHER),
        ({"State": ["InstalledOther", "MISSING"]}, [*INSTALLED_OTHER, *MISSING]),
        ({"State": ["Installed"], "Classification": ["Security"]}, INSTALLED),
        ({"State": ["Installed"], "KBId": ["installed-007.amd64"]}, ["installed-007"]),
        ({"KBId": ["missing-001.amd64", "other-001.amd64"]}, ["other-001", "missing-001"]),
        ({"Severity": ["optional"], "State": ["Missing"]}, MISSING),
        ({"Severity": ["Medium"]}, []),
        ({"State": ["Failed"]}, []),
        ({"State": ["Lost"]}, []),
    ],
)
def test_filters_are_anded_and_their_values_ored(
    filters: Mapping[str, list[str]], names: list[str], walked: Walked
) -> None:
    asked = [{"Key": key, "Values": values} for key, values in filters.items()]
    found = walked.joined(100, Filters=asked)
    assert [patch["KBId"] for patch in found] == [f"{name}.amd64" for name in names]


def test_counts_of_many_nodes_are_paged(server: RunningServer) -> None:
    account = new_account(server)
    client = account.client()
    nodes = [account.new_node() for _ in range(12)]
    for node in nodes:
        node.submit([package("bash")])
    ids = [node.instance_id for node in nodes]
    pages = client.get_paginator("describe_instance_patch_states").paginate(
        InstanceIds=ids, PaginationConfig={"PageSize": 10}
    )
    found = [[state["InstanceId"] for state in page["InstancePatchStates"]] for page in pages]
    assert found == [ids[:10], ids[10:]]
