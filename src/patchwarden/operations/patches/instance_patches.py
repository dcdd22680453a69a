"""DescribeInstancePatches (contract 2)."""

import struct
from collections.abc import Iterator, Sequence
from itertools import compress, islice

import msgspec

from patchwarden.evaluation import run
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError
from patchwarden.operations.paging import has_token_on_last_page, open_token, seal_token
from patchwarden.operations.patch_fragments import TimeEndings, pick
from patchwarden.operations.patches.filters import NO_FILTERS, PatchFilters, parse_filters
from patchwarden.protocol.page_token import InvalidPageToken
from patchwarden.store import verdicts
from patchwarden.store.packed_rows import NO_ROWS, PackedRows

_POSITION = struct.Struct("<QI")
_TIME_ENDINGS = TimeEndings()
_CHUNK = 256


def describe_instance_patches(context: Context, request: Request) -> Answer:
    """Give the patches of a node and their state relative to its baseline.

    Pages of one walk come from one evaluation, whatever arrives in between. Raises
    InvalidInstanceIdError, InvalidFilterError, InvalidPageToken.
    """
    filters = parse_filters(request["Filters"]) if "Filters" in request else NO_FILTERS
    verdict_id, rows, start = _evaluation_to_show(context, request)
    limit = request.get("MaxResults", context.resources.choices.default_page_size)
    positions, next_start = _positions(context, rows, filters, start, limit)
    token = b""
    if next_start is not None:
        token = seal_token(context, request, _POSITION.pack(verdict_id, next_start)).encode()
    has_token = token or has_token_on_last_page(context)
    return _page_json(context, rows, positions, token if has_token else None)


def _evaluation_to_show(context: Context, request: Request) -> tuple[int, PackedRows, int]:
    """Find the evaluation and the row to start with: by the token, else the one in force."""
    instance_id = request["InstanceId"]
    token = open_token(context, request)
    if token:
        verdict_id, start = _POSITION.unpack(token)
        rows = verdicts.pinned_rows(context.db, context.scope, instance_id, verdict_id)
        if rows is None:
            raise InvalidPageToken
        return verdict_id, rows, start
    node = run.current(
        context.db, context.resources.engine, context.scope, instance_id, context.now
    )
    if node is None:
        raise InvalidInstanceIdError.unknown(instance_id)
    if node.verdict is None:
        return 0, NO_ROWS, 0
    return node.verdict.verdict_id, node.verdict.rows, 0


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
    fragments = context.resources.fragments
    while chunk := list(islice(candidates, _CHUNK)):
        records = fragments.records(context.db, rows.pick_codes(chunk))
        yield from compress(chunk, filters.match_records(records))


def _page_json(
    context: Context, rows: PackedRows, positions: Sequence[int], token: bytes | None
) -> bytes:
    heads = context.resources.fragments.heads(context.db, rows.pick_codes(positions))
    endings: Sequence[bytes] = pick(_TIME_ENDINGS, rows.pick_times(positions))
    if rows.installers:
        members = [b"},", *(_installed_by_json(name) for name in rows.installers)]
        codes = rows.pick_installers(positions)
        endings = [ending[:-2] + members[code] for code, ending in zip(codes, endings, strict=True)]
    # Filled column by column and joined once: this is most of the work of a page.
    pieces = [b'{"Patches":['] * (2 * len(heads) + 2)
    pieces[1:-1:2] = heads
    pieces[2:-1:2] = endings
    if heads:
        pieces[-2] = pieces[-2].removesuffix(b",")
    pieces[-1] = b"]}" if token is None else b'],"NextToken":"%b"}' % token
    return b"".join(pieces)


def _installed_by_json(name: str) -> bytes:
    return b',"InstalledBy":' + msgspec.json.encode(name) + b"},"
