"""DescribeAvailablePatches and DescribeEffectivePatchesForPatchBaseline (contract 5.16, 5.17)."""

import struct
from collections.abc import Mapping
from typing import NamedTuple

from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.effective_policy import PatchStatus
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.evaluation.effective_patches import effective_patches
from patchwarden.operations.baselines.lookup import find_baseline
from patchwarden.operations.catalog.filters import parse_catalog_filters
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import UnsupportedOperatingSystemError
from patchwarden.operations.paging import open_token, seal_token
from patchwarden.operations.wire_values import wire_time, without_absent
from patchwarden.store.catalog import every_terms
from patchwarden.store.catalog_search import START, Position, find

_DEFAULT_LIMIT = 100
_POSITION = struct.Struct("<dQ")
_WINDOWS_MEMBERS: Mapping[str, str] = {
    "Title": "title",
    "Description": "description",
    "ContentUrl": "content_url",
    "Vendor": "vendor",
    "ProductFamily": "product_family",
    "Product": "product",
    "Classification": "classification",
    "MsrcSeverity": "msrc_severity",
    "KbNumber": "kb_number",
    "MsrcNumber": "msrc_number",
    "Language": "language",
}
"""Members of an answer that are there even if they are empty, in the service's order."""
_LINUX_MEMBERS: Mapping[str, str] = {
    "Title": "title",
    "Description": "description",
    "ContentUrl": "content_url",
    "Vendor": "vendor",
    "ProductFamily": "product_family",
    "Product": "product",
    "Classification": "classification",
    "Language": "language",
    "Name": "name",
    "Version": "version",
    "Release": "release",
    "Arch": "arch",
    "Severity": "severity",
    "Repository": "repository",
}
"""Members of an answer that are left out if they are empty."""


def describe_available_patches(context: Context, request: Request) -> Answer:
    """Give the patches of the catalog that all filters match, by release date.

    The original knows Windows, Amazon Linux 1 and 2 here; this gives whatever was imported.
    Raises RequestValidationError, InvalidPageToken.
    """
    filters = parse_catalog_filters(request.get("Filters", ()))
    reached = _opened(context, request)
    limit = request.get("MaxResults", _DEFAULT_LIMIT)
    patches: list[dict[str, object]] = []
    token = ""
    for search in filters.searches(every_terms(context.db)):
        system = search.operating_system
        if system < reached.operating_system:
            continue
        if len(patches) == limit:
            token = _sealed(context, request, _Place(system, START))
            break
        after = reached.position if system == reached.operating_system else START
        found = find(context.db, search, after, limit - len(patches))
        patches += map(_patch_members, found.patches)
        if found.reached is not None:
            token = _sealed(context, request, _Place(system, found.reached))
            break
    return {"Patches": patches, "NextToken": token}


def describe_effective_patches_for_patch_baseline(context: Context, request: Request) -> Answer:
    """Give the patches that a Windows baseline is about, and how it stands to each now.

    Raises DoesNotExistError, InvalidResourceIdError, UnsupportedOperatingSystemError,
    InvalidPageToken.
    """
    baseline = find_baseline(context.db, context.scope, request["BaselineId"]).content
    if baseline.operating_system != WINDOWS:
        raise UnsupportedOperatingSystemError(
            f"The baseline is for {baseline.operating_system}; name one for WINDOWS."
        )
    part = effective_patches(
        context.db,
        baseline,
        context.now,
        after=_opened(context, request).position,
        limit=request.get("MaxResults", _DEFAULT_LIMIT),
    )
    place = None if part.reached is None else _Place(WINDOWS, part.reached)
    return {
        "EffectivePatches": [
            {"Patch": _patch_members(patch), "PatchStatus": _status_members(status)}
            for patch, status in part.patches
        ],
        "NextToken": _sealed(context, request, place) if place else "",
    }


class _Place(NamedTuple):
    """Where a walk through the catalog has got to."""

    operating_system: str
    position: Position


def _opened(context: Context, request: Request) -> _Place:
    payload = open_token(context, request)
    if not payload:
        return _Place("", START)
    position = Position._make(_POSITION.unpack_from(payload))
    return _Place(payload[_POSITION.size :].decode(), position)


def _sealed(context: Context, request: Request, place: _Place) -> str:
    packed = _POSITION.pack(*place.position) + place.operating_system.encode()
    return seal_token(context, request, packed)


def _patch_members(patch: CatalogPatch) -> dict[str, object]:
    released_at = None if patch.released_at is None else wire_time(patch.released_at)
    if patch.operating_system == WINDOWS:
        texts = {name: getattr(patch, field) for name, field in _WINDOWS_MEMBERS.items()}
        return without_absent({"Id": patch.patch_id, "ReleaseDate": released_at, **texts})
    texts = {name: getattr(patch, field) or None for name, field in _LINUX_MEMBERS.items()}
    return without_absent(
        {
            "Id": patch.patch_id or None,
            "ReleaseDate": released_at,
            **texts,
            "Epoch": patch.epoch,
            "AdvisoryIds": patch.advisory_ids,
            "BugzillaIds": patch.bugzilla_ids,
            "CVEIds": patch.cve_ids,
        }
    )


def _status_members(status: PatchStatus) -> dict[str, object]:
    approved_at = status.approved_at
    return without_absent(
        {
            "DeploymentStatus": status.deployment_status,
            "ComplianceLevel": status.compliance_level.name,
            "ApprovalDate": None if approved_at is None else wire_time(approved_at),
        }
    )
