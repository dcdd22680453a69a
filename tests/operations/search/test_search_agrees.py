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
Nodes = Mapping[str, Sequence[Mapping[str, Any]]]
"""Id of a node → its patches."""


def _package(name: str, version: str | None, cve_ids: Sequence[str], *, security: bool) -> Package:
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
    yield api
    api.close()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fleets, policies, queries, kb_ids, st.integers(1, 3))
def test_a_search_finds_what_reading_every_node_does(  # noqa: PLR0913 - each is drawn by itself
    api: Api,
    fleet: Sequence[tuple[str, Sequence[Package]]],
    policies: Sequence[Mapping[str, Any]],
    query: Mapping[str, Sequence[str]],
    kb_ids: Sequence[str],
    page_size: int,
) -> None:
    groups = {}
    for group, found in fleet:
        tags = [{"Key": "Patch Group", "Value": group}] if group else []
        node = api.register_node(Tags=tags)
        groups[node] = group
        api.submit(node, report(found, at=api.clock.now))
    baseline = create(api)
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
    for policy in policies:
        api.call("UpdatePatchBaseline", BaselineId=baseline, **policy)
        wanted = {"KBId": kb_ids, **query}
        expected = {
            node: patches
            for node, group in groups.items()
            if group in wanted.get("PatchGroup", GROUPS)
            and (patches := _matching(api, node, wanted))
        }
        assert _searched(api, wanted, page_size) == expected
    for node in groups:
        api.call("DeregisterInstance", InstanceId=node)
    assert _searched(api, {"KBId": kb_ids}, page_size) == {}


def _matching(api: Api, node: str, wanted: Mapping[str, Sequence[str]]) -> list[Mapping[str, Any]]:
    """Read all patches of a node; give those that are wanted."""
    patches = api.call("DescribeInstancePatches", InstanceId=node)["Patches"]
    return [
        patch
        for patch in patches
        if patch["KBId"] in wanted["KBId"]
        and patch["State"] in wanted.get("State", OPEN_STATES)
        and (
            "CVEId" not in wanted
            or set(patch.get("CVEIds", "").split(",")).intersection(wanted["CVEId"])
        )
    ]


def _searched(
    api: Api, wanted: Mapping[str, Sequence[str]], page_size: int
) -> dict[str, list[Mapping[str, Any]]]:
    asked = [{"Key": key, "Values": list(values)} for key, values in wanted.items()]
    pages = api.pages("SearchNodes", Filters=asked, MaxResults=page_size)
    return {
        node["InstanceId"]: sorted(node["Patches"], key=lambda patch: str(patch))
        for page in pages
        for node in page["Nodes"]
    }
