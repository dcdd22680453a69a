"""The update agent, its history and the hotfixes, put together."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.facts import WindowsUpdate
from patchwarden.ingest.formats.windows_updates import (
    HistoryEntry,
    Hotfix,
    WindowsEvidence,
    put_together,
)

AVAILABLE = WindowsUpdate(presence="available", kb_id="KB1000001", update_id="a", title="A")
INSTALLED = WindowsUpdate(presence="installed", kb_id="KB1000001", update_id="a", title="A")
HOTFIX = Hotfix(
    kb_id="KB1000001", classification="SecurityUpdates", installed_at=5.0, installed_by="ann"
)


def entry(at: float, **members: Any) -> HistoryEntry:
    """Make a successful installation of the same update."""
    usual = {"kb_id": "KB1000001", "update_id": "a", "title": "A"}
    return HistoryEntry(
        **{"at": at, "is_installation": True, "succeeded": True, **usual, **members}
    )


def only(**evidence: Any) -> WindowsUpdate:
    """Give the one update that comes out."""
    (update,) = put_together(WindowsEvidence(**evidence))
    return update


def test_what_is_on_offer_and_failed_last_has_failed() -> None:
    history = [entry(2.0, succeeded=False), entry(1.0, succeeded=False)]
    assert only(found=[AVAILABLE], history=history).presence == "failed"


@pytest.mark.parametrize(
    "last",
    [
        entry(2.0),
        entry(2.0, is_installation=False),
        entry(2.0, is_installation=False, succeeded=False),
    ],
)
def test_only_an_installation_that_failed_last_counts(last: HistoryEntry) -> None:
    history = [last, entry(1.0, succeeded=False)]
    assert only(found=[AVAILABLE], history=history).presence == "available"


def test_the_failure_of_last_months_edition_is_none_of_this_one() -> None:
    history = [entry(1.0, update_id="last month", succeeded=False)]
    assert only(found=[AVAILABLE], history=history).presence == "available"


def test_a_history_without_ids_tells_by_kb_number() -> None:
    history = [entry(1.0, update_id="", succeeded=False)]
    assert only(found=[AVAILABLE], history=history).presence == "failed"


def test_the_history_knows_the_hour_and_the_hotfix_who() -> None:
    update = only(found=[INSTALLED], history=[entry(6.0)], hotfixes=[HOTFIX])
    assert (update.installed_at, update.installed_by) == (6.0, "ann")


def test_a_hotfix_knows_the_day_at_least() -> None:
    assert only(found=[INSTALLED], hotfixes=[HOTFIX]).installed_at == 5.0


def test_what_the_history_installed_last_is_installed() -> None:
    update = only(history=[entry(1.0, is_installation=False), entry(2.0)], hotfixes=[HOTFIX])
    assert (update.presence, update.title, update.installed_at) == ("installed", "A", 2.0)
    assert (update.classification, update.installed_by) == ("SecurityUpdates", "ann")


def test_what_the_history_uninstalled_last_is_not_there() -> None:
    assert (
        put_together(WindowsEvidence(history=[entry(1.0), entry(2.0, is_installation=False)])) == ()
    )


def test_a_failure_after_a_success_leaves_it_installed() -> None:
    assert only(history=[entry(1.0), entry(2.0, succeeded=False)]).installed_at == 1.0


def test_a_hotfix_alone_is_installed() -> None:
    update = only(hotfixes=[HOTFIX])
    assert (update.presence, update.installed_at, update.installed_by) == ("installed", 5.0, "ann")


def test_an_older_edition_in_the_history_adds_no_second_update() -> None:
    assert only(found=[AVAILABLE], history=[entry(1.0, update_id="older")]) == AVAILABLE


def test_without_a_kb_number_there_is_nothing_to_name_an_old_entry_by() -> None:
    evidence = WindowsEvidence(history=[entry(1.0, kb_id="")], hotfixes=[Hotfix(kb_id="")])
    assert put_together(evidence) == ()


_ENTRIES = st.builds(
    HistoryEntry,
    kb_id=st.sampled_from(["", "KB1000001", "KB1000002"]),
    update_id=st.sampled_from(["", "a", "b"]),
    title=st.just("A"),
    at=st.floats(0, 9),
    is_installation=st.booleans(),
    succeeded=st.booleans(),
)


@given(st.lists(_ENTRIES, unique_by=lambda each: each.at), st.randoms())
def test_the_order_of_a_history_does_not_matter(history: list[HistoryEntry], random: Any) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    found = [AVAILABLE, INSTALLED]
    assert put_together(WindowsEvidence(found=found, history=history)) == put_together(
        WindowsEvidence(found=found, history=shuffled)
    )
