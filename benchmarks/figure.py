"""A measured figure, its yardstick and its goals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal


class BenchmarkError(Exception):
    """Something answered wrong while it was measured, so that its figure means nothing."""


class MissingToolError(Exception):
    """A program that a figure needs is not installed; the text says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much work goes into the figures."""

    rounds: int
    """How often the contestants take turns; figures are medians."""
    round_s: float
    """The length of a turn that is bounded by time."""
    nodes: int
    """Nodes whose reports are handed in."""
    fleet_nodes: int
    """Nodes in the store whose size is measured."""
    large_fleets: tuple[int, ...]
    """Nodes in the stores in which a question about one node is asked."""


EFFORTS = {
    "tiny": Effort(rounds=1, round_s=0.2, nodes=4, fleet_nodes=3, large_fleets=(3, 30)),
    "quick": Effort(
        rounds=7, round_s=2.0, nodes=160, fleet_nodes=2_000, large_fleets=(100, 10_000)
    ),
    "thorough": Effort(
        rounds=21, round_s=4.0, nodes=640, fleet_nodes=10_000, large_fleets=(100, 100_000)
    ),
    "full": Effort(
        rounds=7,
        round_s=4.0,
        nodes=640,
        fleet_nodes=10_000,
        large_fleets=(100, 100_000, 1_000_000),
    ),
}
"""`tiny` only shows that the benchmarks run."""


Verdict = Literal["met", "not met", "in doubt"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach."""

    what: Literal["value", "ratio"]
    """The figure itself, or the figure divided by its yardstick."""
    bound: Literal["at least", "at most"]
    limit: float
    is_later: bool = False
    """Whether it is a goal for later versions."""

    def __str__(self) -> str:
        times = " times" if self.what == "ratio" else ""
        later = " (later)" if self.is_later else ""
        return f"{self.bound} {self.limit:g}{times}{later}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the results."""

    name: str
    value: float
    unit: str
    yardstick: str = ""
    """What it is compared with; empty if with nothing."""
    yardstick_value: float | None = None
    goals: Sequence[Goal] = ()
    note: str = ""
    doubt: str = ""
    """Why the figure cannot decide about its goals; empty if it can."""

    @property
    def ratio(self) -> float | None:
        """Give the figure in terms of its yardstick."""
        return self.value / self.yardstick_value if self.yardstick_value else None

    def verdict(self, goal: Goal) -> Verdict:
        """Say whether the figure reaches `goal`."""
        if self.doubt:
            return "in doubt"
        return "met" if self._meets(goal) else "not met"

    def _meets(self, goal: Goal) -> bool:
        measured = self.value if goal.what == "value" else self.ratio
        if measured is None:
            return False
        return measured >= goal.limit if goal.bound == "at least" else measured <= goal.limit


@dataclass(frozen=True, slots=True)
class Skipped:
    """A figure that could not be measured here."""

    name: str
    reason: str


Measure = Callable[[Effort], Sequence[Figure | Skipped]]
"""What each module of figures has under the name `measure`.

Raises MissingToolError, BenchmarkError.
"""
