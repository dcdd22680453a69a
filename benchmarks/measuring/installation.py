"""A data directory that is filled before a server opens it."""

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from patchwarden.choices import Choices
from patchwarden.evaluation.engine import Engine
from patchwarden.ingest.accept import accept_report
from patchwarden.store import nodes
from patchwarden.store.credentials import Holder, IssuedKey, Issuer
from patchwarden.store.database import Database, Scope
from patchwarden.store.installation import Installation, open_installation
from patchwarden.store.nodes import Registration

SCOPE = Scope("123456789012", "us-east-1")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A data directory with nodes in it, and a key for all of them."""

    directory: Path
    key: IssuedKey
    instance_ids: Sequence[str]

    @contextmanager
    def open(self) -> Iterator[Database]:
        """Open the store for writing."""
        with _opened(open_installation(self.directory, secrets.token_bytes)) as db:
            yield db


def prepare(directory: Path, node_count: int, reports: Iterable[bytes] = ()) -> Prepared:
    """Fill a new data directory with nodes, the first of which have sent `reports`."""
    installation = open_installation(directory, secrets.token_bytes)
    instance_ids = list(map(instance_id_of, range(node_count)))
    now = time.time()
    with _opened(installation) as db:
        with db.transaction():
            issuer = Issuer(vault=installation.vault, random_bytes=secrets.token_bytes)
            key = issuer.issue(db, Holder(account_id=SCOPE.account_id, role="admin"), now)
            for instance_id in instance_ids:
                nodes.add(db, SCOPE, _registration(instance_id), now)
        accept(db, Engine(Choices()), zip(instance_ids, reports, strict=False))
    return Prepared(directory, key, instance_ids)


def instance_id_of(number: int) -> str:
    """Give the id of the node with a number."""
    return f"mi-{number:017x}"


def accept(db: Database, engine: Engine, reports: Iterable[tuple[str, bytes]]) -> None:
    """Take reports in, each with the id of its node, in one transaction."""
    with db.transaction():
        for instance_id, report in reports:
            receipt = accept_report(db, engine, SCOPE, instance_id, report, time.time())
            assert receipt is not None


def _registration(instance_id: str) -> Registration:
    return Registration(
        instance_id=instance_id,
        activation_id="00000000-0000-4000-8000-000000000000",
        name=None,
        iam_role="PatchwardenManagedNode",
        tags={},
    )


@contextmanager
def _opened(installation: Installation) -> Iterator[Database]:
    db = installation.connect()
    try:
        yield db
    finally:
        db.close()
