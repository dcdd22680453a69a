"""What a Windows baseline says about a patch of the catalog (contract 4.5, 5.17).

The rules of Windows baselines are applied where the catalog is, not on the nodes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, product
from typing import NamedTuple

from patchwarden.domain.approval import NEVER
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.catalog_patch import NAMING_KEYS, PATCH_ID, CatalogPatch, references, terms
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.policy import Candidate, Policy
from patchwarden.domain.selection import Field, Mention, Selector
from patchwarden.domain.states import ComplianceLevel

_PATCH_SET = "PATCH_SET"
_OPERATING_SYSTEM_ONLY = PatchFilter(key=_PATCH_SET, values=("OS",))
_UNKNOWN_RELEASE = 0.0
"""A patch whose release date is not known counts as released in 1970 (contract 4.6)."""


class DeploymentStatus(StrEnum):
    """How a baseline stands to a patch, as the service model has it."""

    APPROVED = "APPROVED"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    EXPLICIT_APPROVED = "EXPLICIT_APPROVED"
    EXPLICIT_REJECTED = "EXPLICIT_REJECTED"


APPROVED_STATUSES = frozenset({DeploymentStatus.APPROVED, DeploymentStatus.EXPLICIT_APPROVED})
"""What is to be installed now."""


class PatchStatus(NamedTuple):
    """The status of one patch in one baseline at one instant."""

    deployment_status: DeploymentStatus
    compliance_level: ComplianceLevel
    approved_at: float | None
    """When a rule approved it or will; None if a list of names decides."""


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """A Windows baseline made ready to give the status of many patches at one instant."""

    policy: Policy
    global_terms: Selector
    rule_terms: tuple[Selector, ...]

    @classmethod
    def of(
        cls, baseline: PatchBaseline, rules: OperatingSystemRules, now: float
    ) -> "EffectivePolicy":
        """Prepare `baseline`; `rules` are those of Windows.

        A rule without PATCH_SET is about the operating system alone. ApprovedPatches bypass the
        global filters, as the user guide says.
        """
        completed = replace(
            baseline, approval_rules=tuple(map(_with_patch_set, baseline.approval_rules))
        )
        return cls(
            policy=Policy.of(completed, rules, now, approved_bypass_global_filters=True),
            global_terms=_selector_of_terms(baseline.global_filters),
            rule_terms=tuple(_selector_of_terms(rule.filters) for rule in completed.approval_rules),
        )

    @property
    def names(self) -> frozenset[str]:
        """What the lists of names have, in lower case; on Windows there are no wildcards."""
        return self.policy.approved.names | self.policy.rejected.names

    @property
    def known_references(self) -> frozenset[Field]:
        """The `references` of patches that bear on a status, whatever patch has them."""
        baseline = self.policy.baseline
        rules = (rule.filters for rule in baseline.approval_rules)
        filters = chain(baseline.global_filters, *rules)
        by_filters = chain.from_iterable(each.values for each in filters if each.key == PATCH_ID)
        return frozenset(product(NAMING_KEYS, self.names)) | {
            (PATCH_ID, value.lower()) for value in by_filters
        }

    def may_match(self, fields: frozenset[Field]) -> bool:
        """Say whether a rule may match a patch with these `terms`, whatever its PATCH_ID."""
        return self.global_terms.matches(fields) and any(
            selector.matches(fields) for selector in self.rule_terms
        )

    def status(self, patch: CatalogPatch) -> PatchStatus | None:
        """Give the status of a patch; None if it is none of the baseline's."""
        candidate = self.candidate(terms(patch), references(patch), patch.released_at)
        mention = candidate.mention
        if mention.as_rejected:
            rejected = DeploymentStatus.EXPLICIT_REJECTED
            return PatchStatus(rejected, ComplianceLevel.UNSPECIFIED, None)
        level = self.policy.decide(candidate).level
        if mention.as_approved:
            approved = DeploymentStatus.EXPLICIT_APPROVED
            return PatchStatus(approved, level or ComplianceLevel.UNSPECIFIED, None)
        approvals = self._approvals(candidate)
        if not approvals:
            return None
        released_at = candidate.released_at or _UNKNOWN_RELEASE
        approved_at = max(min(after for after, _ in approvals), released_at)
        if level is not None:
            return PatchStatus(DeploymentStatus.APPROVED, level, approved_at)
        pending = DeploymentStatus.PENDING_APPROVAL
        return PatchStatus(pending, max(later for _, later in approvals), approved_at)

    def candidate(
        self, fields: frozenset[Field], given: frozenset[Field], released_at: float | None
    ) -> Candidate:
        """Put a patch into the terms of `policy`.

        `fields` are the `terms` of the patch, `given` its `references`.
        """
        names = {value for key, value in given if key in NAMING_KEYS}
        as_rejected = not self.policy.rejected.names.isdisjoint(names)
        return Candidate(
            fields=fields | {field for field in given if field[0] == PATCH_ID},
            # EnableNonSecurity means nothing on Windows (contract 4.5).
            is_security=True,
            released_at=_UNKNOWN_RELEASE if released_at is None else released_at,
            mention=Mention(
                as_approved=not self.policy.approved.names.isdisjoint(names),
                as_rejected=as_rejected,
                as_installed_and_rejected=as_rejected,
            ),
        )

    def _approvals(self, candidate: Candidate) -> list[tuple[float, ComplianceLevel]]:
        if not self.policy.global_filters.matches(candidate.fields):
            return []
        approvals = self.policy.approvals_by_rules(candidate)
        return [(after, level) for after, level in approvals if after < NEVER]


def _with_patch_set(rule: ApprovalRule) -> ApprovalRule:
    if any(each.key == _PATCH_SET for each in rule.filters):
        return rule
    return replace(rule, filters=(*rule.filters, _OPERATING_SYSTEM_ONLY))


def _selector_of_terms(filters: Iterable[PatchFilter]) -> Selector:
    return Selector.of(each for each in filters if each.key != PATCH_ID)
