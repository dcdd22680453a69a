"""The verdict: (facts, baseline, rules of the operating system, now) → a state for each patch.

Contract section 3 has the states, 2.8 their order. What is particular to a package manager stands
in the module of its verdicts.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from typing import TypeAlias

from patchwarden.domain.apt_verdicts import judge_apt
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report
from patchwarden.domain.macos_verdicts import judge_macos
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.patches import Verdict
from patchwarden.domain.policy import Policy
from patchwarden.domain.rpm_verdicts import judge_rpm
from patchwarden.domain.states import PatchState
from patchwarden.domain.windows_verdicts import judge_windows

_Judge: TypeAlias = Callable[[Report, Policy, OperatingSystemRules], Evaluation]
_JUDGES: Mapping[str, _Judge] = {
    "apt": judge_apt,
    "dnf": judge_rpm,
    "yum": judge_rpm,
    "zypper": judge_rpm,
    "windows-update": judge_windows,
    "macos": judge_macos,
}
"""By the package manager of the report. Within a state, each gives the verdicts in their order."""


PER_PACKAGE = frozenset(
    manager for manager, judge in _JUDGES.items() if judge in {judge_apt, judge_rpm}
)
"""The package managers whose packages are judged each by itself."""


def judge_each(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge the packages of `report`; the verdicts are by name and architecture of the package.

    Its package manager must be one of `PER_PACKAGE`.
    """
    return _JUDGES[report.packages.package_manager](report, policy, rules)


def evaluate(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every patch of `report` by `policy`."""
    judged = _JUDGES[report.packages.package_manager](report, policy, rules)
    by_state: dict[PatchState, list[Verdict]] = {state: [] for state in PatchState}
    for verdict in judged.verdicts:
        by_state[verdict.state].append(verdict)
    return replace(judged, verdicts=tuple(chain.from_iterable(by_state.values())))
