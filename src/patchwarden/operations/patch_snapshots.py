"""Patch snapshots: the baseline that a node is to be patched by, fixed for some days (5.18)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from patchwarden.data.load import operating_systems, predefined_baseline_arn
from patchwarden.domain.baseline_validity import check_baseline
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.catalog import WINDOWS, CatalogPatch
from patchwarden.domain.os_rules import product_of
from patchwarden.domain.states import ComplianceLevel
from patchwarden.evaluation.assignment import assigned_baseline, find_predefined
from patchwarden.evaluation.effective_patches import approved_patches
from patchwarden.operations.baseline_lookup import KnownBaseline, find_baseline
from patchwarden.operations.baseline_wire import read_baseline
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import RequestValidationError, UnsupportedOperatingSystemError
from patchwarden.operations.snapshot_document import snapshot_document
from patchwarden.operations.snapshot_links import LINK_LIFETIME_S
from patchwarden.store import nodes, patch_snapshots
from patchwarden.store.nodes import ManagedNode
from patchwarden.store.patch_snapshots import SnapshotKey

FIXED_FOR_S = 3 * 86_400
"""How long the same id means the same snapshot (contract 5.18)."""
_KEPT_FOR_S = FIXED_FOR_S + LINK_LIFETIME_S
_OVERRIDE_NAME = "BaselineOverride"


def get_deployable_patch_snapshot_for_instance(context: Context, request: Request) -> Answer:
    """Give the link to a snapshot of the node's baseline, made when its id comes first.

    Raises RequestValidationError, UnsupportedOperatingSystemError, InvalidBaselineError.
    """
    node = _find_node(context, request["InstanceId"])
    product = _product(node)
    override = _read_override(request.get("BaselineOverride"), node)
    key = SnapshotKey(
        *context.scope,
        patch_group=node.patch_group,
        operating_system=node.operating_system,
        snapshot_id=request["SnapshotId"],
    )
    # A snapshot that is there wins over a changed baseline and over an override (contract 6.4).
    if not patch_snapshots.is_kept(context.db, key, context.now - FIXED_FOR_S):
        _make(context, key, override)
    return {
        "InstanceId": node.instance_id,
        "SnapshotId": key.snapshot_id,
        "SnapshotDownloadUrl": context.resources.snapshot_links.url(
            key,
            host=context.host,
            now=context.now,
            nonce=context.resources.random_bytes(12),
        ),
        "Product": product,
    }


def _find_node(context: Context, instance_id: str) -> ManagedNode:
    node = nodes.find(context.db, context.scope, instance_id)
    if node is None:
        # The operation declares no InvalidInstanceId.
        raise RequestValidationError(
            f"Instance {instance_id} is not a managed node in this account and region."
        )
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
    baseline = _assigned(context, key)
    if override is not None:
        baseline = replace(baseline, content=override)
    document = snapshot_document(
        context.scope,
        baseline,
        patch_group=key.patch_group,
        approved=_approved_patches(context, baseline.content),
    )
    patch_snapshots.drop_old(context.db, context.now - _KEPT_FOR_S)
    patch_snapshots.keep(context.db, key, document, context.now)


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
