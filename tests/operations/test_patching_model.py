"""Baselines, groups, nodes, reports and imports in any order, against a simple model of them."""

import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from advisories import catalog_advisory, fix, learn
from driver import Api, Refused
from fakes import package, report
from stores import EmptiedDatabase, without_disk

SYSTEMS = {"DEBIAN": "12", "UBUNTU": "22.04"}
PRODUCTS = {"DEBIAN": "Debian12", "UBUNTU": "Ubuntu22.04"}
GROUPS = ["web", "db"]
PACKAGES = ["bash", "curl", "vim"]
EVERYTHING = {
    "PatchRules": [
        {
            "PatchFilterGroup": {"PatchFilters": [{"Key": "PRIORITY", "Values": ["*"]}]},
            "EnableNonSecurity": True,
        }
    ]
}
CONTENTS: dict[str, dict[str, Any]] = {
    "approves nothing": {"ApprovalRules": {"PatchRules": []}, "RejectedPatches": []},
    "approves all": {"ApprovalRules": EVERYTHING, "RejectedPatches": []},
    "approves all but bash": {
        "ApprovalRules": EVERYTHING,
        "RejectedPatches": ["bash"],
        "RejectedPatchesAction": "BLOCK",
    },
}
PREDEFINED = "approves security"
"""What AWS's own baselines for these systems do; no list here is one of security updates."""


@dataclass
class Node:
    """What the model knows of a node."""

    system: str
    group: str = ""
    updates: dict[str, bool] | None = None
    """Package → whether a newer version is available; None before the first report."""
    is_bare: bool = False
    """Whether it tells nothing but what is installed: then advisories tell what is missing."""


@dataclass
class Model:
    """All that should be so."""

    baselines: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Id → operating system and content."""
    groups: dict[tuple[str, str], str] = field(default_factory=dict)
    """Patch group and operating system → id of the baseline."""
    defaults: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    advisories: set[tuple[str, str]] = field(default_factory=set)
    """Operating systems and packages that have a fix."""

    def content_for(self, node: Node) -> str:
        """Say what the baseline of a node does."""
        baseline = self.groups.get((node.group, node.system)) or self.defaults.get(node.system)
        return self.baselines[baseline][1] if baseline else PREDEFINED

    def patches_of(self, node: Node) -> dict[str, str]:
        """Give package → state."""
        content = self.content_for(node)
        return {
            name: _state(
                content,
                name,
                has_update=has_update,
                has_advisory=node.is_bare and (node.system, name) in self.advisories,
            )
            for name, has_update in (node.updates or {}).items()
        }

    def is_used(self, baseline: str) -> bool:
        """Say whether a baseline cannot be deleted."""
        return baseline in self.groups.values() or baseline in self.defaults.values()


def _state(content: str, name: str, *, has_update: bool, has_advisory: bool) -> str:
    if content == "approves all but bash" and name == "bash":
        return "INSTALLED_REJECTED"
    if content == "approves nothing" or (content == PREDEFINED and not has_advisory):
        return "INSTALLED_OTHER"
    return "MISSING" if has_update or has_advisory else "INSTALLED"


class Patching(RuleBasedStateMachine):
    """What people and nodes do, one thing after the other."""

    baselines = Bundle("baselines")
    nodes = Bundle("nodes")

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.api = Api(Path(self.directory.name) / "data", store_url=self.empty_store())
        without_disk(self.api.db)
        self.model = Model()

    def empty_store(self) -> str | None:
        """Give the URL of a database that is empty; None for a file."""
        return None

    def teardown(self) -> None:
        self.api.close()
        self.directory.cleanup()

    @initialize(target=nodes)
    def a_first_node(self) -> str:
        return self._registered("DEBIAN", "web")

    @rule(
        target=nodes, system=st.sampled_from(sorted(SYSTEMS)), group=st.sampled_from(["", *GROUPS])
    )
    def register(self, system: str, group: str) -> str:
        return self._registered(system, group)

    def _registered(self, system: str, group: str) -> str:
        tags = [{"Key": "Patch Group", "Value": group}] if group else []
        instance_id = self.api.register_node(Tags=tags)
        self.model.nodes[instance_id] = Node(system, group)
        return instance_id

    @rule(
        instance_id=nodes,
        updates=st.dictionaries(st.sampled_from(PACKAGES), st.booleans(), min_size=1),
    )
    def report(self, instance_id: str, updates: dict[str, bool]) -> None:
        self.api.clock.advance(60)
        node = self.model.nodes[instance_id]
        packages = [
            package(name, "1.0-1", update="1.0-2" if has_update else None)
            for name, has_update in sorted(updates.items())
        ]
        about = {"operating_system": node.system, "platform_version": SYSTEMS[node.system]}
        self.api.submit(instance_id, report(packages, at=self.api.clock.now, node=about))
        node.updates, node.is_bare = updates, False

    @rule(instance_id=nodes, names=st.sets(st.sampled_from(PACKAGES), min_size=1))
    def report_a_bare_list(self, instance_id: str, names: set[str]) -> None:
        self.api.clock.advance(60)
        node = self.model.nodes[instance_id]
        about = {"operating_system": node.system, "platform_version": SYSTEMS[node.system]}
        packages = [replace(package(name, "1.0-1"), available=()) for name in sorted(names)]
        given = report(packages, at=self.api.clock.now, node=about)
        given = replace(given, packages=replace(given.packages, knows_available=False))
        self.api.submit(instance_id, given)
        node.updates, node.is_bare = dict.fromkeys(names, False), True

    @rule(
        system=st.sampled_from(sorted(SYSTEMS)),
        name=st.sampled_from(PACKAGES),
        withdrawn=st.booleans(),
    )
    def import_an_advisory(self, system: str, name: str, withdrawn: bool) -> None:
        self.api.clock.advance(60)
        now = self.api.clock.now
        fixes = fix(name, "1.0-2", PRODUCTS[system])
        advisory = catalog_advisory(f"{system}-{name}", fixes, issued_at=now, withdrawn=withdrawn)
        learn(self.api.db, advisory, now=now)
        if withdrawn:
            self.model.advisories.discard((system, name))
        else:
            self.model.advisories.add((system, name))

    @rule(instance_id=nodes, group=st.sampled_from(["", *GROUPS]))
    def move_to_group(self, instance_id: str, group: str) -> None:
        resource: dict[str, Any] = {"ResourceType": "ManagedInstance", "ResourceId": instance_id}
        if group:
            tags = [{"Key": "Patch Group", "Value": group}]
            self.api.call("AddTagsToResource", **resource, Tags=tags)
        else:
            self.api.call("RemoveTagsFromResource", **resource, TagKeys=["Patch Group"])
        self.model.nodes[instance_id].group = group

    @rule(instance_id=consumes(nodes))
    def deregister_node(self, instance_id: str) -> None:
        self.api.call("DeregisterManagedInstance", InstanceId=instance_id)
        del self.model.nodes[instance_id]

    @rule(
        target=baselines,
        system=st.sampled_from(sorted(SYSTEMS)),
        content=st.sampled_from(sorted(CONTENTS)),
    )
    def create(self, system: str, content: str) -> str:
        made = self.api.call(
            "CreatePatchBaseline", Name="mine", OperatingSystem=system, **CONTENTS[content]
        )
        self.model.baselines[made["BaselineId"]] = (system, content)
        return str(made["BaselineId"])

    @rule(baseline=baselines, content=st.sampled_from(sorted(CONTENTS)))
    def update(self, baseline: str, content: str) -> None:
        self.api.call("UpdatePatchBaseline", BaselineId=baseline, **CONTENTS[content])
        self.model.baselines[baseline] = (self.model.baselines[baseline][0], content)

    @rule(target=baselines, baseline=consumes(baselines))
    def delete(self, baseline: str) -> Any:
        if self.model.is_used(baseline):
            with pytest.raises(Refused, match="ResourceInUseException"):
                self.api.call("DeletePatchBaseline", BaselineId=baseline)
            return baseline
        self.api.call("DeletePatchBaseline", BaselineId=baseline)
        del self.model.baselines[baseline]
        return multiple()

    @rule(baseline=baselines, group=st.sampled_from(GROUPS))
    def register_for_group(self, baseline: str, group: str) -> None:
        members: dict[str, Any] = {"BaselineId": baseline, "PatchGroup": group}
        key = (group, self.model.baselines[baseline][0])
        if self.model.groups.get(key, baseline) != baseline:
            with pytest.raises(Refused, match="AlreadyExistsException"):
                self.api.call("RegisterPatchBaselineForPatchGroup", **members)
            return
        self.api.call("RegisterPatchBaselineForPatchGroup", **members)
        self.model.groups[key] = baseline

    @rule(baseline=baselines, group=st.sampled_from(GROUPS))
    def deregister_from_group(self, baseline: str, group: str) -> None:
        members: dict[str, Any] = {"BaselineId": baseline, "PatchGroup": group}
        self.api.call("DeregisterPatchBaselineForPatchGroup", **members)
        key = (group, self.model.baselines[baseline][0])
        if self.model.groups.get(key) == baseline:
            del self.model.groups[key]

    @rule(baseline=baselines)
    def make_default(self, baseline: str) -> None:
        self.api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
        self.model.defaults[self.model.baselines[baseline][0]] = baseline

    @rule(system=st.sampled_from(sorted(SYSTEMS)))
    def go_back_to_the_predefined_default(self, system: str) -> None:
        filters = [
            {"Key": "OWNER", "Values": ["AWS"]},
            {"Key": "OPERATING_SYSTEM", "Values": [system]},
        ]
        answer = self.api.call("DescribePatchBaselines", Filters=filters)
        predefined = answer["BaselineIdentities"][0]["BaselineId"]
        self.api.call("RegisterDefaultPatchBaseline", BaselineId=predefined)
        self.model.defaults.pop(system, None)

    @invariant()
    def every_node_has_the_patches_of_the_model(self) -> None:
        for instance_id, node in self.model.nodes.items():
            answer = self.api.call("DescribeInstancePatches", InstanceId=instance_id)
            found = {each["KBId"].partition(".")[0]: each["State"] for each in answer["Patches"]}
            assert found == self.model.patches_of(node)

    @invariant()
    def every_group_has_the_counts_of_the_model(self) -> None:
        for group in GROUPS:
            members = [node for node in self.model.nodes.values() if node.group == group]
            states = Counter(
                state for node in members for state in set(self.model.patches_of(node).values())
            )
            answer = self.api.call("DescribePatchGroupState", PatchGroup=group)
            assert answer["Instances"] == len(members)
            assert answer["InstancesWithMissingPatches"] == states["MISSING"]
            assert answer["InstancesWithInstalledPatches"] == states["INSTALLED"]
            assert answer["InstancesWithInstalledOtherPatches"] == states["INSTALLED_OTHER"]
            rejected = answer["InstancesWithInstalledRejectedPatches"]
            assert rejected == states["INSTALLED_REJECTED"]

    @invariant()
    def the_states_of_a_group_name_its_nodes_and_their_baseline(self) -> None:
        for group in GROUPS:
            answer = self.api.call("DescribeInstancePatchStatesForPatchGroup", PatchGroup=group)
            found = {each["InstanceId"]: each for each in answer["InstancePatchStates"]}
            reported = {
                instance_id: node
                for instance_id, node in self.model.nodes.items()
                if node.group == group and node.updates is not None
            }
            assert found.keys() == reported.keys()
            for instance_id, node in reported.items():
                assert found[instance_id]["PatchGroup"] == group
                registered = self.model.groups.get((group, node.system))
                if registered:
                    assert found[instance_id]["BaselineId"] == registered

    @invariant()
    def lists_hold_what_the_model_holds(self) -> None:
        own = [{"Key": "OWNER", "Values": ["Self"]}]
        answer = self.api.call("DescribePatchBaselines", Filters=own)
        found = {each["BaselineId"] for each in answer["BaselineIdentities"]}
        assert found == self.model.baselines.keys()
        mappings = {
            (each["PatchGroup"], each["BaselineIdentity"]["OperatingSystem"]): each[
                "BaselineIdentity"
            ]["BaselineId"]
            for each in self.api.call("DescribePatchGroups")["Mappings"]
        }
        assert mappings == self.model.groups
        listed = {
            each["InstanceId"]
            for page in self.api.pages("DescribeInstanceInformation")
            for each in page["InstanceInformationList"]
        }
        assert listed == self.model.nodes.keys()


TestPatching = Patching.TestCase
TestPatching.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


@pytest.mark.postgresql
def test_patching_in_postgresql(emptied_database: EmptiedDatabase) -> None:
    class PatchingInPostgresql(Patching):
        def empty_store(self) -> str:
            emptied_database.empty()
            return emptied_database.url

    few = settings(max_examples=15, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(PatchingInPostgresql, settings=few)
