"""DescribeInstancePatches and DescribeInstancePatchStates (contract 2, 5.12)."""

import struct
from collections.abc import Iterator, Sequence
from itertools import compress, islice

import msgspec

from patchwarden.evaluation import run
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError
from patchwarden.operations.paging import open_token, seal_token
from patchwarden.operations.patch_filters import PatchFilters, parse_filters
from patchwarden.operations.patch_fragments import Fragment, time_json
from patchwarden.operations.wire_values import wire_time
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
        raise InvalidInstanceIdError.unknown(instance_id)
    return state.verdict_id or 0, state.verdict, 0


def _positions(
    context: Context, rows: PackedRows, filters: PatchFilters, start: int, limit: int
) -> tuple[Sequence[int], int | None]:
    """Give the rows of one page, and the row that the next one starts with."""
    if filters.are_empty:
        stop = min(start + limit, len(rows))
        return range(start, stop), stop if stop < len(rows) else None
    found = list(islice(_matching(context, rows, filters, start), limit + 1))
    next_start = found.pop() if len(found) > limit else None
    return found, next_start


def _matching(
    context: Context, rows: PackedRows, filters: PatchFilters, start: int
) -> Iterator[int]:
    candidates = (
        iter(range(start, len(rows)))
        if filters.states is None
        else rows.positions_in(filters.states, start)
    )
    if not filters.fields:
        yield from candidates
        return
    while chunk := list(islice(candidates, _CHUNK)):
        fragments = _fragments(context, rows, chunk)
        matches = filters.match_records([fragment.record for fragment in fragments])
        yield from compress(chunk, matches)


def _fragments(context: Context, rows: PackedRows, positions: Sequence[int]) -> list[Fragment]:
    record_ids, states = rows.pick(positions)
    return context.resources.fragments.find(context.db, record_ids, states)


def _patches_json(context: Context, rows: PackedRows, positions: Sequence[int]) -> list[bytes]:
    """Give the JSON of the patches in pieces, each patch with a comma before it."""
    fragments = _fragments(context, rows, positions)
    tails = [fragment.tail for fragment in fragments]
    if rows.installers:
        members = [b"", *(_installed_by_json(name) for name in rows.installers)]
        codes = rows.pick_installers(positions)
        tails = [members[code] + tail for code, tail in zip(codes, tails, strict=True)]
    # Filled column by column: this is most of the work of a page.
    pieces = [b","] * (4 * len(fragments))
    pieces[1::4] = [fragment.head for fragment in fragments]
    pieces[2::4] = map(time_json, rows.pick_times(positions))
    pieces[3::4] = tails
    return pieces


def _installed_by_json(name: str) -> bytes:
    return b',"InstalledBy":' + msgspec.json.encode(name)


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
        "OperationStartTime": wire_time(operation.started_at),
        "OperationEndTime": wire_time(operation.ended_at),
        "Operation": operation.operation,
        "RebootOption": operation.reboot_option,
        "CriticalNonCompliantCount": counts.critical_non_compliant,
        "SecurityNonCompliantCount": counts.security_non_compliant,
        "OtherNonCompliantCount": counts.other_non_compliant,
    }
