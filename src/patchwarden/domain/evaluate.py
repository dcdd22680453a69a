"""The verdict: (facts, baseline, rules of the operating system, now) → a state for each patch.

Contract section 3 has the states, 2.8 their order; `domain.apt` has what is particular to apt.
"""

from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from patchwarden.domain import apt
from patchwarden.domain.approval import NEVER
from patchwarden.domain.facts import AvailableVersion, NotInstalled, Package, Report, Scan
from patchwarden.domain.os_rules import OperatingSystemRules, is_security, product_of
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.policy import Candidate, Policy
from patchwarden.domain.reboot import PackageKey, waiting_for_reboot
from patchwarden.domain.selection import UNMENTIONED, Mention
from patchwarden.domain.states import STATES_WITHOUT_DETAILS, ComplianceLevel, PatchState

_NAME_AND_ARCHITECTURE = attrgetter("name", "architecture")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The verdicts on one report, relative to one version of a baseline."""

    verdicts: tuple[Verdict, ...]
    """By state in the order of `PatchState`, then by the package's name and architecture."""
    not_applicable_count: int
    """Approved patches of packages that are not installed; on Linux they are only counted."""
    valid_until: float
    """The instant after which an approval delay has run out; infinite if none is running."""


def evaluate(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every patch of `report` by `policy`."""
    judge = _Judge.of(report, policy, rules)
    by_state: dict[PatchState, list[Verdict]] = {state: [] for state in PatchState}
    for package in sorted(report.packages.installed, key=_NAME_AND_ARCHITECTURE):
        verdict = judge.verdict(package)
        by_state[verdict.state].append(verdict)
    return Evaluation(
        verdicts=tuple(chain.from_iterable(by_state.values())),
        not_applicable_count=sum(
            group.count for group in report.packages.not_installed if judge.approves(group)
        ),
        valid_until=judge.valid_until(),
    )


_Terms: TypeAlias = tuple[str, str, tuple[int, ...], float | None, Mention]
"""Priority, section, positions of origins, release and mention by name."""


class _Judgement(NamedTuple):
    """What holds for all patches of a node that the policy cannot tell apart."""

    level: ComplianceLevel | None
    """None if nothing approves them."""
    changes_after: float
    installed_state: PatchState
    """The state of those that no approved update would replace."""
    classification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Judges the packages of one node by one policy."""

    policy: Policy
    security_origins: frozenset[int]
    """Positions of the origins whose offers are security updates."""
    names_matter: bool
    architecture: str
    product: str
    failed: frozenset[tuple[str, str, str]]
    """Name, architecture and version of what this operation could not install."""
    waiting_for_reboot: frozenset[PackageKey]
    judgements: dict[_Terms, _Judgement] = field(default_factory=dict)
    """Those made so far: the packages of a node differ in few things that matter."""

    @classmethod
    def of(cls, report: Report, policy: Policy, rules: OperatingSystemRules) -> "_Judge":
        return cls(
            policy=policy,
            security_origins=frozenset(
                position
                for position, origin in enumerate(report.packages.origins)
                if is_security(rules, [origin])
            ),
            names_matter=bool(policy.approved) or bool(policy.rejected),
            architecture=report.node.architecture,
            product=product_of(rules, report.node.platform_version) or "",
            failed=_failed(report.scan),
            waiting_for_reboot=waiting_for_reboot(report),
        )

    def verdict(self, package: Package) -> Verdict:
        """Give the verdict on a package."""
        # With no list at hand, what is installed is all there is to judge.
        offer = package.available[0] if package.available else _as_installed(package)
        is_update = offer.version != package.version and apt.is_newer(
            offer.version, package.version
        )
        terms = (
            offer.priority or package.priority or "",
            offer.section or package.section or "",
            offer.origins,
            offer.released_at,
            self._mention(package, offer.version) if self.names_matter else UNMENTIONED,
        )
        judgement = self.judgements.get(terms) or self._judge(terms)
        if is_update and judgement.level is not None:
            return self._verdict_on_update(package, offer.version, terms[0], judgement)
        return self._verdict_on_installed(package, terms[0], judgement)

    def approves(self, group: NotInstalled) -> bool:
        """Say whether the policy approves packages that are not installed.

        Their names are not known here, so that the lists of names have no say.
        """
        terms = (group.priority, group.section, group.origins, None, UNMENTIONED)
        judgement = self.judgements.get(terms) or self._judge(terms)
        return judgement.level is not None

    def valid_until(self) -> float:
        """Give the first instant after which a running delay changes a verdict."""
        return min((known.changes_after for known in self.judgements.values()), default=NEVER)

    def _mention(self, package: Package, offered: str) -> Mention:
        architecture = apt.patch_architecture(package.architecture, self.architecture)
        return apt.mention(
            self.policy.approved,
            self.policy.rejected,
            package.name,
            architecture,
            offered,
            package.version,
        )

    def _judge(self, terms: _Terms) -> _Judgement:
        priority, section, origins, released_at, mention = terms
        is_security_update = not self.security_origins.isdisjoint(origins)
        level, changes_after = self.policy.decide(
            Candidate(
                fields=apt.filter_fields(self.product, priority, section),
                is_security=is_security_update,
                released_at=released_at,
                mention=mention,
            )
        )
        judgement = self.judgements[terms] = _Judgement(
            level=level,
            changes_after=changes_after,
            installed_state=self._installed_state(level, mention),
            classification="Security" if is_security_update else "",
        )
        return judgement

    def _installed_state(self, level: ComplianceLevel | None, mention: Mention) -> PatchState:
        if level is not None:
            return PatchState.INSTALLED
        if mention.as_installed_and_rejected and self.policy.blocks:
            return PatchState.INSTALLED_REJECTED
        return PatchState.INSTALLED_OTHER

    def _verdict_on_update(
        self, package: Package, version: str, priority: str, judgement: _Judgement
    ) -> Verdict:
        has_failed = (package.name, package.architecture, version) in self.failed
        return Verdict(
            record=self._record(package, version, judgement.classification, priority),
            state=PatchState.FAILED if has_failed else PatchState.MISSING,
            compliance_level=judgement.level or ComplianceLevel.UNSPECIFIED,
            installed_at=0.0,
            installed_by=None,
        )

    def _verdict_on_installed(
        self, package: Package, priority: str, judgement: _Judgement
    ) -> Verdict:
        state, classification = judgement.installed_state, judgement.classification
        if (package.name, package.architecture) in self.waiting_for_reboot:
            state = PatchState.INSTALLED_PENDING_REBOOT
        if state in STATES_WITHOUT_DETAILS:
            classification = priority = ""
        return Verdict(
            self._record(package, package.version, classification, priority),
            state,
            judgement.level or ComplianceLevel.UNSPECIFIED,
            package.installed_at or 0.0,
            package.installed_by,
        )

    def _record(
        self, package: Package, version: str, classification: str, priority: str
    ) -> PatchRecord:
        architecture = apt.patch_architecture(package.architecture, self.architecture)
        return apt.patch_record(package.name, architecture, version, classification, priority)


def _as_installed(package: Package) -> AvailableVersion:
    return AvailableVersion(version=package.version)


def _failed(scan: Scan) -> frozenset[tuple[str, str, str]]:
    # A Scan reports as Missing what an earlier Install could not install (contract 3.1).
    return frozenset(
        (result.name, result.architecture, result.version)
        for result in scan.results
        if scan.operation == "Install" and result.outcome == "failed"
    )
