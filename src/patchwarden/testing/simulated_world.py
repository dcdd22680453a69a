"""What the simulated nodes of one operating system share: every package in the states it can have.

A node's list refers to these records, which is what makes the fleet fast to produce.
"""

import functools
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from patchwarden.domain.facts import AvailableVersion, NotInstalled, Package
from patchwarden.testing.simulated_packages import (
    DAY_S,
    OLDEST_UPDATE_DAYS,
    BinaryPackage,
    packages_of,
)
from patchwarden.testing.simulated_releases import Offers, Release, offers_of

ROLES = ("application", "build", "database", "web")
IMAGE_AGE_DAYS = OLDEST_UPDATE_DAYS + 10
MAINTENANCE_EVERY_DAYS = 7
_COMMON_PACKAGES = 560
_ROLE_PACKAGES = 260
_AVAILABLE_AS_A_WHOLE = 31_000
_ADMINISTRATORS = ("root", "ansible", "maria", "tomasz")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageStates:
    """One package as nodes can have it."""

    current: Package
    """With its newest version installed."""
    behind: Package | None
    """With the version of the release installed and a newer one available; None if none is."""
    waiting: Package | None
    """Like `behind`, but the package manager would not take the newer version now."""
    update_age_days: float
    """How old the newer version is; infinite if there is none."""
    is_security: bool
    """Whether the newer version is a security update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One release of an operating system at one `anchor`, an instant that stands for today."""

    release: Release
    offers: Offers
    states: tuple[PackageStates, ...]
    """By name and architecture."""
    members: Mapping[str, tuple[int, ...]]
    """Role -> positions in `states` of the packages that all of its nodes have, ascending."""
    not_installed: tuple[NotInstalled, ...]
    kernels: tuple[Package, Package]
    """The one of the image, and its newest update."""


@functools.lru_cache(maxsize=32)
def world_of(release: Release, seed: int, anchor: float) -> World:
    """Make the world of `release`; whoever asks again gets the same one."""
    source = random.Random(f"{seed}/world/{release.codename}")
    offers = offers_of(release)
    # Roles are made of the same names in every release.
    roles = random.Random(f"{seed}/roles")
    packages = packages_of(release, seed)
    shuffled = roles.sample(range(len(packages)), len(packages))
    common = shuffled[:_COMMON_PACKAGES]
    return World(
        release=release,
        offers=offers,
        states=tuple(_states(package, offers, source, anchor) for package in packages),
        members={
            role: tuple(sorted(common + _of_role(shuffled, position)))
            for position, role in enumerate(ROLES)
        },
        not_installed=_not_installed(offers, source),
        kernels=_kernels(release, offers, source, anchor),
    )


def _of_role(shuffled: list[int], position: int) -> list[int]:
    start = _COMMON_PACKAGES + position * _ROLE_PACKAGES
    return shuffled[start : start + _ROLE_PACKAGES]


def _states(
    package: BinaryPackage, offers: Offers, source: random.Random, anchor: float
) -> PackageStates:
    # The packages of an image, or of one run, are unpacked one after the other.
    unpacked_after_s = source.randrange(420)
    released = Package(
        name=package.name,
        architecture=package.architecture,
        version=package.version,
        installed_at=anchor - IMAGE_AGE_DAYS * DAY_S + unpacked_after_s,
        priority=package.priority,
        section=package.section,
        source=None if package.source == package.name else package.source,
        automatic=package.automatic,
        available=(AvailableVersion(version=package.version, origins=offers.released),),
    )
    update = package.update
    if update is None:
        return PackageStates(
            current=_perhaps_by_hand(released, offers, source),
            behind=None,
            waiting=None,
            update_age_days=float("inf"),
            is_security=False,
        )
    origins = offers.security if update.channel == "security" else offers.updated
    newer = AvailableVersion(
        version=update.version, origins=origins, phased_percentage=update.phased_percentage
    )
    installed_days_ago = update.age_days // MAINTENANCE_EVERY_DAYS * MAINTENANCE_EVERY_DAYS
    by = "unattended-upgrades" if update.channel == "security" else source.choice(_ADMINISTRATORS)
    behind = replace(released, available=(newer,))
    return PackageStates(
        current=replace(
            behind,
            version=update.version,
            installed_at=anchor - installed_days_ago * DAY_S + unpacked_after_s,
            installed_by=by,
        ),
        behind=behind,
        waiting=_waiting(behind, package),
        update_age_days=update.age_days,
        is_security=update.channel == "security",
    )


def _perhaps_by_hand(released: Package, offers: Offers, source: random.Random) -> Package:
    """Let a few packages come from a vendor, or from no list at all any more."""
    draw = source.random()
    if draw < 0.01:
        vendor = AvailableVersion(version=released.version, origins=offers.vendor)
        return replace(released, available=(vendor,), installed_by="root", priority="optional")
    if draw < 0.02:
        gone = AvailableVersion(version=released.version)
        return replace(released, available=(gone,), installed_by="root")
    return released


def _waiting(behind: Package, package: BinaryPackage) -> Package | None:
    assert package.update is not None
    if package.installs_new is not None:
        reason = f"it needs {package.installs_new}, which is not installed"
    elif package.update.phased_percentage is not None:
        reason = f"phased update, at {package.update.phased_percentage} percent"
    else:
        return None
    return replace(behind, available=(replace(behind.available[0], kept_back=reason),))


def _not_installed(offers: Offers, source: random.Random) -> tuple[NotInstalled, ...]:
    priorities = ("optional", "optional", "extra", "standard")
    sections = ("libs", "python", "perl", "net", "devel", "admin", "doc", "games", "science")
    groups = [
        NotInstalled(
            priority=source.choice(priorities),
            section=section,
            origins=origins,
            count=source.randrange(_AVAILABLE_AS_A_WHOLE // (len(sections) * share)),
        )
        for section in sections
        for origins, share in ((offers.released, 1), (offers.security, 12))
    ]
    return tuple(groups)


def _kernels(
    release: Release, offers: Offers, source: random.Random, anchor: float
) -> tuple[Package, Package]:
    flavour = "amd64" if release.is_debian else "generic"
    first = source.randint(10, 30)
    return (
        _kernel(release, first, flavour, offers.released, anchor - IMAGE_AGE_DAYS * DAY_S),
        _kernel(
            release, first + source.randint(3, 12), flavour, offers.security, anchor - 12 * DAY_S
        ),
    )


def _kernel(
    release: Release, number: int, flavour: str, origins: tuple[int, ...], installed_at: float
) -> Package:
    version = f"{release.kernel}-{number}.{number + 1}"
    return Package(
        name=f"linux-image-{release.kernel}-{number}-{flavour}",
        architecture="amd64",
        version=version,
        installed_at=installed_at,
        priority="optional",
        section="kernel",
        source="linux",
        automatic=True,
        available=(AvailableVersion(version=version, origins=origins),),
    )
