"""What apt says about available versions, whichever way it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from patchwarden_agent.findings import Candidate, NotInstalled, Slot


@dataclass(frozen=True)
class AptView:
    """Candidates, and what the way of asking could not tell."""

    evidence: str
    """`python-apt`, `apt-get` or `dpkg-status`."""
    candidates: Mapping[Slot, Candidate] = field(default_factory=dict)
    not_installed: tuple[NotInstalled, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
