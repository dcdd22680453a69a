"""Counts of patches by state, of nodes and of patch groups (contract 5.12 to 5.14)."""

from collections.abc import Iterator

from patchwarden.evaluation import run
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.paging import open_token, page_of_walk, seal_token
from patchwarden.operations.patches.state_filters import parse_patch_state_filters
from patchwarden.operations.wire_values import wire_time, without_absent
from patchwarden.store import patch_states
from patchwarden.store.node_selection import NodeSelection
from patchwarden.store.patch_states import NodePatchState

_DEFAULT_LIMIT = 50


def describe_instance_patch_states(context: Context, request: Request) -> Answer:
    """Give the counts of nodes; nodes that are unknown or never reported are left out.

    Raises InvalidPageToken.
    """
    ids = list(dict.fromkeys(request["InstanceIds"]))
    token = open_token(context, request)
    start = int(token) if token else 0
    stop = start + request.get("MaxResults", _DEFAULT_LIMIT)
    known = dict(_current(context, NodeSelection(context.scope, instance_ids=ids[start:stop])))
    ordered = map(known.get, ids[start:stop])
    states = [_state_members(state) for state in ordered if state is not None]
    next_token = seal_token(context, request, str(stop).encode()) if stop < len(ids) else ""
    return {"InstancePatchStates": states, "NextToken": next_token}


def describe_instance_patch_states_for_patch_group(context: Context, request: Request) -> Answer:
    """Give the counts of the nodes of a patch group that all filters match, by node.

    A node is in the group that its tags name, else in the one that its last report named. Nodes
    that never reported are left out. Raises InvalidFilterError, InvalidPageToken.
    """
    filters = parse_patch_state_filters(request.get("Filters", ()))
    last = open_token(context, request).decode()
    limit = request.get("MaxResults", _DEFAULT_LIMIT)
    group = request["PatchGroup"]
    members = NodeSelection(context.scope, group, after=last, limit=limit + 1)

    def states() -> Iterator[tuple[str, dict[str, object] | None]]:
        for instance_id, state in _current_members(context, members):
            item = None if state is None else _state_members(state)
            yield instance_id, item if item is not None and filters.match(item) else None

    found, token = page_of_walk(context, request, states(), limit)
    return {"InstancePatchStates": found, "NextToken": token}


def describe_patch_group_state(context: Context, request: Request) -> Answer:
    """Give how many nodes of a patch group have patches of each kind; of no group, none."""
    members = NodeSelection(context.scope, request["PatchGroup"])
    run.bring_up_to_date(context.db, context.resources.engine, members, context.now)
    state = patch_states.count_nodes(context.db, members)
    return {
        "Instances": state.nodes,
        "InstancesWithInstalledPatches": state.installed,
        "InstancesWithInstalledOtherPatches": state.installed_other,
        "InstancesWithInstalledPendingRebootPatches": state.installed_pending_reboot,
        "InstancesWithInstalledRejectedPatches": state.installed_rejected,
        "InstancesWithMissingPatches": state.missing,
        "InstancesWithFailedPatches": state.failed,
        "InstancesWithNotApplicablePatches": state.not_applicable,
        "InstancesWithUnreportedNotApplicablePatches": state.unreported_not_applicable,
        "InstancesWithCriticalNonCompliantPatches": state.critical_non_compliant,
        "InstancesWithSecurityNonCompliantPatches": state.security_non_compliant,
        "InstancesWithOtherNonCompliantPatches": state.other_non_compliant,
        "InstancesWithAvailableSecurityUpdates": state.available_security_update,
    }


def _current(context: Context, selection: NodeSelection) -> list[tuple[str, NodePatchState | None]]:
    """Give each node's id with its state, None if it never reported."""
    run.bring_up_to_date(context.db, context.resources.engine, selection, context.now)
    return patch_states.of_nodes(context.db, selection)


def _current_members(
    context: Context, members: NodeSelection
) -> Iterator[tuple[str, NodePatchState | None]]:
    """Give the nodes of a group from a place on, reading and judging no more than are taken."""
    while True:
        batch = _current(context, members)
        yield from batch
        if len(batch) < members.limit:
            return
        members = members._replace(after=batch[-1][0])


def _state_members(state: NodePatchState) -> dict[str, object]:
    """Give an InstancePatchState."""
    operation, counts = state.operation, state.counts
    last_without_reboot = state.last_no_reboot_install_at
    return without_absent(
        {
            "InstanceId": state.instance_id,
            "PatchGroup": state.patch_group,
            "BaselineId": state.baseline_id,
            "SnapshotId": operation.snapshot_id or None,
            "InstallOverrideList": operation.install_override_list or None,
            "OwnerInformation": "",
            "InstalledCount": counts.installed,
            "InstalledOtherCount": counts.installed_other,
            "InstalledPendingRebootCount": counts.installed_pending_reboot,
            "InstalledRejectedCount": counts.installed_rejected,
            "MissingCount": counts.missing,
            "FailedCount": counts.failed,
            "UnreportedNotApplicableCount": operation.unreported_not_applicable,
            "NotApplicableCount": counts.not_applicable,
            "AvailableSecurityUpdateCount": counts.available_security_update,
            "OperationStartTime": wire_time(operation.started_at),
            "OperationEndTime": wire_time(operation.ended_at),
            "Operation": operation.operation,
            "LastNoRebootInstallOperationTime": (
                None if last_without_reboot is None else wire_time(last_without_reboot)
            ),
            "RebootOption": operation.reboot_option,
            "CriticalNonCompliantCount": counts.critical_non_compliant,
            "SecurityNonCompliantCount": counts.security_non_compliant,
            "OtherNonCompliantCount": counts.other_non_compliant,
        }
    )
