"""Which patch group a node is in (contract 4.9, 6.6)."""

from collections.abc import Mapping

PATCH_GROUP_TAGS = ("Patch Group", "PatchGroup")
"""The tag keys that name a group; the first counts where a node has both with a value."""


def patch_group_of(tags: Mapping[str, str]) -> str:
    """Give the patch group that a node's tags name; empty if none."""
    return next((tags[key] for key in PATCH_GROUP_TAGS if tags.get(key)), "")
