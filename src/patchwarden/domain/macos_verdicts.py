"""The verdicts on a report of macOS: contract 2.7, 3.1."""

from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.policy import Policy


def judge_macos(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every patch of `report` by `policy`."""
    raise NotImplementedError
