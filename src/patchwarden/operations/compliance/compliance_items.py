"""ListComplianceItems: the compliance of one node, item by item (contract 2.5, 6.5)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from patchwarden.evaluation import run
from patchwarden.operations.compliance.filters import ComplianceFilters, parse_compliance_filters
from patchwarden.operations.compliance.members import check_resource_types, unknown_resource
from patchwarden.operations.compliance.sources import (
    FILTER_KEYS,
    Item,
    JudgedPatches,
    PutItems,
    Source,
)
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import RequestValidationError
from patchwarden.operations.paging import MAX_EXAMINED, open_token, seal_token
from patchwarden.protocol.page_token import InvalidPageToken
from patchwarden.store import compliance, verdicts
from patchwarden.store.compliance import PATCH, UploadKey
from patchwarden.store.verdicts import NodeState

_DEFAULT_LIMIT = 50
_PLACE = struct.Struct("<?QI")


def list_compliance_items(context: Context, request: Request) -> Answer:
    """Give the compliance items of one node that all filters match, by type.

    Patches come from one evaluation on all pages, whatever arrives in between. Raises
    InvalidResourceIdError, InvalidResourceTypeError, InvalidFilterError, InvalidPageToken,
    RequestValidationError.
    """
    filters = parse_compliance_filters(request.get("Filters", ()), FILTER_KEYS)
    check_resource_types(request.get("ResourceTypes", ()))
    walk = _Walk(_only_resource(request), _read_place(open_token(context, request)))
    limit = request.get("MaxResults", _DEFAULT_LIMIT)
    found: list[Item] = []
    candidates = _candidates(context, walk, filters, limit + 1)
    for examined, (place, item) in enumerate(candidates):
        if examined == MAX_EXAMINED or (item is not None and len(found) == limit):
            token = seal_token(context, request, _place_bytes(place))
            return {"ComplianceItems": found, "NextToken": token}
        if item is not None:
            found.append(item)
    return {"ComplianceItems": found, "NextToken": ""}


class _Place(NamedTuple):
    """The item that a page starts with."""

    is_judged: bool
    """Whether it is a patch that is judged here, and was not put by hand."""
    source_id: int
    position: int
    compliance_type: str


_BEGINNING = _Place(is_judged=False, source_id=0, position=0, compliance_type="")


class _Walk(NamedTuple):
    instance_id: str
    start: _Place


def _only_resource(request: Request) -> str:
    instance_ids = set(request.get("ResourceIds", ()))
    if len(instance_ids) != 1:
        raise RequestValidationError("ResourceIds must name one managed node, and only one.")
    return str(instance_ids.pop())


def _read_place(token: bytes) -> _Place:
    if not token:
        return _BEGINNING
    is_judged, source_id, position = _PLACE.unpack_from(token)
    return _Place(is_judged, source_id, position, token[_PLACE.size :].decode())


def _place_bytes(place: _Place) -> bytes:
    return _PLACE.pack(*place[:3]) + place.compliance_type.encode()


def _candidates(
    context: Context, walk: _Walk, filters: ComplianceFilters, chunk: int
) -> Iterator[tuple[_Place, Item | None]]:
    """Give each item from the start of the walk on, None in its place if it does not match."""
    for source in _sources(context, walk):
        is_judged = isinstance(source, JudgedPatches)
        is_first = source.compliance_type == walk.start.compliance_type
        start = walk.start.position if is_first else 0
        for position, item in source.candidates(filters, start, chunk):
            yield _Place(is_judged, source.source_id, position, source.compliance_type), item


def _sources(context: Context, walk: _Walk) -> list[Source]:
    """Give what there is of the type that the walk has come to and of those behind it, by type.

    Raises InvalidResourceIdError, and InvalidPageToken if the items it was among were replaced.
    """
    instance_id, start = walk
    engine = context.resources.engine
    node = run.current(context.db, engine, context.scope, instance_id, context.now)
    if node is None:
        raise unknown_resource(instance_id)
    if start.is_judged:
        # `Patch` comes behind all other types.
        return [_pinned_patches(context, walk)]
    put = _put_items(context, instance_id, node)
    if start.compliance_type:
        put = [source for source in put if source.compliance_type >= start.compliance_type]
        if not put or put[0].source_id != start.source_id:
            raise InvalidPageToken
    has_put_patches = any(source.compliance_type == PATCH for source in put)
    if node.verdict is None or has_put_patches:
        return [*put]
    verdict_id, rows = node.verdict.verdict_id, node.verdict.rows
    return [*put, JudgedPatches(context, instance_id, verdict_id, rows)]


def _pinned_patches(context: Context, walk: _Walk) -> JudgedPatches:
    instance_id, start = walk
    rows = verdicts.pinned_rows(context.db, context.scope, instance_id, start.source_id)
    if rows is None:
        raise InvalidPageToken
    return JudgedPatches(context, instance_id, start.source_id, rows)


def _put_items(context: Context, instance_id: str, node: NodeState) -> list[PutItems]:
    return [
        PutItems(
            context,
            instance_id,
            UploadKey(node.node_key, upload.compliance_type),
            upload.upload_id,
        )
        for upload in compliance.uploads_of(context.db, node.node_key)
        if upload.holds_after(node.scan_id)
    ]
