"""What tests use in place of the clock, of randomness and of a real machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from patchwarden.domain.facts import (
    AvailableVersion,
    Node,
    Origin,
    Package,
    Packages,
    Report,
    Scan,
)
from patchwarden.store.database import Database
from patchwarden.store.installation import open_installation

NOW = 1_764_000_000.0
"""2025-11-24T16:00:00Z."""

MAIN = Origin(
    archive="stable", codename="bookworm", label="Debian", origin="Debian", component="main"
)
SECURITY = Origin(
    archive="stable-security",
    codename="bookworm-security",
    label="Debian-Security",
    origin="Debian",
    component="main",
)
ORIGINS = (MAIN, SECURITY)


@dataclass
class FrozenClock:
    """A clock that a test moves."""

    now: float = NOW

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class CountedBytes:
    """Stands for a source of randomness: each call gives other bytes, each run the same."""

    def __init__(self) -> None:
        """Start anew."""
        self.calls = 0

    def __call__(self, count: int) -> bytes:
        """Give `count` bytes: the number of the call, and zeros."""
        self.calls += 1
        return self.calls.to_bytes(min(count, 8), "big").ljust(count, b"\0")


def package(
    name: str,
    version: str = "1.0-1",
    *,
    update: str | None = None,
    security: bool = False,
    listed: bool = True,
    **members: object,
) -> Package:
    """Make an installed package; `update` is a newer version, in a security list if `security`.

    Without `listed`, no list offers any version of it.
    """
    origins = (int(security),) if listed else ()
    properties = {"architecture": "amd64", "priority": "optional", "section": "libs", **members}
    return msgspec.convert(
        {
            "name": name,
            "version": version,
            "available": [AvailableVersion(version=update or version, origins=origins)],
            **properties,
        },
        Package,
    )


def report(
    packages: Iterable[Package] = (),
    *,
    at: float = NOW,
    scan: Mapping[str, object] | None = None,
    node: Mapping[str, object] | None = None,
) -> Report:
    """Make the report of a Debian machine, scanned within the 2 seconds before `at`."""
    return Report(
        schema=1,
        scan=msgspec.convert(
            {
                "started_at": at - 2,
                "ended_at": at,
                "collector": "patchwarden-agent/0.1.0",
                "evidence": "python-apt",
                **(scan or {}),
            },
            Scan,
        ),
        node=msgspec.convert(
            {
                "operating_system": "DEBIAN",
                "platform_type": "Linux",
                "platform_name": "Debian GNU/Linux",
                "platform_version": "12",
                "architecture": "amd64",
                "computer_name": "web-1.example.test",
                "ip_address": "192.0.2.10",
                **(node or {}),
            },
            Node,
        ),
        packages=Packages(package_manager="apt", installed=tuple(packages), origins=ORIGINS),
    )


def report_bytes(report: Report) -> bytes:
    """Give a report as a node sends it."""
    return msgspec.json.encode(report)


def open_store(directory: Path) -> Database:
    """Open the store of a data directory, made if need be, for writing."""
    return open_installation(directory, CountedBytes()).connect()
