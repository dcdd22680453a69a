"""The simulated fleet: deterministic, plausible, and accepted by the real ingest."""

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from patchwarden.choices import Choices
from patchwarden.data.load import operating_systems
from patchwarden.domain.facts import Package, Report
from patchwarden.domain.os_rules import is_security
from patchwarden.domain.states import PatchState
from patchwarden.domain.versions import dpkg
from patchwarden.evaluation.engine import Engine
from patchwarden.ingest.accept import accept_report
from patchwarden.store import nodes, verdicts
from patchwarden.store.database import Scope
from patchwarden.store.sqlite import SqliteDatabase
from patchwarden.testing.simulated_fleet import SimulatedNode, encode, fleet
from patchwarden.testing.simulated_releases import RELEASES

NOW = 1_795_000_000.0
SCOPE = Scope("123456789012", "us-east-1")


@pytest.fixture(scope="module")
def some_nodes() -> list[SimulatedNode]:
    return list(fleet(60, seed=1, now=NOW))


def upgradable(report: Report) -> list[Package]:
    return [
        package
        for package in report.packages.installed
        if dpkg.compare(package.available[0].version, package.version) > 0
    ]


def test_the_same_seed_gives_the_same_fleet(some_nodes: list[SimulatedNode]) -> None:
    assert list(fleet(60, seed=1, now=NOW)) == some_nodes


def test_another_seed_gives_other_nodes(some_nodes: list[SimulatedNode]) -> None:
    others = fleet(60, seed=2, now=NOW)
    assert not {node.instance_id for node in some_nodes} & {node.instance_id for node in others}


def test_a_fleet_can_be_made_in_parts(some_nodes: list[SimulatedNode]) -> None:
    assert list(fleet(5, seed=1, now=NOW, first=20)) == some_nodes[20:25]


def test_a_later_scan_finds_the_same_packages(some_nodes: list[SimulatedNode]) -> None:
    later = fleet(60, seed=1, now=NOW + 5 * 86_400)
    for before, after in zip(some_nodes, later, strict=True):
        assert after.report.packages == before.report.packages
        assert after.report.scan.ended_at > before.report.scan.ended_at


def test_node_ids_have_the_form_of_managed_instances(some_nodes: list[SimulatedNode]) -> None:
    assert all(re.fullmatch(r"mi-[0-9a-f]{17}", node.instance_id) for node in some_nodes)


def test_every_release_appears(some_nodes: list[SimulatedNode]) -> None:
    found = {
        (node.report.node.platform_name, node.report.node.platform_version) for node in some_nodes
    }
    assert found == {(release.platform_name, release.platform_version) for release in RELEASES}


def test_the_shares_of_the_releases_add_up() -> None:
    assert sum(release.share for release in RELEASES) == 100


def test_nodes_have_the_size_of_real_ones(some_nodes: list[SimulatedNode]) -> None:
    for node in some_nodes:
        assert 800 <= len(node.report.packages.installed) <= 900
        assert 60 <= len(upgradable(node.report)) <= 150


def test_packages_are_sorted_and_each_is_there_once(some_nodes: list[SimulatedNode]) -> None:
    for node in some_nodes:
        keys = [(each.name, each.architecture) for each in node.report.packages.installed]
        assert keys == sorted(set(keys))


def test_installed_versions_are_never_newer_than_the_candidate(
    some_nodes: list[SimulatedNode],
) -> None:
    for node in some_nodes:
        for package in node.report.packages.installed:
            assert dpkg.compare(package.version, package.available[0].version) <= 0


def test_some_updates_are_for_security_and_some_are_not(some_nodes: list[SimulatedNode]) -> None:
    for system in ("DEBIAN", "UBUNTU"):
        rules = operating_systems()[system]
        kinds = Counter(
            is_security(
                rules,
                [node.report.packages.origins[place] for place in package.available[0].origins],
            )
            for node in some_nodes
            if node.report.node.operating_system == system
            for package in upgradable(node.report)
        )
        assert min(kinds[True], kinds[False]) > sum(kinds.values()) / 5


@pytest.mark.parametrize(
    "has_feature",
    [
        pytest.param(lambda report: any(p.held for p in report.packages.installed), id="held"),
        pytest.param(
            lambda report: any(p.available[0].kept_back for p in report.packages.installed),
            id="kept back",
        ),
        pytest.param(
            lambda report: any(p.available[0].phased_percentage for p in upgradable(report)),
            id="phased",
        ),
        pytest.param(lambda report: report.node.reboot.required, id="reboot required"),
        pytest.param(
            lambda report: any(p.installed_by for p in report.packages.installed),
            id="installed by somebody",
        ),
        pytest.param(lambda report: report.scan.results != (), id="failed install"),
        pytest.param(
            lambda report: any(not p.available[0].origins for p in report.packages.installed),
            id="offered by no list",
        ),
    ],
)
def test_what_can_happen_to_a_node_happens_to_some(has_feature: object) -> None:
    assert callable(has_feature)
    assert any(has_feature(node.report) for node in fleet(150, seed=1, now=NOW))


def test_nodes_of_one_role_and_system_share_most_packages(
    some_nodes: list[SimulatedNode],
) -> None:
    groups: dict[tuple[str, str], list[set[tuple[str, str]]]] = {}
    for node in some_nodes:
        key = (node.tags["Role"], node.report.node.platform_version)
        names = {(each.name, each.architecture) for each in node.report.packages.installed}
        groups.setdefault(key, []).append(names)
    pairs = [(group[0], group[1]) for group in groups.values() if len(group) > 1]
    assert pairs
    assert all(len(one & other) > 0.9 * len(one) for one, other in pairs)


def test_what_is_sent_says_the_same_as_the_report(some_nodes: list[SimulatedNode]) -> None:
    for node in some_nodes[:5]:
        sent = encode(node.report)
        assert msgspec.json.decode(sent, type=Report) == node.report
        assert b":null" not in sent


def test_the_server_takes_the_reports_and_finds_many_states(
    some_nodes: list[SimulatedNode], tmp_path: Path
) -> None:
    db = SqliteDatabase(tmp_path / "store.sqlite")
    engine = Engine(Choices())
    states: Counter[PatchState] = Counter()
    compliant = 0
    for node in some_nodes:
        with db.transaction():
            registration = nodes.Registration(
                instance_id=node.instance_id,
                activation_id="",
                name=node.name,
                iam_role="",
                tags=node.tags,
            )
            nodes.add(db, SCOPE, registration, NOW)
            accept_report(db, engine, SCOPE, node.instance_id, encode(node.report), NOW)
        state = verdicts.of_node(db, SCOPE, node.instance_id)
        assert state is not None
        assert state.verdict is not None
        summary = verdicts.summary(db, state.node_key, state.verdict.verdict_id)
        states[PatchState.INSTALLED] += summary.installed
        states[PatchState.MISSING] += summary.missing
        states[PatchState.FAILED] += summary.failed
        states[PatchState.INSTALLED_PENDING_REBOOT] += summary.installed_pending_reboot
        compliant += summary.non_compliant == 0
    db.close()
    assert all(
        states[state] > 0
        for state in (
            PatchState.INSTALLED,
            PatchState.MISSING,
            PatchState.FAILED,
            PatchState.INSTALLED_PENDING_REBOOT,
        )
    )
    assert 0 < compliant < len(some_nodes) / 2
