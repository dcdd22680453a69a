"""What the catalog knows from vendors' feeds: advisories with their fixes, and notes on CVEs."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from patchwarden.domain.facts import Advisory

FixStatus = Literal["fixed", "unfixed", "not-affected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What an advisory says about one package of one product."""

    product: str
    """A product of ours, such as `Debian12` or `RedhatEnterpriseLinux9`; else the feed's own words,
    which are kept although no node has that product."""
    name: str
    """Of a binary or source package; of a Windows update its KB number, such as `KB5034441`."""
    version: str = ""
    """The first version that is not affected any more, in the order of the distribution; empty
    where there is none. rpm: `[epoch:]version-release`, an epoch of 0 left out. Windows: the build.
    """
    architecture: str = ""
    """Empty: of every architecture."""
    is_source: bool = False
    """Whether `name` and `version` are those of the source package."""
    module: str = ""
    """The module stream, such as `nodejs:18`."""
    status: FixStatus = "fixed"

    @property
    def key(self) -> "FixKey":
        """What an advisory has one fix for."""
        return (self.product, self.name, self.is_source, self.architecture, self.module)


FixKey: TypeAlias = tuple[str, str, bool, str, str]
"""Product, name, whether it is a source package, architecture, module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogAdvisory:
    """One advisory of one feed: which packages it fixes, and all that is said about it.

    For feeds that go by CVE the advisory is the CVE: its id is that of the CVE.
    """

    source: str
    """Whose it is, such as `debian`, `redhat`, `suse`, `ubuntu`, `amazon`, `microsoft`. An advisory
    that comes in two formats of one vendor is one advisory."""
    advisory: Advisory
    fixes: tuple[Fix, ...] = ()
    description: str = ""
    references: tuple[str, ...] = ()
    """URLs."""
    supersedes: tuple[str, ...] = ()
    """Windows: the KB numbers that it takes the place of."""
    withdrawn: bool = False
    """Whether the vendor took it back: it then fixes nothing."""

    @property
    def revised_at(self) -> float:
        """When it was last revised; 0.0 if nobody knows. The newest revision wins."""
        return revised_at(self.advisory)


def revised_at(advisory: Advisory) -> float:
    """Give when an advisory was last revised; 0.0 if nobody knows."""
    return advisory.updated_at or advisory.issued_at or 0.0


def combined(known: CatalogAdvisory, given: CatalogAdvisory) -> CatalogAdvisory:
    """Give what holds when an advisory that is known comes again, in whatever order.

    The newest revision wins. One revision may come in parts, one for each repository, and what
    Microsoft says of an update comes with the CVEs of each month: those add up.
    """
    newer, older = (given, known) if given.revised_at >= known.revised_at else (known, given)
    if newer.withdrawn:
        return replace(newer, fixes=())
    if _is_microsoft_update(newer):
        cve_ids = dict.fromkeys((*older.advisory.cve_ids, *newer.advisory.cve_ids))
        newer = replace(
            newer,
            advisory=replace(newer.advisory, cve_ids=tuple(sorted(cve_ids))),
            supersedes=tuple(sorted({*older.supersedes, *newer.supersedes})),
        )
    elif older.revised_at < newer.revised_at or older.withdrawn:
        return newer
    fixes = {fix.key: fix for fix in (*older.fixes, *newer.fixes)}
    return replace(newer, fixes=tuple(fixes.values()))


def _is_microsoft_update(advisory: CatalogAdvisory) -> bool:
    return advisory.source == "microsoft" and advisory.advisory.advisory_id.startswith("KB")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownExploitation:
    """A CVE that is known to be exploited, as in CISA's KEV catalog."""

    cve_id: str
    added_at: float
    due_at: float | None = None
    """By when CISA has US agencies patch it."""
    name: str = ""
    used_by_ransomware: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExploitPrediction:
    """How likely a CVE is to be exploited within 30 days, as EPSS scores it."""

    cve_id: str
    score: float
    """0 to 1."""
    percentile: float
    """0 to 1."""
    scored_at: float | None = None
