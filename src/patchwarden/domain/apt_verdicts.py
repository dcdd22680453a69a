"""The verdicts on a report of apt: Debian, Ubuntu, Raspbian (contract 3.2, 2.7)."""

from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from patchwarden.domain import apt
from patchwarden.domain.approval import NEVER
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Advisory, AvailableVersion, NotInstalled, Package, Report
from patchwarden.domain.operation_results import failed_versions
from patchwarden.domain.os_rules import OperatingSystemRules, is_security, products_of
from patchwarden.domain.patches import PatchRecord, Verdict, joined_cve_ids
from patchwarden.domain.policy import Candidate, Policy
from patchwarden.domain.reboot import PackageKey, waiting_for_reboot
from patchwarden.domain.selection import UNMENTIONED, Mention
from patchwarden.domain.states import STATES_WITHOUT_DETAILS, ComplianceLevel, PatchState

_NAME_AND_ARCHITECTURE = attrgetter("name", "architecture")


def judge_apt(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every package of `report` by `policy`."""
    judge = _Judge.of(report, policy, rules)
    packages = sorted(report.packages.installed, key=_NAME_AND_ARCHITECTURE)
    return Evaluation(
        verdicts=tuple(map(judge.verdict, packages)),
        not_applicable_count=sum(
            group.count for group in report.packages.not_installed if judge.approves(group)
        ),
        valid_until=judge.valid_until(),
    )


_Terms: TypeAlias = tuple[str, str, tuple[int, ...], bool, float | None, Mention]
"""Priority, section, positions of origins, whether security advisories tell of it although no list
offers it, release and mention by name."""


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
    security_advisories: frozenset[int]
    """Positions of the advisories that are about security."""
    advisories: tuple[Advisory, ...]
    shows_cve_ids: bool
    names_matter: bool
    architecture: str
    products: tuple[str, ...]
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
            security_advisories=frozenset(
                position
                for position, advisory in enumerate(report.packages.advisories)
                if advisory.classification.lower() == "security"
            ),
            advisories=report.packages.advisories,
            shows_cve_ids=rules.shows_cve_ids,
            names_matter=bool(policy.approved) or bool(policy.rejected),
            architecture=report.node.architecture,
            products=products_of(rules, report.node.platform_version),
            failed=failed_versions(report.scan),
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
            not (offer.origins or self.security_advisories.isdisjoint(offer.advisories)),
            offer.released_at,
            self._mention(package, offer.version) if self.names_matter else UNMENTIONED,
        )
        judgement = self.judgements.get(terms) or self._judge(terms)
        if is_update and judgement.level is not None:
            return self._verdict_on_update(package, offer, terms[0], judgement)
        return self._verdict_on_installed(package, terms[0], judgement)

    def approves(self, group: NotInstalled) -> bool:
        """Say whether the policy approves packages that are not installed.

        Their names are not known here, so that the lists of names have no say.
        """
        terms = (group.priority, group.section, group.origins, False, None, UNMENTIONED)
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
        priority, section, origins, by_advisory, released_at, mention = terms
        is_security_update = by_advisory or not self.security_origins.isdisjoint(origins)
        level, changes_after = self.policy.decide(
            Candidate(
                fields=apt.filter_fields(self.products, priority, section),
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
        self, package: Package, offer: AvailableVersion, priority: str, judgement: _Judgement
    ) -> Verdict:
        has_failed = (package.name, package.architecture, offer.version) in self.failed
        record = self._record(package, offer.version, judgement.classification, priority)
        return Verdict(
            record=record._replace(cve_ids=self._cve_ids(offer)) if self.shows_cve_ids else record,
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

    def _cve_ids(self, offer: AvailableVersion) -> str:
        advised = (self.advisories[position].cve_ids for position in offer.advisories)
        return joined_cve_ids([*chain.from_iterable(advised), *offer.cve_ids])

    def _record(
        self, package: Package, version: str, classification: str, priority: str
    ) -> PatchRecord:
        architecture = apt.patch_architecture(package.architecture, self.architecture)
        return apt.patch_record(package.name, architecture, version, classification, priority)


def _as_installed(package: Package) -> AvailableVersion:
    return AvailableVersion(version=package.version)
