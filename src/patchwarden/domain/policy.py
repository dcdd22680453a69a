"""A patch baseline made ready to decide about patches at one instant (contract 3.2)."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from patchwarden.domain.approval import ALWAYS, NEVER, approved_after
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.selection import Field, Mention, NameList, Selector
from patchwarden.domain.states import ComplianceLevel


class Candidate(NamedTuple):
    """A version of a package in the terms in which baselines speak."""

    fields: frozenset[Field]
    """What filters ask for; a field that the package lacks is absent."""
    is_security: bool
    """Whether it counts also where EnableNonSecurity is false: a security update (apt), a version
    with any advisory (dnf, yum, zypper)."""
    released_at: float | None
    mention: Mention


class Decision(NamedTuple):
    """What a baseline says about one candidate."""

    level: ComplianceLevel | None
    """The highest level among what approves it; None if nothing does."""
    changes_after: float
    """The instant after which a running delay ends and `level` is another; infinite if none is
    running."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a baseline, its filters and lists prepared, as of `now`."""

    baseline: PatchBaseline
    now: float
    global_filters: Selector
    approval_rules: tuple[tuple[ApprovalRule, Selector], ...]
    approved: NameList
    rejected: NameList
    delays_count: bool
    approved_bypass_global_filters: bool

    @classmethod
    def of(
        cls,
        baseline: PatchBaseline,
        rules: OperatingSystemRules,
        now: float,
        *,
        approved_bypass_global_filters: bool,
    ) -> "Policy":
        """Prepare `baseline` for nodes of the operating system of `rules`."""
        if rules.package_manager == "zypper":
            baseline = _without_switches(baseline)
        names = _NAMES.get(rules.package_manager, NameList.of)
        return cls(
            baseline=baseline,
            now=now,
            global_filters=Selector.of(baseline.global_filters),
            approval_rules=tuple(
                (rule, Selector.of(rule.filters)) for rule in baseline.approval_rules
            ),
            approved=names(baseline.approved_patches),
            rejected=names(baseline.rejected_patches),
            delays_count=rules.approval_delay == "honoured",
            approved_bypass_global_filters=approved_bypass_global_filters,
        )

    @property
    def blocks(self) -> bool:
        """Whether an installed package that is rejected counts as InstalledRejected."""
        return self.baseline.rejected_patches_action == "BLOCK"

    def decide(self, candidate: Candidate) -> Decision:
        """Say whether the baseline approves `candidate`. Rejected wins over approved."""
        if candidate.mention.as_rejected:
            return Decision(None, NEVER)
        passes = self.global_filters.matches(candidate.fields)
        approvals = self.approvals_by_rules(candidate) if passes else []
        if self._approves_by_name(candidate, passes_global_filters=passes):
            approvals.append((ALWAYS, self.baseline.approved_patches_compliance_level))
        if not approvals:
            return Decision(None, NEVER)
        level = max((level for after, level in approvals if after < self.now), default=None)
        changes_after = min(
            (
                after
                for after, later in approvals
                if after >= self.now and (level is None or later > level)
            ),
            default=NEVER,
        )
        return Decision(level, changes_after)

    def approvals_by_rules(self, candidate: Candidate) -> list[tuple[float, ComplianceLevel]]:
        """Give the instant after which each rule that matches approves, and its level."""
        approvals = []
        for rule, selector in self.approval_rules:
            if (candidate.is_security or rule.enable_non_security) and selector.matches(
                candidate.fields
            ):
                after = approved_after(rule, candidate.released_at) if self.delays_count else ALWAYS
                approvals.append((after, rule.compliance_level))
        return approvals

    def _approves_by_name(self, candidate: Candidate, *, passes_global_filters: bool) -> bool:
        return (
            candidate.mention.as_approved
            and (candidate.is_security or self.baseline.approved_patches_enable_non_security)
            and (
                passes_global_filters
                or (
                    self.approved_bypass_global_filters
                    and not candidate.mention.obeys_global_filters
                )
            )
        )


_NAMES: Mapping[str, Callable[[tuple[str, ...]], NameList]] = {
    "zypper": functools.partial(NameList.of, ignores_case=False),
    "macos": functools.partial(NameList.of, ignores_case=False, has_globs=False),
}
"""How package managers read lists of names, where it is not without regard to case (contract 4.7).
"""


def _without_switches(baseline: PatchBaseline) -> PatchBaseline:
    """Give a baseline whose EnableNonSecurity switches have no effect (zypper, contract 4.5).

    Rules are about patches, so that they approve what a patch brings and nothing else; a name in
    ApprovedPatches may also be that of a package.
    """
    rules = (replace(rule, enable_non_security=False) for rule in baseline.approval_rules)
    return replace(baseline, approval_rules=tuple(rules), approved_patches_enable_non_security=True)
