"""A patch baseline made ready to decide about patches at one instant (contract 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from patchwarden.domain.approval import ALWAYS, NEVER, approved_after
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.selection import NameList, Selector
from patchwarden.domain.states import ComplianceLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version of a package in the terms in which baselines speak."""

    name_forms: tuple[str, ...]
    """The forms by which a list may name it; empty where names do not matter."""
    fields: Mapping[str, str]
    """Filter key to value in lower case; a field that the package lacks is absent."""
    is_security: bool
    released_at: float | None


class Decision(NamedTuple):
    """What a baseline says about one candidate."""

    level: ComplianceLevel | None
    """The highest level among what approves it; None if nothing does."""
    changes_after: float
    """The instant after which a running delay ends and the decision must be made anew."""


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
    _by_fields: dict[tuple[object, ...], Decision] = field(default_factory=dict, repr=False)

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
        return cls(
            baseline=baseline,
            now=now,
            global_filters=Selector.of(baseline.global_filters),
            approval_rules=tuple(
                (rule, Selector.of(rule.filters)) for rule in baseline.approval_rules
            ),
            approved=NameList.of(baseline.approved_patches),
            rejected=NameList.of(baseline.rejected_patches),
            delays_count=rules.approval_delay == "honoured",
            approved_bypass_global_filters=approved_bypass_global_filters,
        )

    @property
    def names_matter(self) -> bool:
        """Whether a decision may depend on a candidate's name."""
        return bool(self.approved) or bool(self.rejected)

    @property
    def blocks(self) -> bool:
        """Whether an installed package that is rejected counts as InstalledRejected."""
        return self.baseline.rejected_patches_action == "BLOCK" and bool(self.rejected)

    def decide(self, candidate: Candidate) -> Decision:
        """Say whether the baseline approves `candidate`. Rejected wins over approved."""
        if self.rejected and self.rejected.matches(candidate.name_forms):
            return Decision(None, NEVER)
        by_rules = self._decide_by_rules(candidate)
        if not self._is_listed_as_approved(candidate):
            return by_rules
        listed = self.baseline.approved_patches_compliance_level
        level = listed if by_rules.level is None else max(listed, by_rules.level)
        return Decision(level, by_rules.changes_after)

    def _is_listed_as_approved(self, candidate: Candidate) -> bool:
        return (
            bool(self.approved)
            and (candidate.is_security or self.baseline.approved_patches_enable_non_security)
            and (
                self.approved_bypass_global_filters or self.global_filters.matches(candidate.fields)
            )
            and self.approved.matches(candidate.name_forms)
        )

    def _decide_by_rules(self, candidate: Candidate) -> Decision:
        # A node has hundreds of packages and a handful of distinct combinations of fields.
        key = (*candidate.fields.values(), candidate.is_security, candidate.released_at)
        known = self._by_fields.get(key)
        if known is None:
            known = self._by_fields[key] = self._ask_rules(candidate)
        return known

    def _ask_rules(self, candidate: Candidate) -> Decision:
        level: ComplianceLevel | None = None
        changes_after = NEVER
        if not self.global_filters.matches(candidate.fields):
            return Decision(level, changes_after)
        for rule, selector in self.approval_rules:
            if not (candidate.is_security or rule.enable_non_security):
                continue
            if not selector.matches(candidate.fields):
                continue
            after = approved_after(rule, candidate.released_at) if self.delays_count else ALWAYS
            if after < self.now:
                level = (
                    rule.compliance_level if level is None else max(level, rule.compliance_level)
                )
            else:
                changes_after = min(changes_after, after)
        return Decision(level, changes_after)
