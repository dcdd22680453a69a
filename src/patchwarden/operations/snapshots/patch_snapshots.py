"""Patch snapshots: the baseline that a node is to be patched by, fixed for some days (5.18)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from patchwarden.data.load import operating_systems, predefined_baseline_arn
from patchwarden.domain.baseline_validity import check_baseline
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.os_rules import WINDOWS, product_of
from patchwarden.domain.patch_groups import patch_group_of
from patchwarden.domain.states import ComplianceLevel
from patchwarden.evaluation.assignment import assigned_baseline, find_predefined
from patchwarden.evaluation.effective_patches import approved_patches
from patchwarden.operations.baselines.lookup import KnownBaseline, find_baseline
from patchwarden.operations.baselines.members import read_baseline
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    InvalidInstanceIdError,
    RequestValidationError,
    UnsupportedOperatingSystemError,
)
from patchwarden.operations.sealed_sources import with_opened_sources
from patchwarden.operations.snapshot_links import LINK_LIFETIME_S
from patchwarden.operations.snapshots.document import snapshot_document
from patchwarden.store import catalog, nodes, patch_snapshots
from patchwarden.store.baselines import digest_of
from patchwarden.store.nodes import ManagedNode
from patchwarden.store.patch_snapshots import SnapshotKey

FIXED_FOR_S = 3 * 86_400
"""How long the same id means the same snapshot (contract 5.18)."""
_KEPT_FOR_S = FIXED_FOR_S + LINK_LIFETIME_S
_MADE_AGAIN_AFTER_S = 600
"""The steps in which approval delays run out."""
_OVERRIDE_NAME = "BaselineOverride"


def get_deployable_patch_snapshot_for_instance(context: Context, request: Request) -> Answer:
    """Give the link to a snapshot of the node's baseline, made when its id comes first.

    Raises RequestValidationError, UnsupportedOperatingSystemError, InvalidBaselineError.
    """
    node = _find_node(context, request["InstanceId"])
    product = _product(node)
    override = _read_override(request.get("BaselineOverride"), node)
    key = _key(context, node, request["SnapshotId"], override)
    return {
        "InstanceId": node.instance_id,
        "SnapshotId": request["SnapshotId"],
        "SnapshotDownloadUrl": context.resources.snapshot_links.url(
            key,
            host=context.host,
            now=context.now,
            nonce=context.resources.random_bytes(12),
        ),
        "Product": product,
    }


def _key(
    context: Context, node: ManagedNode, snapshot_id: str, override: PatchBaseline | None
) -> SnapshotKey:
    """Give the key of a snapshot that is kept, made if need be.

    One that is there wins over a changed baseline and over an override (contract 6.4).
    """
    shared = SnapshotKey(
        *context.scope,
        # Not the group that the node itself reports: the baselines of others are none of its
        # business, and their sources may have passwords.
        patch_group=patch_group_of(node.tags),
        operating_system=node.operating_system,
        snapshot_id=snapshot_id,
    )
    # What one node says that it is to be patched by must not become what others are patched by.
    own = shared._replace(snapshot_id=f"{snapshot_id}-{node.instance_id}")
    since = context.now - FIXED_FOR_S
    for key in (own, shared):
        if patch_snapshots.is_kept(context.db, key, since):
            return key
    made = shared if override is None else own
    _make(context, made, override)
    return made


def _find_node(context: Context, instance_id: str) -> ManagedNode:
    node = nodes.find(context.db, context.scope, instance_id)
    if node is None:
        # The operation declares no InvalidInstanceId.
        raise RequestValidationError(str(InvalidInstanceIdError.unknown(instance_id)))
    return node


def _product(node: ManagedNode) -> str:
    rules = operating_systems().get(node.operating_system)
    product = None if rules is None else product_of(rules, node.platform_version)
    if product is None:
        raise UnsupportedOperatingSystemError
    return product


def _read_override(override: Mapping[str, Any] | None, node: ManagedNode) -> PatchBaseline | None:
    if not override:
        return None
    operating_system = override.get("OperatingSystem", node.operating_system)
    if operating_system != node.operating_system:
        raise RequestValidationError(
            f"BaselineOverride is for {operating_system}, but {node.instance_id} runs"
            f" {node.operating_system}; give the override for that."
        )
    content = read_baseline(
        {**override, "Name": _OVERRIDE_NAME, "OperatingSystem": operating_system}
    )
    check_baseline(content, operating_systems()[operating_system])
    return content


def _make(context: Context, key: SnapshotKey, override: PatchBaseline | None) -> None:
    db, vault, now = context.db, context.resources.vault, context.now
    patch_snapshots.drop_old(db, now - _KEPT_FOR_S)
    baseline = _assigned(context, key)
    basis = None if override else _basis(context, key, baseline)
    if basis is not None and patch_snapshots.keep_made_from(db, key, basis, now):
        return
    content = override or with_opened_sources(vault, baseline.content)
    document = snapshot_document(
        context.scope,
        replace(baseline, content=content),
        patch_group=key.patch_group,
        approved=_approved_patches(context, content),
    )
    patch_snapshots.keep(db, vault, key, document, now, basis=basis)


def _basis(context: Context, key: SnapshotKey, baseline: KnownBaseline) -> bytes:
    """Name what a document is made from: for Windows it can take seconds to make it."""
    parts = (
        *context.scope,
        key.patch_group,
        baseline.baseline_id,
        baseline.created_at,
        baseline.modified_at,
        digest_of(baseline.content),
        catalog.last_import_id(context.db),
        context.now // _MADE_AGAIN_AFTER_S,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


def _assigned(context: Context, key: SnapshotKey) -> KnownBaseline:
    db, scope = context.db, context.scope
    bare = assigned_baseline(db, scope, key.operating_system, key.patch_group).baseline_id
    arn = predefined_baseline_arn(scope.region, bare)
    is_predefined = find_predefined(scope.region, arn) is not None
    return find_baseline(db, scope, arn if is_predefined else bare)


def _approved_patches(
    context: Context, content: PatchBaseline
) -> Iterable[tuple[CatalogPatch, ComplianceLevel]]:
    if content.operating_system != WINDOWS:
        return ()
    return approved_patches(context.db, content, context.now)
