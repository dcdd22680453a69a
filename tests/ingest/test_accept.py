import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import NOW, package, report, report_bytes
from node_store import NODE, SCOPE, NodeStore
from patchwarden.data.load import operating_systems
from patchwarden.domain.facts import Package
from patchwarden.evaluation.kept_reports import join
from patchwarden.ingest.accept import accept_report
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.store import scans
from patchwarden.store.database import Scope
from patchwarden.store.scans import ScanOperation, StoredScan

HOUR_S = 3600
TABLES = ("scans", "facts", "verdicts", "patch_records", "baseline_contents")
BASH = package("bash", "5.2-1")
OPENSSL = package("openssl", "3.0.15-1", update="3.0.17-1", security=True)


def stored(store: NodeStore) -> list[int]:
    return [store.count(table) for table in TABLES]


@pytest.mark.parametrize(
    ("scope", "instance_id"),
    [
        (SCOPE, "mi-other"),
        (SCOPE._replace(account_id="210987654321"), NODE),
        (SCOPE._replace(region="eu-west-1"), NODE),
    ],
)
def test_a_report_of_an_unknown_node_is_not_kept(
    store: NodeStore, scope: Scope, instance_id: str
) -> None:
    with store.db.transaction():
        sent = report_bytes(report([BASH]))
        assert accept_report(store.db, store.engine, scope, instance_id, sent, NOW) is None
    assert stored(store) == [0] * len(TABLES)


def test_a_report_is_kept_as_it_came(store: NodeStore) -> None:
    sent = report([BASH, OPENSSL], scan={"details": {"a": "é"}})
    receipt = store.accept(sent, now=NOW + 5)
    kept = scans.load(store.db, store.node().node_key, int(receipt.report_id))
    assert report_bytes(join(kept)) == report_bytes(sent)
    assert kept.operation.received_at == NOW + 5
    assert kept.packages_facts == msgspec.json.encode(sent.packages)


def test_a_report_says_what_the_node_is(store: NodeStore) -> None:
    store.accept(report([BASH]), now=NOW + 5)
    node = store.node()
    assert (node.operating_system, node.platform_version) == ("DEBIAN", "12")
    assert (node.computer_name, node.ip_address) == ("web-1.example.test", "192.0.2.10")
    assert (node.agent_version, node.last_ping_at) == ("0.1.0", NOW + 5)


def test_the_receipt_tells_whether_packages_changed(store: NodeStore) -> None:
    changed = [
        store.accept(report([installed], at=NOW + at)).packages_changed
        for at, installed in enumerate((BASH, BASH, OPENSSL, BASH))
    ]
    assert changed == [True, False, True, True]


def test_an_unchanged_rescan_adds_one_row(store: NodeStore) -> None:
    store.accept(report([BASH, OPENSSL]))
    before = stored(store)
    store.accept(report([BASH, OPENSSL], at=NOW + HOUR_S))
    before[0] += 1
    assert stored(store) == before


def test_a_report_that_comes_late_is_history_only(store: NodeStore) -> None:
    store.accept(report([BASH, OPENSSL], at=NOW))
    late = report([BASH], at=NOW - HOUR_S, node={"computer_name": "old"})
    receipt = store.accept(late, now=NOW + 60)
    assert not receipt.is_newest
    kept = join(scans.load(store.db, store.node().node_key, int(receipt.report_id)))
    assert report_bytes(kept) == report_bytes(late)
    assert len(store.verdict().rows) == 2
    assert store.node().computer_name == "web-1.example.test"
    assert store.node().last_ping_at == NOW + 60


def test_a_late_report_is_checked_like_any_other(store: NodeStore) -> None:
    store.accept(report([BASH], at=NOW))
    with pytest.raises(InvalidReportError):
        store.accept(report([BASH, BASH], at=NOW - HOUR_S), now=NOW)
    assert store.count("scans") == 1


def test_the_same_report_may_come_twice(store: NodeStore) -> None:
    sent = report([BASH])
    store.accept(sent)
    receipt = store.accept(sent, now=NOW + 60)
    assert (receipt.is_newest, receipt.packages_changed) == (True, False)
    assert store.count("verdicts") == 1


def test_a_node_may_become_another_system(store: NodeStore) -> None:
    store.accept(report([BASH]))
    before = store.provenance()
    store.accept(report([BASH], at=NOW + 1, node={"operating_system": "UBUNTU"}))
    after = store.provenance(NOW + 1)
    assert store.node().operating_system == "UBUNTU"
    assert after.baseline_id != before.baseline_id
    ubuntu = operating_systems()["UBUNTU"].predefined_baselines
    assert after.baseline_id in {baseline.baseline_id for baseline in ubuntu}


def test_packages_from_before_a_node_became_another_system_are_refused(store: NodeStore) -> None:
    store.accept(report([BASH]))
    moved = report([BASH], at=NOW + 1, node={"operating_system": "AMAZON_LINUX_2023"})
    with pytest.raises(InvalidReportError, match="package_manager: it is 'apt', but AMAZON"):
        store.accept(moved)
    assert store.node().operating_system == "DEBIAN"


@pytest.mark.parametrize(
    ("packages", "is_known"), [(b"", True), (b',"knows_available":false', False)]
)
def test_the_receipt_tells_whether_updates_are_known(
    store: NodeStore, packages: bytes, is_known: bool
) -> None:
    sent = report_bytes(report([BASH])).replace(b',"knows_available":true', packages)
    for at in range(2):
        assert store.accept(sent, now=NOW + at).updates_known == is_known


@pytest.mark.parametrize(
    "sent",
    [
        b"{}",
        report_bytes(report([BASH])) + b"x",
        report_bytes(report([BASH, BASH])),
        report_bytes(report([BASH])).replace(b'"version":"5.2-1"', b'"version":"5\\n"', 1),
        report_bytes(report([BASH])).replace(b'"installed":', b'"installed":3,"x":', 1),
    ],
)
def test_nothing_is_kept_of_what_is_refused(store: NodeStore, sent: bytes) -> None:
    with pytest.raises(InvalidReportError):
        store.accept(sent)
    assert stored(store) == [0] * len(TABLES)
    assert store.node().operating_system == ""
    assert store.accept(report([BASH])).packages_changed


def test_packages_are_checked_though_their_bytes_are_known_as_something_else(
    store: NodeStore,
) -> None:
    # What is kept of scan and node has a form that a sender can know.
    members = msgspec.json.decode(report_bytes(report()), type=dict[str, msgspec.Raw])
    receipt = store.accept(report())
    kept = scans.load(store.db, store.node().node_key, int(receipt.report_id)).node_facts
    with pytest.raises(InvalidReportError, match="packages"):
        store.accept(msgspec.json.encode(members | {"packages": msgspec.Raw(kept)}))


def test_what_an_upload_brought_is_not_taken_for_packages(store: NodeStore) -> None:
    members = msgspec.json.decode(report_bytes(report()), type=dict[str, msgspec.Raw])
    operation = ScanOperation(NOW - 1, NOW - 1, NOW - 1, "Scan", "NoReboot", "inventory")
    upload = StoredScan(operation=operation, node_facts=b"{}", packages_facts=b"[]")
    with store.db.transaction():
        scans.add(store.db, store.node().node_key, upload)
    with pytest.raises(InvalidReportError, match="packages"):
        store.accept(msgspec.json.encode(members | {"packages": msgspec.Raw(b"[]")}))


NAMES = st.text(min_size=1, max_size=8).filter(str.isprintable)
PACKAGES = st.lists(
    st.builds(
        package,
        NAMES,
        NAMES,
        update=st.none() | NAMES,
        security=st.booleans(),
        listed=st.booleans(),
        architecture=NAMES | st.just("all"),
        priority=st.none() | NAMES,
        section=st.none() | NAMES,
        installed_at=st.none() | st.floats(0, 2**32 - 1),
        installed_by=st.none() | NAMES,
    ),
    max_size=5,
    unique_by=lambda package: (package.name, package.architecture),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=60,
)
@given(PACKAGES, NAMES)
def test_every_report_that_can_be_read_can_be_judged(
    store: NodeStore, packages: list[Package], version: str
) -> None:
    sent = report(packages, node={"platform_version": version})
    store.accept(sent)
    assert len(store.verdict().rows) == len(packages)
