"""What becomes of the store when a process dies, or when the disk takes no more."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakes import NOW, package, report
from node_store import NodeStore, new_node_store

TESTS = Path(__file__).parents[1]
KILLED_AFTER = (1, 2, 5)

# Takes in one report after the other, each in a transaction of its own; the number of each is
# told once it is committed.
REPORT_FOREVER = """
import itertools, pathlib, sys
from fakes import NOW, package, report
from node_store import new_node_store

store = new_node_store(pathlib.Path(sys.argv[1]))
for number in itertools.count(int(sys.argv[2])):
    sent = report([package("bash", f"5.{number}")], at=NOW + number)
    store.accept(sent)
    print(number, flush=True)
"""

# The same while no file may grow beyond a limit, as on a disk that is full; then without it.
REPORT_UNTIL_FULL = """
import itertools, pathlib, random, resource, sys
from fakes import NOW, package, report
from node_store import new_node_store
from patchwarden.store.errors import StoreUnavailableError

store = new_node_store(pathlib.Path(sys.argv[1]))
noise = random.Random(1)

def accept(number):
    # Packages that do not compress, so that the limit is met soon.
    packages = [package(noise.randbytes(200).hex()) for _ in range(50)]
    store.accept(report(packages, at=NOW + number))
    print(number, flush=True)

free = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, free[1]))
try:
    for number in itertools.count():
        accept(number)
except StoreUnavailableError:
    print("full", flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, free)
accept(1000)
"""

KILLED_IN_A_TRANSACTION = """
import os, pathlib, signal, sys
from fakes import NOW, package, report, report_bytes
from node_store import NODE, SCOPE, new_node_store
from patchwarden.ingest.accept import accept_report

store = new_node_store(pathlib.Path(sys.argv[1]))
with store.db.transaction():
    sent = report_bytes(report([package("bash")]))
    accept_report(store.db, store.engine, SCOPE, NODE, sent, NOW)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def run(program: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )


@contextmanager
def opened(directory: Path) -> Iterator[NodeStore]:
    store = new_node_store(directory)
    yield store
    store.db.close()


def stored_scans(store: NodeStore) -> list[int]:
    """Give the numbers of the reports that are there, in their order."""
    rows = store.db.all("SELECT ended_at FROM scans ORDER BY scan_id")
    return [int(row[0] - NOW) for row in rows]


def assert_whole(store: NodeStore) -> None:
    """Check that what is there fits together."""
    assert store.db.one("PRAGMA integrity_check") == ("ok",)
    assert store.db.one("SELECT max(scan_id) FROM scans") == (store.node().scan_id,)
    assert store.provenance().scan_id == store.node().scan_id
    dangling = store.db.one(
        "SELECT count(*) FROM scans WHERE node_facts_id NOT IN (SELECT facts_id FROM node_facts)"
        " OR packages_facts_id NOT IN (SELECT facts_id FROM facts)"
    )
    assert dangling == (0,)


def test_whatever_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    first = 0
    for count in KILLED_AFTER:
        process = run(REPORT_FOREVER, str(tmp_path), str(first))
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(count)]
        process.kill()
        acknowledged += [int(line) for line in process.communicate()[0].split()]
        with opened(tmp_path) as store:
            there = stored_scans(store)
            # One more may be there: committed, and killed before it was told.
            assert acknowledged[-1] + 1 <= len(there) <= acknowledged[-1] + 2
            assert there == list(range(len(there)))
            assert_whole(store)
            first = len(there)


def test_a_process_killed_in_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    run(KILLED_IN_A_TRANSACTION, str(tmp_path)).communicate()
    with opened(tmp_path) as store:
        assert (store.count("nodes"), store.count("scans"), store.count("facts")) == (1, 0, 0)
        store.accept(report([package("bash")]))
        assert_whole(store)


def test_a_full_disk_keeps_what_was_acknowledged_and_half_of_nothing(tmp_path: Path) -> None:
    process = run(REPORT_UNTIL_FULL, str(tmp_path))
    told = process.communicate()[0].split()
    assert process.returncode == 0
    assert told[-2:] == ["full", "1000"]
    acknowledged = [int(number) for number in told if number != "full"]
    assert len(acknowledged) > 2
    with opened(tmp_path) as store:
        assert stored_scans(store) == acknowledged
        assert_whole(store)
