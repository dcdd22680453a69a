"""SearchNodes answers what reading the patches of every node, one by one, would answer."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baseline_requests import create
from driver import Api
from fakes import package, report
from patchwarden.choices import Choices
from patchwarden.domain.facts import AvailableVersion, Package
from patchwarden.domain.states import STATES_WITH_CVES
from patchwarden.store.open_patches import OPEN_STATES

NAMES = ("bash", "openssl", "telnet")
CVES = ("CVE-2026-1001", "CVE-2026-1002")
GROUPS = ("", "db", "web")
Patches = list[tuple[str, str]]
"""Titles and states, by title."""


def _package(
    name: str, version: str | None, cve_ids: tuple[str, ...], *, security: bool
) -> Package:
    offer = AvailableVersion(version=version or "1.0-1", origins=(int(security),), cve_ids=cve_ids)
    return package(name, available=[offer])


packages = st.lists(
    st.builds(
        _package,
        st.sampled_from(NAMES),
        st.sampled_from([None, "2.0-1", "3.0-1"]),
        st.sampled_from([(), CVES[:1], CVES[1:], CVES]),
        security=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda package: package.name,
)
fleets = st.lists(st.tuples(st.sampled_from(GROUPS), packages), min_size=1, max_size=6)
policies = st.lists(
    st.fixed_dictionaries(
        {
            "ApprovedPatches": st.sampled_from([[], ["bash*"], ["openssl*", "telnet*"]]),
            "RejectedPatches": st.sampled_from([[], ["telnet"], ["bash"]]),
            "RejectedPatchesAction": st.sampled_from(["BLOCK", "ALLOW_AS_DEPENDENCY"]),
        }
    ),
    min_size=1,
    max_size=2,
)
queries = st.fixed_dictionaries(
    {},
    optional={
        "CVEId": st.lists(st.sampled_from(CVES), min_size=1, unique=True),
        "State": st.lists(st.sampled_from(sorted(OPEN_STATES)), min_size=1, unique=True),
        "PatchGroup": st.lists(st.sampled_from(GROUPS[1:]), min_size=1, unique=True),
    },
)
kb_ids = st.lists(st.sampled_from([f"{name}.amd64" for name in NAMES]), min_size=1, unique=True)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    directory = Path(tmp_path_factory.mktemp("search")) / "data"
    api = Api(directory, Choices(cve_ids="known"))
    api.db.execute("PRAGMA synchronous = OFF")
    api.call("RegisterDefaultPatchBaseline", BaselineId=create(api))
    yield api
    api.close()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fleets, policies, queries, kb_ids, st.integers(1, 3))
def test_a_search_finds_what_reading_every_node_does(
    api: Api,
    fleet: Sequence[tuple[str, Sequence[Package]]],
    policies: Sequence[Mapping[str, Any]],
    query: Mapping[str, Sequence[str]],
    kb_ids: Sequence[str],
    page_size: int,
) -> None:
    groups = {}
    for group, installed in fleet:
        tags = [{"Key": "Patch Group", "Value": group}] if group else []
        node = api.register_node(Tags=tags)
        groups[node] = group
        api.submit(node, report(installed, at=api.clock.now))
    baseline = api.call("GetDefaultPatchBaseline", OperatingSystem="DEBIAN")["BaselineId"]
    for policy in policies:
        api.call("UpdatePatchBaseline", BaselineId=baseline, **policy)
        wanted = {"KBId": kb_ids, **query}
        if "CVEId" in wanted:
            # DescribeInstancePatches shows CVEs in these states alone (contract 2.6).
            wanted["State"] = sorted(STATES_WITH_CVES)
        found = _searched(api, wanted, page_size)
        assert found == {
            node: patches
            for node, group in groups.items()
            if group in wanted.get("PatchGroup", GROUPS)
            and (patches := _matching(api, node, wanted))
        }
    for node in groups:
        api.call("DeregisterInstance", InstanceId=node)
    assert _searched(api, {"KBId": kb_ids}, page_size) == {}


def _matching(api: Api, node: str, wanted: Mapping[str, Sequence[str]]) -> Patches:
    """Read all patches of a node; give those that are wanted."""
    return sorted(
        (patch["Title"], patch["State"])
        for patch in api.call("DescribeInstancePatches", InstanceId=node)["Patches"]
        if patch["KBId"] in wanted["KBId"]
        and patch["State"] in wanted.get("State", OPEN_STATES)
        and (
            "CVEId" not in wanted
            or set(patch.get("CVEIds", "").split(",")).intersection(wanted["CVEId"])
        )
    )


def _searched(api: Api, wanted: Mapping[str, Sequence[str]], page_size: int) -> dict[str, Patches]:
    asked = [{"Key": key, "Values": list(values)} for key, values in wanted.items()]
    return {
        node["InstanceId"]: sorted((patch["Title"], patch["State"]) for patch in node["Patches"])
        for page in api.pages("SearchNodes", Filters=asked, MaxResults=page_size)
        for node in page["Nodes"]
    }
