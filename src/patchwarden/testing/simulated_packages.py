"""A made-up but plausible world of packages: names, versions and updates of one release."""

import random
from dataclasses import dataclass
from typing import Literal

from patchwarden.testing.simulated_releases import Release

Channel = Literal["updated", "security"]

DAY_S = 86_400
OLDEST_UPDATE_DAYS = 390
_SOURCES = 1150
_UPDATED_SHARE = 0.34
_SECURITY_SHARE = 0.55
_PHASED_SHARE = 0.12

_STEMS = """
    amber anvil arbor atlas basil beacon birch brook cable canvas cedar cinder clover cobalt
    copper coral crane crystal dahlia delta drift ember falcon fathom fern flint forge garnet
    glade granite harbor hazel heron indigo iris ivory jasper juniper kestrel lantern larch lathe
    laurel ledger lichen linden lumen magnet maple marble meadow mercury mica mosaic nectar nickel
    nimbus oak onyx opal orchid osprey otter pebble pepper pine plover prism quartz quill raven
    reed river rowan rune saffron sage sable shale sierra silk slate sorrel spruce sterling sumac
    tallow tamarind teal thistle timber topaz tulip umber vale velvet violet walnut willow yarrow
    zephyr zinc
""".split()  # noqa: SIM905 - one word a line would fill three pages
_TAILS = """
    archive audio auth buffer cache chart codec conf crypt daemon dns edit event fetch font format
    graph grid http image index json lock log mail markup math mesh meter mount net parse path
    pipe pool print proxy queue render rpc scan schema script shell socket sort stream sync table
    text time token trace tree unit url vector view watch wire xml zone
""".split()  # noqa: SIM905 - one word a line would fill three pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A newer version of a source package than the one that came with the release."""

    version: str
    channel: Channel
    age_days: float
    """How long ago it was published."""
    phased_percentage: int | None
    """Set while Ubuntu still hands it out in steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryPackage:
    """A package as it is installed, built from a source package."""

    name: str
    architecture: str
    section: str
    priority: str
    automatic: bool
    source: str
    version: str
    update: Update | None
    installs_new: str | None
    """A package that the update would have to bring along, which makes apt keep it back."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A way to make packages out of a name."""

    section: str
    binaries: tuple[tuple[str, str, str, bool], ...]
    """Name pattern, section, architecture, automatic."""


_KINDS = (
    _Kind(
        "libs",
        (
            ("lib{0}{n}", "libs", "amd64", True),
            ("lib{0}-data", "libs", "all", True),
            ("lib{0}-dev", "libdevel", "amd64", True),
        ),
    ),
    _Kind("utils", (("{0}", "utils", "amd64", False), ("{0}-common", "utils", "all", True))),
    _Kind("python", (("python3-{0}", "python", "all", True),)),
    _Kind("perl", (("lib{0}-perl", "perl", "all", True),)),
    _Kind("net", (("{0}", "net", "amd64", False), ("{0}-client", "net", "amd64", False))),
    _Kind("admin", (("{0}d", "admin", "amd64", False),)),
    _Kind("web", (("{0}-server", "httpd", "amd64", False), ("{0}-modules", "httpd", "all", True))),
    _Kind("database", (("{0}-db", "database", "amd64", False),)),
    _Kind("devel", (("{0}-tools", "devel", "amd64", False), ("{0}-doc", "doc", "all", True))),
)
_KIND_WEIGHTS = (34, 14, 15, 8, 9, 8, 4, 3, 5)


def packages_of(release: Release, seed: int) -> tuple[BinaryPackage, ...]:
    """Make the packages of `release`, sorted by name and architecture; each pair is unique."""
    # Names are the same in every release of one fleet, versions are not.
    names = random.Random(f"{seed}/names")
    versions = random.Random(f"{seed}/versions/{release.codename}")
    packages: dict[tuple[str, str], BinaryPackage] = {}
    for base in _source_names(names):
        kind = names.choices(_KINDS, _KIND_WEIGHTS)[0]
        for package in _binaries(base, kind, release, names.randrange(10), versions):
            packages[package.name, package.architecture] = package
    return tuple(packages[key] for key in sorted(packages))


def _source_names(names: random.Random) -> list[str]:
    every = [f"{stem}{tail}" for stem in _STEMS for tail in _TAILS]
    every += [f"{stem}-{tail}" for stem in _STEMS for tail in _TAILS]
    return sorted(names.sample(every, _SOURCES))


def _binaries(
    base: str, kind: _Kind, release: Release, number: int, versions: random.Random
) -> list[BinaryPackage]:
    source = f"lib{base}" if kind.section == "libs" else base
    version = _released_version(release, versions)
    update = _update(release, version, versions) if versions.random() < _UPDATED_SHARE else None
    priority = versions.choices(("optional", "required", "important", "standard"), (84, 5, 6, 5))[0]
    brings_along = update is not None and versions.random() < 0.03
    return [
        BinaryPackage(
            name=pattern.format(base, n=number),
            architecture=architecture,
            section=section,
            priority=priority if position == 0 else "optional",
            automatic=automatic,
            source=source,
            version=version,
            update=update,
            installs_new=f"lib{base}{number + 1}" if brings_along and position == 0 else None,
        )
        for position, (pattern, section, architecture, automatic) in enumerate(kind.binaries)
    ]


def _released_version(release: Release, versions: random.Random) -> str:
    numbers = [str(versions.randrange(12)) for _ in range(versions.choice((2, 3, 3, 4)))]
    upstream = ".".join(numbers)
    epoch = "1:" if versions.random() < 0.07 else ""
    ending = versions.choices(("", "+dfsg", "+git20230114", "~rc2"), (86, 8, 4, 2))[0]
    revision = f"-{versions.randint(1, 9)}"
    ubuntu = (
        "" if release.is_debian or versions.random() < 0.4 else f"ubuntu{versions.randint(1, 5)}"
    )
    return f"{epoch}{upstream}{ending}{revision}{ubuntu}"


def _update(release: Release, version: str, versions: random.Random) -> Update:
    channel: Channel = "security" if versions.random() < _SECURITY_SHARE else "updated"
    count = versions.choices((1, 2, 3), (70, 22, 8))[0]
    is_phased = not release.is_debian and channel == "updated" and versions.random() < _PHASED_SHARE
    return Update(
        version=_updated_version(release, version, count),
        channel=channel,
        # Not evenly: a maintained release has a steady stream, and a few days bring many.
        age_days=OLDEST_UPDATE_DAYS * versions.random() ** 1.3,
        phased_percentage=versions.choice((10, 30, 60)) if is_phased else None,
    )


def _updated_version(release: Release, version: str, count: int) -> str:
    if release.is_debian:
        return f"{version}+deb{release.platform_version}u{count}"
    return f"{version}.{count}" if "ubuntu" in version else f"{version}ubuntu0.{count}"
