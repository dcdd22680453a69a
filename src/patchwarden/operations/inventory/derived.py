"""The inventory of a node: what it sent, and what follows from what is known of it otherwise.

Of each type the newest counts: what the node sent with PutInventory, or what its newest report of
facts and the evaluation in force say. Of patches, the newest report alone decides. All values are
texts.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from patchwarden.domain.instants import write_instant
from patchwarden.domain.patches import Verdict
from patchwarden.domain.reported_patches import COMPLIANCE_ITEM, PATCH_COMPLIANCE, PATCH_SUMMARY
from patchwarden.domain.states import STATES_WITH_CVES, service_spelling
from patchwarden.domain.versions import rpm
from patchwarden.evaluation import run
from patchwarden.evaluation.kept_reports import newest_facts, reports_facts
from patchwarden.evaluation.patch_rows import patch_rows
from patchwarden.operations.compliance.patches import execution_id, patch_statuses
from patchwarden.operations.context import Context
from patchwarden.operations.nodes.items import instance_information
from patchwarden.store import inventory, patch_states, scans
from patchwarden.store.inventory import InventoryItem
from patchwarden.store.nodes import ManagedNode
from patchwarden.store.patch_states import NodePatchState
from patchwarden.store.verdicts import VerdictInForce

APPLICATION = "AWS:Application"
INSTANCE_INFORMATION = "AWS:InstanceInformation"
TAG = "AWS:Tag"
WINDOWS_UPDATE = "AWS:WindowsUpdate"
CHEAP_TYPES = frozenset({INSTANCE_INFORMATION, TAG})
"""The types that follow from the row of a node."""
_PATCH_TYPES = frozenset({PATCH_SUMMARY, PATCH_COMPLIANCE, COMPLIANCE_ITEM})
_PATCHES = "Patch"
_RPM = frozenset({"dnf", "yum", "zypper"})

Entry: TypeAlias = dict[str, str]


def inventory_of(context: Context, node: ManagedNode, type_name: str) -> InventoryItem | None:
    """Give all that is known of one type; None if nothing.

    Where a type has a context, each entry has it too. Raises WriteRequiredError as `run.current`.
    """
    items = {
        item.sub_type: item for item in inventory.of_type(context.db, node.node_key, type_name)
    }
    derive = _DERIVED.get(type_name)
    derived = None if derive is None else derive(context, node)
    if derived is not None:
        sent = items.get(derived.sub_type)
        items[derived.sub_type] = _to_show(context, node, sent, derived)
    if not items:
        return None
    newest = max(items.values(), key=lambda item: item.captured_at)
    content = [{**item.context, **entry} for item in items.values() for entry in item.content]
    return newest._replace(content=content, context={})


def _to_show(
    context: Context, node: ManagedNode, sent: InventoryItem | None, derived: InventoryItem
) -> InventoryItem:
    if sent is None:
        return derived
    if derived.type_name in _PATCH_TYPES and reports_facts(context.db, node):
        # Whatever the clock of the node said when it sent patches of its own.
        return derived
    if derived.type_name == INSTANCE_INFORMATION:
        # Each knows what the other does not; heartbeats come more often than inventory.
        (of_node,), of_agent = derived.content, sent.content[0] if sent.content else {}
        # Which agent it is, only that agent knows.
        agent = {name: of_agent[name] for name in ("AgentType",) if name in of_agent}
        return derived._replace(content=[{**of_agent, **of_node, **agent}])
    return sent if sent.captured_at >= derived.captured_at else derived


def _instance_information(context: Context, node: ManagedNode) -> InventoryItem:
    known = instance_information(context, node)
    entry = {
        attribute: str(known[member])
        for member, attribute in _ATTRIBUTE_OF_MEMBER.items()
        if member in known
    }
    if node.agent_name:
        entry["AgentType"] = node.agent_name
    entry["InstanceStatus"] = "Active" if known["PingStatus"] == "Online" else "ConnectionLost"
    return _item(INSTANCE_INFORMATION, node.last_ping_at or node.registered_at, [entry])


_ATTRIBUTE_OF_MEMBER = {
    "AgentVersion": "AgentVersion",
    "ComputerName": "ComputerName",
    "InstanceId": "InstanceId",
    "IPAddress": "IpAddress",
    "PlatformName": "PlatformName",
    "PlatformType": "PlatformType",
    "PlatformVersion": "PlatformVersion",
    "ResourceType": "ResourceType",
}


def _tags(context: Context, node: ManagedNode) -> InventoryItem:
    entries = [{"Key": key, "Value": node.tags[key]} for key in sorted(node.tags)]
    return _item(TAG, context.now, entries)


def _applications(context: Context, node: ManagedNode) -> InventoryItem | None:
    report = newest_facts(context.db, node)
    if report is None or report.packages.updates:
        return None
    packages = report.packages
    split_version = _split_rpm if packages.package_manager in _RPM else _whole_version
    entries = [
        _without_empty(
            {
                "Name": package.name,
                "ApplicationType": package.section or package.installer,
                **split_version(package.version),
                "InstalledTime": _time(package.installed_at or 0.0),
                "Architecture": package.architecture,
            }
        )
        for package in packages.installed
    ]
    return _item(APPLICATION, report.scan.ended_at, entries)


def _whole_version(version: str) -> Entry:
    return {"Version": version}


def _split_rpm(version: str) -> Entry:
    parts = rpm.split(version)
    return {"Version": parts.version, "Release": parts.release, "Epoch": parts.epoch}


def _windows_updates(context: Context, node: ManagedNode) -> InventoryItem | None:
    report = newest_facts(context.db, node)
    if report is None:
        return None
    entries = [
        _without_empty(
            {
                "HotFixId": update.kb_id,
                "Description": update.title,
                "InstalledTime": _time(update.installed_at or 0.0),
                "InstalledBy": update.installed_by or "",
            }
        )
        for update in report.packages.updates
        if update.presence == "installed" and update.kb_id
    ]
    return _item(WINDOWS_UPDATE, report.scan.ended_at, entries) if entries else None


def _patch_summary(context: Context, node: ManagedNode) -> InventoryItem | None:
    verdict = _verdict(context, node)
    if verdict is None:
        return None
    state = patch_states.of_verdict(context.db, node.node_key, verdict.verdict_id)
    entry = {
        "PatchGroup": state.patch_group,
        "BaselineId": state.baseline_id,
        "SnapshotId": state.operation.snapshot_id,
        "OwnerInformation": "",
        **_counts(state),
        "OperationType": state.operation.operation,
        "OperationStartTime": write_instant(state.operation.started_at),
        "OperationEndTime": write_instant(state.operation.ended_at),
        "RebootOption": state.operation.reboot_option,
        **_without_empty(
            {
                "InstallOverrideList": state.operation.install_override_list,
                "LastNoRebootInstallOperationTime": _time(state.last_no_reboot_install_at or 0.0),
                "NonCompliantSeverity": (
                    ""
                    if state.counts.overall_severity is None
                    else state.counts.overall_severity.name
                ),
            }
        ),
    }
    return _item(PATCH_SUMMARY, state.operation.ended_at, [entry])


def _counts(state: NodePatchState) -> Entry:
    counts = state.counts
    return {
        "InstalledCount": str(counts.installed),
        "InstalledPendingRebootCount": str(counts.installed_pending_reboot),
        "InstalledOtherCount": str(counts.installed_other),
        "InstalledRejectedCount": str(counts.installed_rejected),
        "NotApplicableCount": str(counts.not_applicable),
        "UnreportedNotApplicableCount": str(state.operation.unreported_not_applicable),
        "MissingCount": str(counts.missing),
        "FailedCount": str(counts.failed),
        "SecurityNonCompliantCount": str(counts.security_non_compliant),
        "CriticalNonCompliantCount": str(counts.critical_non_compliant),
        "OtherNonCompliantCount": str(counts.other_non_compliant),
    }


def _patch_compliance(context: Context, node: ManagedNode) -> InventoryItem | None:
    verdict = _verdict(context, node)
    if verdict is None:
        return None
    entries = [
        {
            "Title": patch.record.title,
            "KBId": patch.record.kb_id,
            "Classification": patch.record.classification,
            "Severity": patch.record.severity,
            "State": service_spelling(patch.state),
            "InstalledTime": _time(patch.installed_at),
        }
        for patch in patch_rows(context.db, verdict.rows)
    ]
    return _item(PATCH_COMPLIANCE, _ended_at(context, node, verdict), entries)


def _compliance_item(context: Context, node: ManagedNode) -> InventoryItem | None:
    verdict = _verdict(context, node)
    if verdict is None:
        return None
    state = patch_states.of_verdict(context.db, node.node_key, verdict.verdict_id)
    statuses = patch_statuses(verdict.rows, state.counts.non_compliant)
    entries = [
        _compliance_entry(patch, statuses[patch.state], state)
        for patch in patch_rows(context.db, verdict.rows)
    ]
    reported_id = state.operation.execution_id or state.operation.snapshot_id
    run_id = execution_id(reported_id, node.instance_id, verdict.scan_id)
    item = _item(COMPLIANCE_ITEM, state.operation.ended_at, entries)
    return item._replace(
        sub_type=_PATCHES,
        context={
            "ComplianceType": _PATCHES,
            "ExecutionId": run_id,
            "ExecutionType": state.operation.execution_type,
            "ExecutionTime": write_instant(state.operation.started_at),
        },
    )


def _compliance_entry(patch: Verdict, status: str, state: NodePatchState) -> Entry:
    entry = {
        "Id": patch.record.kb_id,
        "Title": patch.record.title,
        "Status": status,
        "Severity": patch.compliance_level.name,
        "DocumentName": "",
        "DocumentVersion": "",
        "Classification": patch.record.classification,
        "PatchBaselineId": state.baseline_id,
        "PatchSeverity": patch.record.severity,
        "PatchState": service_spelling(patch.state),
        "PatchGroup": state.patch_group,
        "InstalledTime": _time(patch.installed_at),
    }
    if patch.state in STATES_WITH_CVES and patch.record.cve_ids:
        entry["CVEIds"] = patch.record.cve_ids
    return entry


_DERIVED: Mapping[str, Callable[[Context, ManagedNode], InventoryItem | None]] = {
    INSTANCE_INFORMATION: _instance_information,
    TAG: _tags,
    APPLICATION: _applications,
    WINDOWS_UPDATE: _windows_updates,
    PATCH_SUMMARY: _patch_summary,
    PATCH_COMPLIANCE: _patch_compliance,
    COMPLIANCE_ITEM: _compliance_item,
}


def _verdict(context: Context, node: ManagedNode) -> VerdictInForce | None:
    engine = context.resources.engine
    state = run.current(context.db, engine, context.scope, node.instance_id, context.now)
    return None if state is None else state.verdict


def _ended_at(context: Context, node: ManagedNode, verdict: VerdictInForce) -> float:
    return scans.operation(context.db, node.node_key, verdict.scan_id).ended_at


def _item(type_name: str, captured_at: float, entries: list[Entry]) -> InventoryItem:
    return InventoryItem(
        type_name=type_name,
        sub_type="",
        schema_version="1.1" if type_name == APPLICATION else "1.0",
        captured_at=captured_at,
        content_hash="",
        context={},
        content=entries,
    )


def _without_empty(entry: Entry) -> Entry:
    return {attribute: value for attribute, value in entry.items() if value}


def _time(seconds: float) -> str:
    """Give an instant as inventory has it; empty where nobody knows it."""
    return write_instant(seconds) if seconds else ""
