"""The operating systems of the simulated fleet, as data.

Names of suites, labels and codenames are those of the real archives, because the rules that tell
security updates go by them; every package in them is made up.
"""

from dataclasses import dataclass

from patchwarden.domain.facts import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release of an operating system."""

    operating_system: str
    platform_name: str
    platform_version: str
    codename: str
    suite: str
    """The archive's name for it, which on Debian changes: `oldstable`."""
    kernel: str
    """The upstream version of its kernel."""
    share: int
    """How many of a hundred nodes run it."""

    @property
    def is_debian(self) -> bool:
        """Whether versions and pockets follow Debian's ways, not Ubuntu's."""
        return self.operating_system == "DEBIAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Positions in `origins` of those that offer a version."""

    origins: tuple[Origin, ...]
    released: tuple[int, ...]
    """What came with the release."""
    updated: tuple[int, ...]
    """An update for other reasons than security."""
    security: tuple[int, ...]
    """A security update."""
    vendor: tuple[int, ...]
    """A repository of somebody else."""


RELEASES = (
    Release(
        operating_system="DEBIAN",
        platform_name="Debian GNU/Linux",
        platform_version="11",
        codename="bullseye",
        suite="oldoldstable",
        kernel="5.10.0",
        share=12,
    ),
    Release(
        operating_system="DEBIAN",
        platform_name="Debian GNU/Linux",
        platform_version="12",
        codename="bookworm",
        suite="oldstable",
        kernel="6.1.0",
        share=26,
    ),
    Release(
        operating_system="DEBIAN",
        platform_name="Debian GNU/Linux",
        platform_version="13",
        codename="trixie",
        suite="stable",
        kernel="6.12.0",
        share=12,
    ),
    Release(
        operating_system="UBUNTU",
        platform_name="Ubuntu",
        platform_version="20.04",
        codename="focal",
        suite="focal",
        kernel="5.4.0",
        share=10,
    ),
    Release(
        operating_system="UBUNTU",
        platform_name="Ubuntu",
        platform_version="22.04",
        codename="jammy",
        suite="jammy",
        kernel="5.15.0",
        share=22,
    ),
    Release(
        operating_system="UBUNTU",
        platform_name="Ubuntu",
        platform_version="24.04",
        codename="noble",
        suite="noble",
        kernel="6.8.0",
        share=18,
    ),
)
"""Shares add up to a hundred."""

_VENDOR = Origin(
    archive="stable",
    codename="stable",
    label="Vendor CE",
    origin="Vendor",
    component="main",
    site="packages.vendor.example",
)


def offers_of(release: Release) -> Offers:
    """Give the lists that nodes of `release` have, and which of them offer what."""
    return _debian(release) if release.is_debian else _ubuntu(release)


def _debian(release: Release) -> Offers:
    def pocket(ending: str, label: str) -> Origin:
        return Origin(
            archive=release.suite + ending,
            codename=release.codename + ending,
            label=label,
            origin="Debian",
            component="main",
            site="security.debian.example" if "Security" in label else "deb.debian.example",
        )

    return Offers(
        origins=(
            pocket("", "Debian"),
            pocket("-security", "Debian-Security"),
            pocket("-updates", "Debian"),
            _VENDOR,
        ),
        released=(0,),
        # A point release replaces what came with the release, in the same list.
        updated=(0,),
        security=(1,),
        vendor=(3,),
    )


def _ubuntu(release: Release) -> Offers:
    def pocket(ending: str) -> Origin:
        return Origin(
            archive=release.suite + ending,
            codename=release.codename,
            label="Ubuntu",
            origin="Ubuntu",
            component="main",
            site="archive.ubuntu.example",
        )

    return Offers(
        origins=(pocket(""), pocket("-updates"), pocket("-security"), _VENDOR),
        released=(0,),
        updated=(1,),
        # A security update is soon in -updates as well.
        security=(1, 2),
        vendor=(3,),
    )
