"""A store of its own for a test, with nodes that report to it without a server between."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes import NOW, report_bytes
from patchwarden.choices import Choices
from patchwarden.domain.facts import Report
from patchwarden.evaluation import run
from patchwarden.evaluation.engine import Engine
from patchwarden.ingest.accept import Receipt, accept_report
from patchwarden.store import nodes, verdicts
from patchwarden.store.database import Database, Scope
from patchwarden.store.nodes import ManagedNode, Registration
from patchwarden.store.verdicts import NodeState, Provenance, VerdictInForce
from stores import StoreOfTest, without_disk

SCOPE = Scope("123456789012", "us-east-1")
NODE = "mi-0123456789abcdef0"


@dataclass
class NodeStore:
    """A store, and the engine that judges what arrives."""

    db: Database
    engine: Engine
    place: StoreOfTest

    def register(self, instance_id: str = NODE, tags: Mapping[str, str] | None = None) -> int:
        """Add a node; give its key."""
        registration = Registration(
            instance_id=instance_id, activation_id="", name=None, iam_role="role", tags=tags or {}
        )
        with self.db.transaction():
            return nodes.add(self.db, SCOPE, registration, NOW)

    def accept(
        self, sent: Report | bytes, *, now: float | None = None, instance_id: str = NODE
    ) -> Receipt:
        """Take in a report as the server does; it arrives as its scan ends unless `now` is told."""
        if isinstance(sent, Report):
            now = sent.scan.ended_at if now is None else now
            sent = report_bytes(sent)
        with self.db.transaction(), self.db.savepoint():
            receipt = accept_report(
                self.db, self.engine, SCOPE, instance_id, sent, NOW if now is None else now
            )
        assert receipt is not None
        return receipt

    def node(self, instance_id: str = NODE) -> ManagedNode:
        """Give what is known of a node."""
        node = nodes.find(self.db, SCOPE, instance_id)
        assert node is not None
        return node

    def state(self, now: float = NOW, instance_id: str = NODE) -> NodeState:
        """Give a node with its evaluation as it is at `now`."""
        with self.db.transaction():
            state = run.current(self.db, self.engine, SCOPE, instance_id, now)
        assert state is not None
        return state

    def verdict(self, now: float = NOW, instance_id: str = NODE) -> VerdictInForce:
        """Give the evaluation of a node as it is at `now`."""
        verdict = self.state(now, instance_id).verdict
        assert verdict is not None
        return verdict

    def provenance(self, now: float = NOW, instance_id: str = NODE) -> Provenance:
        """Give what the evaluation of a node as it is at `now` was computed from."""
        return verdicts.provenance(
            self.db, self.node(instance_id).node_key, self.verdict(now, instance_id).verdict_id
        )

    def evaluated_at(self, now: float = NOW) -> float:
        """Give the instant at which the evaluation of the node was made."""
        verdict_id = self.verdict(now).verdict_id
        row = self.db.one(
            "SELECT evaluated_at FROM verdicts WHERE node_key = ? AND verdict_id = ?",
            (self.node().node_key, verdict_id),
        )
        assert row is not None
        return float(row[0])

    def read_only(self) -> Database:
        """Open one more connection, as the server reads."""
        return self.place.connect(read_only=True)

    def count(self, table: str) -> int:
        """Give the number of rows of a table."""
        row = self.db.one(f"SELECT count(*) FROM {table}")
        assert row is not None
        return int(row[0])


def new_node_store(place: Path | StoreOfTest, choices: Choices | None = None) -> NodeStore:
    """Open a store with one node; in a new one it has not reported yet."""
    where = place if isinstance(place, StoreOfTest) else StoreOfTest(place, None)
    store = NodeStore(where.connect(), Engine(choices or Choices()), where)
    if nodes.find(store.db, SCOPE, NODE) is None:
        store.register()
    return store


@pytest.fixture
def store(store_of_test: StoreOfTest) -> Iterator[NodeStore]:
    """Open a store of its own for one test, with one node in it."""
    opened = NodeStore(without_disk(store_of_test.connect()), Engine(Choices()), store_of_test)
    opened.register()
    yield opened
    opened.db.close()
