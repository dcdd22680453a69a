"""What comes of judging a report."""

from dataclasses import dataclass

from patchwarden.domain.patches import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The verdicts on one report, relative to one version of a baseline."""

    verdicts: tuple[Verdict, ...]
    """By state in the order of `PatchState`, then as contract 2.8 has it: by name and architecture.
    """
    not_applicable_count: int
    """Approved patches of packages that are not installed; on Linux they are only counted."""
    valid_until: float
    """The instant after which an approval delay has run out; infinite if none is running."""
