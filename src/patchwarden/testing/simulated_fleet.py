"""A fleet of made-up nodes for tests and demonstrations: the same seed gives the same fleet.

```python
from patchwarden.testing.simulated_fleet import encode, fleet

for node in fleet(100, seed=1, now=1_790_000_000):
    client.submit_report(InstanceId=node.instance_id, Report=encode(node.report))
```

The nodes run Debian 11 to 13 and Ubuntu 20.04 to 24.04 and have about 850 packages each, 60 to
150 of which have a newer version. Nodes of one operating system and role share most packages.
The first nodes of a large fleet are those of a small one with the same seed.
"""

import bisect
import hashlib
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from patchwarden.domain.facts import (
    Node,
    OperationResult,
    Package,
    PackageList,
    Packages,
    Reboot,
    Report,
    Scan,
)
from patchwarden.testing.simulated_packages import DAY_S
from patchwarden.testing.simulated_releases import RELEASES
from patchwarden.testing.simulated_world import ROLES, PackageStates, World, world_of

LATEST_ANCHOR = 1_793_491_200
"""2026-11-01. What is installed, and since when, does not change with `now` after that, so that a
fleet that is made again later reports the same packages."""

_EXTRA_PACKAGES = 30
_LEAST_BEHIND, _MOST_BEHIND = 62, 142
_SCAN_WITHIN_S = 20 * 3600
_TAKES_WAITING = 0.3
_HOLDS_PACKAGES = 0.15
_INSTALLS_SECURITY_ITSELF = 0.2
_NEEDS_REBOOT = 0.2
_HAS_FAILED_INSTALL = 0.05
_HAS_STALE_LISTS = 0.05
_encoder = msgspec.json.Encoder()
_DEFAULT_MEMBERS = re.compile(rb',"[a-z_]+":(?:null|false)')
"""Members that a node does not send; inside a JSON string the quotes would be escaped."""


class SimulatedNode(NamedTuple):
    """One node of the fleet."""

    instance_id: str
    """`mi-` and 17 hexadecimal digits, decided by seed and position."""
    name: str
    """Such as `web-0001`."""
    tags: Mapping[str, str]
    """`Role`, `Environment` and `Patch Group`."""
    report: Report


def fleet(nodes: int, seed: int, *, now: float, first: int = 0) -> Iterator[SimulatedNode]:
    """Make `nodes` nodes, from position `first` on, scanned in the hours before `now`."""
    for position in range(first, first + nodes):
        yield _node(position, seed, now)


def encode(report: Report) -> bytes:
    """Give a report as a node sends it: JSON in UTF-8, what is unknown left out."""
    return _DEFAULT_MEMBERS.sub(b"", _encoder.encode(report))


class _Sketch(NamedTuple):
    """What was drawn for one node, and when it is looked at."""

    name: str
    position: int
    role: str
    world: World
    source: random.Random
    scanned_at: float
    anchor: float
    needs_reboot: bool


def _node(position: int, seed: int, now: float) -> SimulatedNode:
    source = random.Random(f"{seed}/node/{position}")
    release = source.choices(RELEASES, [release.share for release in RELEASES])[0]
    role = source.choice(ROLES)
    environment = source.choices(("production", "staging", "development"), (70, 20, 10))[0]
    anchor = float(min(LATEST_ANCHOR, now // DAY_S * DAY_S))
    sketch = _Sketch(
        name=f"{role}-{position:04d}",
        position=position,
        role=role,
        world=world_of(release, seed, anchor),
        source=source,
        scanned_at=now - source.randrange(_SCAN_WITHIN_S),
        anchor=anchor,
        needs_reboot=source.random() < _NEEDS_REBOOT,
    )
    installed = _installed(sketch)
    return SimulatedNode(
        instance_id=f"mi-{hashlib.sha256(f'{seed}/{position}'.encode()).hexdigest()[:17]}",
        name=sketch.name,
        tags={"Role": role, "Environment": environment, "Patch Group": environment},
        report=Report(
            schema=1,
            scan=_scan(sketch, installed),
            node=_description(sketch),
            packages=Packages(
                package_manager="apt",
                installed=tuple(installed),
                origins=sketch.world.offers.origins,
                not_installed=sketch.world.not_installed,
            ),
        ),
    )


def _installed(sketch: _Sketch) -> list[Package]:
    source, world = sketch.source, sketch.world
    positions = {*world.members[sketch.role]}
    positions.update(source.sample(range(len(world.states)), _EXTRA_PACKAGES))
    states = [world.states[position] for position in sorted(positions)]
    missed = _missed(states, source)
    takes_waiting = source.random() < _TAKES_WAITING
    packages = [
        _as_on_node(state, is_missed=position in missed, takes_waiting=takes_waiting)
        for position, state in enumerate(states)
    ]
    if source.random() < _HOLDS_PACKAGES:
        _hold_one(packages, source)
    for kernel in world.kernels if sketch.needs_reboot else world.kernels[:1]:
        bisect.insort(packages, kernel, key=lambda package: (package.name, package.architecture))
    return packages


def _missed(states: Sequence[PackageStates], source: random.Random) -> set[int]:
    """Draw the positions of the updates that the node lacks.

    It misses everything that was published after its last maintenance, unless security updates
    install themselves.
    """
    lacks_security = source.random() >= _INSTALLS_SECURITY_ITSELF
    newest_first = sorted(
        (state.update_age_days, position)
        for position, state in enumerate(states)
        if state.behind is not None and (lacks_security or not state.is_security)
    )
    count = source.randint(_LEAST_BEHIND, _MOST_BEHIND)
    return {position for _, position in newest_first[:count]}


def _as_on_node(state: PackageStates, *, is_missed: bool, takes_waiting: bool) -> Package:
    if not is_missed or state.behind is None:
        return state.current
    return state.behind if takes_waiting or state.waiting is None else state.waiting


def _hold_one(packages: list[Package], source: random.Random) -> None:
    behind = [number for number, package in enumerate(packages) if _is_behind(package)]
    held = source.choice(behind)
    packages[held] = replace(packages[held], held=True)


def _is_behind(package: Package) -> bool:
    return package.available[0].version != package.version


def _scan(sketch: _Sketch, installed: Sequence[Package]) -> Scan:
    started_at = float(sketch.scanned_at)
    scan = Scan(
        started_at=started_at,
        ended_at=started_at + 1 + sketch.source.randrange(3),
        collector="patchwarden-agent/0.1.0",
        evidence="python-apt",
    )
    if sketch.source.random() >= _HAS_FAILED_INSTALL:
        return scan
    failed = next(package for package in installed if _is_behind(package))
    result = OperationResult(
        name=failed.name,
        architecture=failed.architecture,
        version=failed.available[0].version,
        outcome="failed",
        at=started_at,
    )
    return replace(scan, operation="Install", results=(result,))


def _description(sketch: _Sketch) -> Node:
    release = sketch.world.release
    number = sketch.position
    return Node(
        operating_system=release.operating_system,
        platform_type="Linux",
        platform_name=release.platform_name,
        platform_version=release.platform_version,
        architecture="amd64",
        computer_name=sketch.name,
        ip_address=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        kernel_release=_kernel_release(sketch.world.kernels[0]),
        booted_at=sketch.anchor - sketch.source.randrange(13, 90) * DAY_S,
        reboot=_reboot(sketch),
        package_lists=_package_lists(sketch),
    )


def _reboot(sketch: _Sketch) -> Reboot:
    if not sketch.needs_reboot:
        return Reboot(required=False)
    running, newest = sketch.world.kernels
    reason = f"running kernel {_kernel_release(running)}, newest installed "
    return Reboot(
        required=True, packages=(newest.name,), reasons=(reason + _kernel_release(newest),)
    )


def _kernel_release(kernel: Package) -> str:
    return kernel.name.removeprefix("linux-image-")


def _package_lists(sketch: _Sketch) -> tuple[PackageList, ...]:
    is_stale = sketch.source.random() < _HAS_STALE_LISTS
    fetched_at = float(sketch.scanned_at - (45 * DAY_S if is_stale else 6 * 3600))
    released_at = fetched_at // (DAY_S // 2) * (DAY_S // 2)
    return tuple(
        PackageList(
            name=f"{origin.archive}/{origin.component}",
            released_at=released_at,
            valid_until=released_at + 7 * DAY_S,
            fetched_at=fetched_at,
        )
        for origin in sketch.world.offers.origins
    )
