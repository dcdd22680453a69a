from fakes import package, report
from node_store import NodeStore
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report
from patchwarden.evaluation.assignment import default_predefined
from patchwarden.evaluation.patch_rows import patch_rows
from patchwarden.store.packed_rows import NO_ROWS

PACKAGES = (
    package("bash", "5.2-1", installed_at=1_700_000_000.0, installed_by="ann"),
    package("openssl", "3.0.15-1", update="3.0.17-1", security=True, priority="important"),
    package("zsh", "5.9-1", installed_at=1_700_000_001.0),
)


def evaluation_of(store: NodeStore, sent: Report) -> Evaluation:
    return store.engine.evaluate(sent, default_predefined("DEBIAN").content, sent.scan.ended_at)


def test_what_was_packed_is_read_whole(store: NodeStore) -> None:
    sent = report(PACKAGES)
    store.accept(sent)
    read = list(patch_rows(store.db, store.verdict().rows))
    assert read == list(evaluation_of(store, sent).verdicts)
    assert {patch.installed_by for patch in read} == {"ann", None}


def test_installers_may_be_unknown(store: NodeStore) -> None:
    sent = report(PACKAGES[1:])
    store.accept(sent)
    read = list(patch_rows(store.db, store.verdict().rows))
    assert read == list(evaluation_of(store, sent).verdicts)


def test_of_no_rows_there_is_nothing(store: NodeStore) -> None:
    assert list(patch_rows(store.db, NO_ROWS)) == []
