"""What is particular to apt: how its patches are named, filtered and shown (contract 2.7, 4.7).

What a function here gives depends on its arguments alone and recurs on every node with the same
package, so that the frequent ones are remembered.
"""

import functools

from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.selection import Field, Mention, NameList
from patchwarden.domain.versions import dpkg

_REMEMBERED = 65_536


def is_newer(version: str, than: str) -> bool:
    """Say whether `version` is newer than the version `than`, in dpkg's order."""
    return dpkg.compare(version, than) > 0


def patch_architecture(package_architecture: str, node_architecture: str) -> str:
    """Give the architecture in a patch's name: the node's own for `all` (sources 1.3)."""
    return node_architecture if package_architecture == "all" else package_architecture


def name_forms(name: str, architecture: str, version: str) -> tuple[str, ...]:
    """Give the lower-case forms by which a baseline may name a patch (contract 4.7).

    They are n, n.a, n-v, v, a:v and n.a:v.
    """
    name, architecture, version = name.lower(), architecture.lower(), version.lower()
    return (
        name,
        f"{name}.{architecture}",
        f"{name}-{version}",
        version,
        f"{architecture}:{version}",
        f"{name}.{architecture}:{version}",
    )


@functools.lru_cache(maxsize=_REMEMBERED)
def mention(
    approved: NameList,
    rejected: NameList,
    name: str,
    architecture: str,
    offered: str,
    installed: str,
) -> Mention:
    """Say how ApprovedPatches and RejectedPatches mention a patch, in any of its name's forms.

    What is installed stays rejected unless an update would replace it (contract 3.1).
    """
    forms = name_forms(name, architecture, offered)
    installed_is_rejected = rejected.matches(name_forms(name, architecture, installed))
    return Mention(
        as_approved=approved.matches(forms),
        as_rejected=rejected.matches(forms)
        or (installed_is_rejected and not is_newer(offered, installed)),
        as_installed_and_rejected=installed_is_rejected,
    )


@functools.lru_cache(maxsize=4096)
def filter_fields(products: tuple[str, ...], priority: str, section: str) -> frozenset[Field]:
    """Give the fields that filters ask for (contract 4.3); those that are empty are absent."""
    fields = [("PRODUCT", product) for product in products]
    fields += [("PRIORITY", priority), ("SECTION", section)]
    return frozenset((key, value.lower()) for key, value in fields if value)


@functools.lru_cache(maxsize=_REMEMBERED)
def patch_record(
    name: str, architecture: str, version: str, classification: str, severity: str
) -> PatchRecord:
    """Give what DescribeInstancePatches says about a patch (contract 2.7).

    The epoch stays inside the version. CVEIds are not shown for apt (contract 2.6), unless the
    installation wants them.
    """
    kb_id = f"{name}.{architecture}"
    return PatchRecord(
        title=f"{kb_id}:{version}",
        kb_id=kb_id,
        classification=classification,
        severity=severity.lower(),
        cve_ids="",
    )
