"""DescribeInstancePatches and DescribeInstancePatchStates (contract 2, 5.12)."""

import struct
from collections.abc import Iterator, Sequence

import msgspec

from patchwarden.evaluation import run
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError
from patchwarden.operations.paging import open_token, seal_token
from patchwarden.operations.patch_filters import PatchFilters, parse_filters
from patchwarden.operations.patch_fragments import Fragment, time_json
from patchwarden.protocol.page_token import InvalidPageToken
from patchwarden.store import scans, verdicts
from patchwarden.store.packed_rows import PackedRows
from patchwarden.store.verdicts import NodeVerdict

_POSITION = struct.Struct("<QI")
_CHUNK = 256
_MAX_STATES = 100


def describe_instance_patches(context: Context, request: Request) -> Answer:
    """Give the patches of a node and their state relative to its baseline.

    Pages of one walk come from one evaluation, whatever arrives in between.
    """
    filters = parse_filters(request.get("Filters", ()))
    verdict_id, verdict, start = _evaluation_to_show(context, request)
    limit = request.get("MaxResults", context.resources.choices.default_page_size)
    if verdict is None:
        return _page_json([], b"")
    positions, next_start = _positions(context, verdict.rows, filters, start, limit)
    token = b""
    if next_start is not None:
        token = seal_token(context, request, _POSITION.pack(verdict_id, next_start)).encode()
    return _page_json(_patches_json(context, verdict.rows, positions), token)


def describe_instance_patch_states(context: Context, request: Request) -> Answer:
    """Give the counts of nodes; nodes that are unknown or never reported are left out."""
    ids = list(dict.fromkeys(request["InstanceIds"]))
    token = open_token(context, request)
    start = int(token) if token else 0
    stop = start + request.get("MaxResults", _MAX_STATES)
    states = []
    for instance_id in ids[start:stop]:
        state = run.current(
            context.db, context.resources.engine, context.scope, instance_id, context.now
        )
        if state is not None and state.verdict is not None:
            states.append(_patch_state(context, instance_id, state.verdict))
    next_token = seal_token(context, request, str(stop).encode()) if stop < len(ids) else ""
    return {"InstancePatchStates": states, "NextToken": next_token}


def _evaluation_to_show(context: Context, request: Request) -> tuple[int, NodeVerdict | None, int]:
    """Find the evaluation and the row to start with: by the token, else the one in force."""
    instance_id = request["InstanceId"]
    token = open_token(context, request)
    if token:
        verdict_id, start = _POSITION.unpack(token)
        pinned = verdicts.pinned(context.db, context.scope, instance_id, verdict_id)
        if pinned is None:
            raise InvalidPageToken
        return verdict_id, pinned, start
    state = run.current(
        context.db, context.resources.engine, context.scope, instance_id, context.now
    )
    if state is None:
        raise InvalidInstanceIdError(f"Instance {instance_id} is not a managed node.")
    return state.verdict_id or 0, state.verdict, 0


def _positions(
    context: Context, rows: PackedRows, filters: PatchFilters, start: int, limit: int
) -> tuple[Sequence[int], int | None]:
    """Give the rows of one page, and the row that the next one starts with."""
    if filters.are_empty:
        stop = min(start + limit, len(rows))
        return range(start, stop), stop if stop < len(rows) else None
    found: list[int] = []
    for position in _matching(context, rows, filters, start):
        if len(found) == limit:
            return found, position
        found.append(position)
    return found, None


def _matching(
    context: Context, rows: PackedRows, filters: PatchFilters, start: int
) -> Iterator[int]:
    for chunk in range(start, len(rows), _CHUNK):
        stop = min(chunk + _CHUNK, len(rows))
        states = rows.state_codes(chunk, stop)
        wanted = [
            position
            for position, state in enumerate(states, start=chunk)
            if filters.states is None or state & 0x0F in filters.states
        ]
        if filters.fields:
            fragments = _fragments(context, rows, wanted)
            yield from (
                position
                for position, fragment in zip(wanted, fragments, strict=True)
                if filters.match_record(fragment.record)
            )
        else:
            yield from wanted


def _fragments(context: Context, rows: PackedRows, positions: Sequence[int]) -> list[Fragment]:
    record_ids, states = rows.pick(positions)
    return context.resources.fragments.find(context.db, record_ids, states)


def _patches_json(context: Context, rows: PackedRows, positions: Sequence[int]) -> list[bytes]:
    """Give the JSON of the patches in pieces, each patch with a comma before it."""
    pieces: list[bytes] = []
    times = rows.pick_times(positions)
    fragments = _fragments(context, rows, positions)
    if not rows.installers:
        for fragment, time in zip(fragments, times, strict=True):
            pieces += (b",", fragment.head, time_json(time), fragment.tail)
        return pieces
    tails = [b"", *(_installed_by_json(name) for name in rows.installers)]
    codes = rows.pick_installers(positions)
    for fragment, time, code in zip(fragments, times, codes, strict=True):
        pieces += (b",", fragment.head, time_json(time), tails[code] or fragment.tail)
    return pieces


def _installed_by_json(name: str) -> bytes:
    return b',"InstalledBy":' + msgspec.json.encode(name) + b"}"


def _page_json(pieces: Sequence[bytes], token: bytes) -> bytes:
    return b"".join((b'{"Patches":[', *pieces[1:], b'],"NextToken":"', token, b'"}'))


def _patch_state(context: Context, instance_id: str, verdict: NodeVerdict) -> dict[str, object]:
    operation = scans.operation(context.db, verdict.provenance.scan_id)
    counts = verdict.summary
    return {
        "InstanceId": instance_id,
        "PatchGroup": verdict.provenance.patch_group,
        "BaselineId": verdict.provenance.baseline_id,
        "OwnerInformation": "",
        "InstalledCount": counts.installed,
        "InstalledOtherCount": counts.installed_other,
        "InstalledPendingRebootCount": counts.installed_pending_reboot,
        "InstalledRejectedCount": counts.installed_rejected,
        "MissingCount": counts.missing,
        "FailedCount": counts.failed,
        "UnreportedNotApplicableCount": -1,
        "NotApplicableCount": counts.not_applicable,
        "AvailableSecurityUpdateCount": counts.available_security_update,
        "OperationStartTime": operation.started_at,
        "OperationEndTime": operation.ended_at,
        "Operation": operation.operation,
        "RebootOption": operation.reboot_option,
        "CriticalNonCompliantCount": counts.critical_non_compliant,
        "SecurityNonCompliantCount": counts.security_non_compliant,
        "OtherNonCompliantCount": counts.other_non_compliant,
    }
