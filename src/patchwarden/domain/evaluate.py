"""The verdict: (facts, baseline, rules of the operating system, now) → a state for each patch.

Contract section 3 has the states, 2.7 the names and fields of apt's patches, 2.8 the order.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from patchwarden.domain.approval import NEVER
from patchwarden.domain.facts import AvailableVersion, NotInstalled, Package, Report
from patchwarden.domain.os_rules import OperatingSystemRules, is_security, product_of
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.policy import Candidate, Policy
from patchwarden.domain.selection import apt_name_forms
from patchwarden.domain.states import STATES_WITHOUT_DETAILS, ComplianceLevel, PatchState
from patchwarden.domain.versions import dpkg

_STATE_ORDER = {state: position for position, state in enumerate(PatchState)}
_NOT_INSTALLED = frozenset({PatchState.MISSING, PatchState.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The verdicts on one report, relative to one version of a baseline."""

    verdicts: tuple[Verdict, ...]
    """By state in the order of `PatchState`, then as the report lists the packages."""
    not_applicable_count: int
    """Approved patches of packages that are not installed; on Linux they are only counted."""
    evaluated_at: float
    valid_until: float
    """The instant after which an approval delay has run out; infinite if none is running."""

    def is_current(self, now: float) -> bool:
        """Say whether evaluating again at `now` would give the same verdicts."""
        return self.evaluated_at <= now <= self.valid_until


def evaluate(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every patch of `report` by `policy`."""
    node = _NodeView.of(report, rules)
    verdicts: list[Verdict] = []
    valid_until = NEVER
    for package in report.packages.installed:
        newest = package.available[0] if package.available else None
        candidate = node.candidate(package, newest, with_names=policy.names_matter)
        decision = policy.decide(candidate)
        valid_until = min(valid_until, decision.changes_after)
        state = _state(package, newest, node, policy, is_approved=decision.level is not None)
        verdicts.append(_verdict(package, newest, node, candidate, state, decision.level))
    verdicts.sort(key=lambda verdict: _STATE_ORDER[verdict.state])
    return Evaluation(
        verdicts=tuple(verdicts),
        not_applicable_count=sum(
            group.count
            for group in report.packages.not_installed
            if policy.decide(node.group_candidate(group)).level is not None
        ),
        evaluated_at=policy.now,
        valid_until=valid_until,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _NodeView:
    """What the rules need to know about the node as a whole."""

    architecture: str
    product: str
    is_security: Callable[[tuple[int, ...]], bool]
    failed: frozenset[tuple[str, str, str]]
    needs_reboot: Callable[[Package], bool]

    @classmethod
    def of(cls, report: Report, rules: OperatingSystemRules) -> "_NodeView":
        origins = report.packages.origins
        by_positions: dict[tuple[int, ...], bool] = {}

        def offered_as_security(positions: tuple[int, ...]) -> bool:
            known = by_positions.get(positions)
            if known is None:
                offers = [origins[position] for position in positions]
                known = by_positions[positions] = is_security(rules, offers)
            return known

        return cls(
            architecture=report.node.architecture,
            product=(product_of(rules, report.node.platform_version) or "").lower(),
            is_security=offered_as_security,
            failed=frozenset(
                (result.name, result.architecture, result.version)
                for result in report.scan.results
                if result.outcome == "failed"
            ),
            needs_reboot=_reboot_test(report),
        )

    def candidate(
        self, package: Package, newest: AvailableVersion | None, *, with_names: bool
    ) -> Candidate:
        # With no list at hand, what is installed is all there is to judge.
        offer = newest or AvailableVersion(version=package.version)
        return Candidate(
            name_forms=apt_name_forms(package.name, self.patch_architecture(package), offer.version)
            if with_names
            else (),
            fields=self._fields(
                offer.priority or package.priority or "", offer.section or package.section or ""
            ),
            is_security=self.is_security(offer.origins),
            released_at=offer.released_at,
        )

    def group_candidate(self, group: NotInstalled) -> Candidate:
        return Candidate(
            name_forms=(),
            fields=self._fields(group.priority, group.section),
            is_security=self.is_security(group.origins),
            released_at=None,
        )

    def patch_architecture(self, package: Package) -> str:
        """Give the architecture in a patch's name: the node's own for `all` (sources 1.3)."""
        return self.architecture if package.architecture == "all" else package.architecture

    def _fields(self, priority: str, section: str) -> Mapping[str, str]:
        return {
            "PRODUCT": self.product,
            "PRIORITY": priority.lower(),
            "SECTION": section.lower(),
        }


def _state(
    package: Package,
    newest: AvailableVersion | None,
    node: _NodeView,
    policy: Policy,
    *,
    is_approved: bool,
) -> PatchState:
    if is_approved and newest is not None and dpkg.compare(newest.version, package.version) > 0:
        failed = (package.name, package.architecture, newest.version) in node.failed
        return PatchState.FAILED if failed else PatchState.MISSING
    if node.needs_reboot(package):
        return PatchState.INSTALLED_PENDING_REBOOT
    if is_approved:
        return PatchState.INSTALLED
    if policy.blocks and policy.rejected.matches(
        apt_name_forms(package.name, node.patch_architecture(package), package.version)
    ):
        return PatchState.INSTALLED_REJECTED
    return PatchState.INSTALLED_OTHER


def _reboot_test(report: Report) -> Callable[[Package], bool]:
    """Tell which packages wait for a reboot.

    They are those that the node names as the reason, or that this Install operation installed
    without rebooting; in either case only if they were installed since the node booted.
    """
    node = report.node
    named: set[str] = set(node.reboot.packages) if node.reboot and node.reboot.required else set()
    if report.scan.operation == "Install" and report.scan.reboot_option == "NoReboot":
        named.update(result.name for result in report.scan.results if result.outcome == "installed")
    booted_at = -math.inf if node.booted_at is None else node.booted_at

    def needs_reboot(package: Package) -> bool:
        if package.name not in named:
            return False
        return package.installed_at is None or package.installed_at > booted_at

    return needs_reboot


def _verdict(
    package: Package,
    newest: AvailableVersion | None,
    node: _NodeView,
    candidate: Candidate,
    state: PatchState,
    level: ComplianceLevel | None,
) -> Verdict:
    is_absent = state in _NOT_INSTALLED
    version = newest.version if newest is not None and is_absent else package.version
    kb_id = f"{package.name}.{node.patch_architecture(package)}"
    has_details = state not in STATES_WITHOUT_DETAILS
    return Verdict(
        record=PatchRecord(
            title=f"{kb_id}:{version}",
            kb_id=kb_id,
            classification="Security" if has_details and candidate.is_security else "",
            severity=candidate.fields["PRIORITY"] if has_details else "",
            cve_ids="",
        ),
        state=state,
        compliance_level=level or ComplianceLevel.UNSPECIFIED,
        installed_at=0.0 if is_absent else package.installed_at or 0.0,
        installed_by=None if is_absent else package.installed_by,
    )
