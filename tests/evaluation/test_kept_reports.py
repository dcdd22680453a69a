import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import NOW, package, report, report_bytes
from inventory_uploads import patch_row, summary_entry
from patchwarden.domain.facts import Report, Scan
from patchwarden.domain.reported_patches import (
    COMPLIANCE_ITEM,
    PatchUpload,
    read_operation,
    read_patches,
)
from patchwarden.evaluation.kept_reports import (
    SentParts,
    join,
    join_upload,
    split,
    split_upload,
)
from patchwarden.store.scans import StoredScan

_REPORT = report(
    [package("bash", installed_by="ann"), package("openssl", update="2", security=True)],
    scan={"details": {"reboot": "unknown"}, "operation": "Install", "reboot_option": "NoReboot"},
    node={"reboot": {"required": True, "packages": ["bash"]}, "booted_at": 12.5},
)


def sent_parts(encoded: bytes) -> tuple[SentParts, Scan]:
    members = msgspec.json.decode(encoded, type=dict[str, msgspec.Raw])
    parts = SentParts(*(bytes(members[name]) for name in ("scan", "node", "packages")))
    return parts, msgspec.json.decode(parts.scan, type=Scan)


def keep(report: Report) -> Report:
    return join(split(*sent_parts(report_bytes(report)), received_at=1.0))


def test_a_report_comes_back_as_it_was() -> None:
    assert report_bytes(keep(_REPORT)) == report_bytes(_REPORT)


@given(
    st.floats(min_value=0, max_value=2**32),
    st.floats(min_value=0, max_value=2**32),
    st.dictionaries(st.text(), st.text()),
    st.text(),
)
def test_any_report_comes_back_as_it_was(
    started_at: float, ended_at: float, details: dict[str, str], name: str
) -> None:
    times = {"started_at": started_at, "ended_at": ended_at}
    sent = report(scan=times | {"details": details}, node={"computer_name": name})
    assert report_bytes(keep(sent)) == report_bytes(sent)


def test_only_times_are_kept_aside() -> None:
    first, later = (
        split(*sent_parts(report_bytes(report([package("bash")], at=at))), received_at=at)
        for at in (100.0, 200.0)
    )
    assert first.node_facts == later.node_facts
    assert first.packages_facts == later.packages_facts
    assert (first.operation.started_at, later.operation.started_at) == (98.0, 198.0)
    assert (first.operation.received_at, later.operation.ended_at) == (100.0, 200.0)


def test_members_of_a_newer_agent_are_kept() -> None:
    sent = msgspec.json.decode(report_bytes(_REPORT))
    sent["scan"]["new"] = sent["node"]["new"] = sent["packages"]["new"] = [{"member": 1e3}]
    stored = split(*sent_parts(msgspec.json.encode(sent)), received_at=1.0)
    kept = msgspec.json.decode(stored.node_facts)
    assert kept["scan"]["new"] == kept["node"]["new"] == sent["node"]["new"]
    assert msgspec.json.decode(stored.packages_facts) == sent["packages"]
    assert report_bytes(join(stored)) == report_bytes(_REPORT)


_UPLOAD = PatchUpload(summary_entry(PatchGroup="web"), COMPLIANCE_ITEM, [patch_row("bash")])


def keep_upload(upload: PatchUpload) -> StoredScan:
    return split_upload(upload, read_operation(upload.summary), received_at=1.0)


@pytest.mark.parametrize("rows", [None, [], [patch_row("bash"), patch_row("zsh", "Missing")]])
def test_an_upload_is_read_the_same_once_kept(rows: list[dict[str, str]] | None) -> None:
    upload = _UPLOAD._replace(rows=rows)
    stored = keep_upload(upload)
    assert read_patches(join_upload(stored)) == read_patches(upload)
    assert stored.operation.kind == "inventory"
    assert stored.operation.received_at == 1.0


def test_an_unchanged_upload_keeps_the_same_bytes() -> None:
    later = summary_entry(at=NOW + 60, PatchGroup="web", SnapshotId="other", ExecutionId="other")
    first, second = keep_upload(_UPLOAD), keep_upload(_UPLOAD._replace(summary=later))
    assert first.node_facts == second.node_facts
    assert first.packages_facts == second.packages_facts
    assert (first.operation.ended_at, second.operation.ended_at) == (NOW, NOW + 60)
    assert second.operation.snapshot_id == "other"
