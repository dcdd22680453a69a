"""What evaluations need besides the store."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from patchwarden import __version__
from patchwarden.choices import Choices
from patchwarden.data.load import operating_systems
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.policy import Policy
from patchwarden.evaluation.assignment import Assignments
from patchwarden.evaluation.knowledge import Library, Wanted
from patchwarden.evaluation.shared_packages import SharedPackages
from patchwarden.evaluation.shared_verdicts import SharedVerdicts
from patchwarden.store.package_texts import PackageTexts
from patchwarden.store.records import RecordIds


@dataclass(frozen=True)
class Engine:
    """What evaluations need besides the store: the choices in force and known record ids."""

    choices: Choices
    record_ids: RecordIds = field(default_factory=RecordIds)
    package_texts: PackageTexts = field(default_factory=PackageTexts)
    library: Library = field(default_factory=Library)
    shared_verdicts: SharedVerdicts = field(default_factory=SharedVerdicts)
    assignments: Assignments = field(default_factory=Assignments)
    checked_packages: dict[int, int] = field(default_factory=dict)
    """Texts on packages that were found to be right, by their ids: how many origins they need."""
    told_packages: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    """By account and operating system, the texts on packages that reports have told of."""

    @cached_property
    def shared_packages(self) -> SharedPackages:
        """Give the packages that nodes share."""
        return SharedPackages(self.package_texts)

    @cached_property
    def identity(self) -> str:
        """Name everything but facts and baseline that bears on a verdict."""
        choices = self.choices
        bypass = "bypass" if choices.approved_patches_bypass_global_filters else "gated"
        return f"{__version__} {choices.apt_approval_delay} {choices.cve_ids} {bypass}"

    def rules(self, operating_system: str) -> OperatingSystemRules:
        """Give the rules of an operating system, as the choices have them."""
        rules = operating_systems()[operating_system]
        if self.choices.cve_ids == "known":
            rules = replace(rules, shows_cve_ids=True)
        if rules.package_manager == "apt":
            rules = replace(rules, approval_delay=self.choices.apt_approval_delay)
        return rules

    def policy(self, operating_system: str, baseline: PatchBaseline, now: float) -> Policy:
        """Give one content of a baseline as a policy, as the choices have it."""
        bypass = self.choices.approved_patches_bypass_global_filters
        rules = self.rules(operating_system)
        return Policy.of(baseline, rules, now, approved_bypass_global_filters=bypass)

    def evaluate(self, report: Report, baseline: PatchBaseline, now: float) -> Evaluation:
        """Judge a report by one content of a baseline, as the choices have it."""
        operating_system = report.node.operating_system
        policy = self.policy(operating_system, baseline, now)
        return evaluate(report, policy, self.rules(operating_system))

    def wanted(self, operating_system: str) -> Wanted:
        """Say which knowledge bears on verdicts for an operating system."""
        rules = self.rules(operating_system)
        return Wanted(
            first_seen=rules.approval_delay == "honoured",
            changelogs=rules.package_manager == "apt" and rules.shows_cve_ids,
        )
