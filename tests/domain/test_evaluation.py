from collections.abc import Mapping
from dataclasses import replace

import pytest

from fakes import package, report
from patchwarden.data.load import operating_systems
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import NotInstalled, Report
from patchwarden.domain.policy import Policy
from patchwarden.domain.states import PatchState

RULES = operating_systems()["DEBIAN"]
PREDEFINED = RULES.predefined_baselines[0].content


def judge(given: Report, baseline: PatchBaseline = PREDEFINED) -> Evaluation:
    policy = Policy.of(baseline, RULES, 0.0, approved_bypass_global_filters=True)
    return evaluate(given, policy, RULES)


def test_the_newest_available_version_is_the_candidate() -> None:
    several = package(
        "a",
        "1",
        available=[{"version": "3", "origins": [1]}, {"version": "2", "origins": [0]}],
    )
    [verdict] = judge(report([several])).verdicts
    assert verdict.record.title == "a.amd64:3"


@pytest.mark.parametrize(
    "lists", [{}, {"approved_patches": ("*",)}, {"rejected_patches": ("*",)}], ids=str
)
def test_lists_of_names_have_no_say_about_packages_that_are_only_counted(
    lists: Mapping[str, tuple[str, ...]],
) -> None:
    security, main = (
        NotInstalled(priority="optional", section="libs", origins=(origin,), count=count)
        for origin, count in ((1, 5), (0, 70))
    )
    given = report()
    given = replace(given, packages=replace(given.packages, not_installed=(security, main)))
    baseline = replace(PREDEFINED, approved_patches_enable_non_security=True)
    assert judge(given, replace(baseline, **lists)).not_applicable_count == 5  # type: ignore[arg-type]


def test_judging_many_nodes_by_one_policy_mixes_nothing_up() -> None:
    policy = Policy.of(PREDEFINED, RULES, 0.0, approved_bypass_global_filters=True)
    given = report([package("a", "1", update="2", security=True)])
    turned = replace(given.packages, origins=given.packages.origins[::-1])
    first, second = (
        evaluate(one, policy, RULES) for one in (given, replace(given, packages=turned))
    )
    assert [verdict.state for verdict in (*first.verdicts, *second.verdicts)] == [
        PatchState.MISSING,
        PatchState.INSTALLED_OTHER,
    ]
