"""The verdicts on a report of apt: Debian, Ubuntu, Raspbian (contract 3.2, 2.7)."""

from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeAlias

from patchwarden.domain import apt
from patchwarden.domain.approval import NEVER
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Advisory, AvailableVersion, NotInstalled, Package, Report
from patchwarden.domain.os_rules import OperatingSystemRules, is_security, products_of
from patchwarden.domain.package_verdicts import (
    PackageStates,
    judge_packages,
    verdict_on_installed,
)
from patchwarden.domain.patches import PatchRecord, Verdict, joined_cve_ids
from patchwarden.domain.policy import Candidate, Policy
from patchwarden.domain.selection import UNMENTIONED, Mention
from patchwarden.domain.states import (
    STATES_WITHOUT_DETAILS,
    ComplianceLevel,
    PatchState,
    installed_state,
)


def judge_apt(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every package of `report` by `policy`."""
    return judge_packages(report, _Judge.of(report, policy, rules))


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
    states: PackageStates
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
            states=PackageStates.of(report),
        )

    def verdict(self, package: Package) -> Verdict:
        """Give the verdict on a package."""
        # With no list at hand, what is installed is all there is to judge.
        offer = package.available[0] if package.available else _as_installed(package)
        is_update = offer.version != package.version and _is_newer(package, offer)
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
            record = self._record(package, offer.version, judgement.classification, terms[0])
            if self.shows_cve_ids:
                record = record._replace(cve_ids=self._cve_ids(offer))
            state = self.states.of_update(package, offer.version)
            return Verdict(record, state, judgement.level)
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
            installed_state=installed_state(
                is_approved=level is not None,
                is_blocked=mention.as_installed_and_rejected and self.policy.blocks,
            ),
            classification="Security" if is_security_update else "",
        )
        return judgement

    def _verdict_on_installed(
        self, package: Package, priority: str, judgement: _Judgement
    ) -> Verdict:
        state = self.states.of_installed(package, judgement.installed_state)
        classification = judgement.classification
        if state in STATES_WITHOUT_DETAILS:
            classification = priority = ""
        record = self._record(package, package.version, classification, priority)
        return verdict_on_installed(package, record, state, judgement.level)

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


def _is_newer(package: Package, offer: AvailableVersion) -> bool:
    if apt.is_newer(offer.version, package.version):
        return True
    # No list offers it: all that is known is the version of the source that fixes something.
    return (
        not offer.origins
        and offer.source_version is not None
        and apt.is_newer(offer.source_version, package.source_version or package.version)
    )
