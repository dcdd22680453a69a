"""Which updates on offer give way to later ones: by the definition, and however many there are."""

import time
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.facts import WindowsUpdate
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.domain.windows_supersedence import Judged, without_superseded

MANY = 20_000
SECONDS_AT_MOST = 10
"""It takes less than one; what grows with the square takes minutes."""


def judged(
    number: int,
    supersedes: Sequence[int],
    *,
    is_approved: bool = True,
    state: PatchState = PatchState.MISSING,
) -> Judged:
    update = WindowsUpdate(
        presence="available",
        kb_id=f"KB{number}",
        supersedes=tuple(f"kb{each}" for each in supersedes),
        cve_ids=(f"CVE-2026-{number:04}",),
    )
    return Judged(update, state, ComplianceLevel.CRITICAL if is_approved else None)


UPDATES = st.lists(
    st.tuples(
        st.lists(st.integers(0, 7), max_size=3),
        st.booleans(),
        st.sampled_from((PatchState.MISSING, PatchState.MISSING, PatchState.INSTALLED)),
    ),
    max_size=7,
).map(
    lambda each: [
        judged(number, supersedes, is_approved=is_approved, state=state)
        for number, (supersedes, is_approved, state) in enumerate(each)
    ]
)


def by_definition(every: Sequence[Judged]) -> list[Judged]:
    """Give what `without_superseded` promises, in the plain and slow way."""
    offered = {
        each.update.kb_id.lower(): each for each in every if each.state is PatchState.MISSING
    }
    below = {key: set(each.update.supersedes) & offered.keys() for key, each in offered.items()}
    for _ in offered:
        below = {key: each.union(*(below[one] for one in each)) for key, each in below.items()}
    brought = {
        key: [
            each
            for each in sorted(below[key])
            if key not in below[each] and (later.level is not None or offered[each].level is None)
        ]
        for key, later in offered.items()
    }
    gone = {each for keys in brought.values() for each in keys}
    left = []
    for each in every:
        key = each.update.kb_id.lower()
        if each.state is not PatchState.MISSING:
            left.append(each)
        elif key not in gone:
            fixed = {*each.update.cve_ids}.union(*(offered[k].update.cve_ids for k in brought[key]))
            left.append(each._replace(update=replace(each.update, cve_ids=tuple(sorted(fixed)))))
    return left


@given(UPDATES)
def test_updates_give_way_as_it_is_defined(every: list[Judged]) -> None:
    assert without_superseded(every) == by_definition(every)


def test_a_chain_of_thousands_takes_no_time() -> None:
    started_at = time.monotonic()
    (left,) = without_superseded([judged(each, [each + 1]) for each in range(MANY)])
    assert time.monotonic() - started_at < SECONDS_AT_MOST
    assert left.update.kb_id == "KB0"
    assert len(left.update.cve_ids) == MANY


def test_a_circle_of_thousands_stays() -> None:
    circle = [judged(each, [(each + 1) % MANY]) for each in range(MANY)]
    assert without_superseded(circle) == circle
