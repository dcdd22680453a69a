"""The verdicts on a report of Windows: contract 3.1."""

from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.policy import Policy


def judge_windows(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every patch of `report` by `policy`."""
    raise NotImplementedError
