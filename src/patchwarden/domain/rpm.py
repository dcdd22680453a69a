"""What is particular to dnf, yum and zypper: how patches are named, filtered and shown.

Contract 2.7, 4.3, 4.7. What a function here gives depends on its arguments alone and recurs on
every node with the same package, so that the frequent ones are remembered.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from patchwarden.domain.facts import Advisory
from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.selection import Field, NameList
from patchwarden.domain.versions import rpm

_REMEMBERED = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageManager:
    """What differs between the package managers of rpm systems."""

    shows_epoch: bool
    """Whether names and titles bear the epoch of a version, or 0 whatever it is."""
    title_case: bool
    """Whether the vendor's words are shown in title case, or as they are."""
    severity_if_none: str
    """What it says of an advisory that has no severity."""
    knows_fixes: bool
    """Whether lists of names may name CVEs and bugs that an advisory fixes, besides its id."""
    fixes_obey_global_filters: bool
    """Whether what is approved by an advisory's id or fixes has to pass the global filters, as what
    is approved by its own name has not (contract 3.2, step 3)."""
    counts_builds: bool
    """Whether a version counts as released no earlier than it was built (contract 4.6)."""


PACKAGE_MANAGERS: Mapping[str, PackageManager] = {
    "dnf": PackageManager(
        shows_epoch=True,
        title_case=True,
        severity_if_none="",
        knows_fixes=True,
        fixes_obey_global_filters=False,
        counts_builds=False,
    ),
    "yum": PackageManager(
        shows_epoch=True,
        title_case=True,
        severity_if_none="None",
        knows_fixes=True,
        fixes_obey_global_filters=True,
        counts_builds=True,
    ),
    "zypper": PackageManager(
        shows_epoch=False,
        title_case=False,
        severity_if_none="unspecified",
        knows_fixes=False,
        fixes_obey_global_filters=False,
        counts_builds=False,
    ),
}


class Listing(NamedTuple):
    """Which lists of names in a baseline name something."""

    is_approved: bool
    is_rejected: bool


UNLISTED = Listing(is_approved=False, is_rejected=False)


def is_newer(version: str, than: str) -> bool:
    """Say whether `version` is newer than the version `than`, in rpm's order."""
    return rpm.compare(version, than) > 0


def name_forms(name: str, architecture: str, version: str, *, shows_epoch: bool) -> tuple[str, ...]:
    """Give the forms by which a baseline may name a version of a package (contract 4.7).

    They are n, n.a, n-v, n-v-r, n-v-r.a, e:n-v-r.a, n-e:v-r.a, n-e:v-r, v, v-r, e:v-r and
    n.a:e:v-r.
    """
    epoch, upstream, version_release = _parts(version, shows_epoch=shows_epoch)
    name_version = f"{name}-{version_release}.{architecture}"
    return (
        name,
        f"{name}.{architecture}",
        f"{name}-{upstream}",
        f"{name}-{version_release}",
        name_version,
        f"{epoch}:{name_version}",
        f"{name}-{epoch}:{version_release}.{architecture}",
        f"{name}-{epoch}:{version_release}",
        upstream,
        version_release,
        f"{epoch}:{version_release}",
        f"{name}.{architecture}:{epoch}:{version_release}",
    )


@functools.lru_cache(maxsize=_REMEMBERED)
def listing(
    approved: NameList,
    rejected: NameList,
    name: str,
    architecture: str,
    version: str,
    *,
    shows_epoch: bool,
) -> Listing:
    """Say whether ApprovedPatches and RejectedPatches name a version of a package."""
    forms = name_forms(name, architecture, version, shows_epoch=shows_epoch)
    return Listing(approved.matches(forms), rejected.matches(forms))


def advisory_listing(
    approved: NameList, rejected: NameList, advisory: Advisory, *, knows_fixes: bool
) -> Listing:
    """Say whether the two lists name an advisory: by its id, or by a CVE or bug that it fixes."""
    names = [advisory.advisory_id]
    if knows_fixes:
        names += [*advisory.cve_ids, *advisory.bugzilla_ids]
    return Listing(approved.matches(names), rejected.matches(names))


@functools.lru_cache(maxsize=4096)
def filter_fields(
    products: tuple[str, ...], classification: str, severity: str
) -> frozenset[Field]:
    """Give the fields that filters ask for (contract 4.3); those that are empty are absent."""
    fields = [("PRODUCT", product) for product in products]
    fields += [("CLASSIFICATION", classification), ("SEVERITY", severity)]
    return frozenset((key, value.lower()) for key, value in fields if value)


@functools.lru_cache(maxsize=_REMEMBERED)
def patch_record(
    name: str,
    architecture: str,
    version: str,
    classification: str,
    severity: str,
    *,
    shows_epoch: bool,
) -> PatchRecord:
    """Give what DescribeInstancePatches says about a patch (contract 2.7), without CVEs."""
    epoch, _, version_release = _parts(version, shows_epoch=shows_epoch)
    kb_id = f"{name}.{architecture}"
    return PatchRecord(
        title=f"{kb_id}:{epoch}:{version_release}",
        kb_id=kb_id,
        classification=classification,
        severity=severity,
        cve_ids="",
    )


def _parts(text: str, *, shows_epoch: bool) -> tuple[str, str, str]:
    """Give epoch, version, and version with release."""
    epoch, version, release = rpm.split(text)
    version_release = f"{version}-{release}" if release else version
    return epoch if shows_epoch else "0", version, version_release
