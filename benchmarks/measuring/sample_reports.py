"""Made-up reports of Debian nodes, of the size and form in which the agent sends them.

The packages come from one pool, so that nodes share most of them, as those of a fleet do.
"""

import functools
import random
from collections.abc import Mapping
from typing import Any

import msgspec

_SEED = 1
_DAY_S = 86_400
_POOL = 1_300
_UPDATED_SHARE = 0.19
_SECTIONS = ("libs", "utils", "admin", "python", "perl", "net", "libdevel", "doc")
_PRIORITIES = ("optional", "optional", "optional", "required", "important", "standard")
_ORIGINS = [
    {
        "archive": f"oldstable{pocket}",
        "codename": f"bookworm{pocket}",
        "label": label,
        "origin": "Debian",
        "component": "main",
        "site": "deb.debian.example",
    }
    for pocket, label in (("", "Debian"), ("-security", "Debian-Security"))
]

Package = Mapping[str, Any]


def sample_report(node: int, packages: int, now: float, *, scanned_at: float = 0.0) -> bytes:
    """Give the report of the node with this number, as it is sent but for the compression.

    The packages depend on everything but `scanned_at`, which is `now` unless given.
    """
    ended_at = scanned_at or now
    source = random.Random(f"{_SEED}/{node}")
    installed = [
        {**package, "installed_at": float(int(now) - source.randrange(400 * _DAY_S))}
        for package in sorted(source.sample(_pool(), packages), key=lambda each: each["name"])
    ]
    return msgspec.json.encode(
        {
            "schema": 1,
            "scan": {
                "started_at": ended_at - 2.0,
                "ended_at": ended_at,
                "collector": "patchwarden-agent/0.1.0",
                "evidence": "python-apt",
            },
            "node": _node(node),
            "packages": {
                "package_manager": "apt",
                "installed": installed,
                "origins": _ORIGINS,
                "not_installed": _not_installed(),
            },
        }
    )


def _node(node: int) -> dict[str, object]:
    return {
        "operating_system": "DEBIAN",
        "platform_type": "Linux",
        "platform_name": "Debian GNU/Linux",
        "platform_version": "12",
        "architecture": "amd64",
        "computer_name": f"node-{node}.example.test",
        "ip_address": "192.0.2.10",
        "kernel_release": "6.1.0-41-amd64",
        "reboot": {"required": False},
    }


@functools.cache
def _pool() -> tuple[Package, ...]:
    source = random.Random(_SEED)
    return tuple(_package(number, source) for number in range(_POOL))


def _package(number: int, source: random.Random) -> Package:
    version = f"{source.randrange(9)}.{source.randrange(40)}-{source.randint(1, 9)}"
    is_updated = source.random() < _UPDATED_SHARE
    is_security = is_updated and source.random() < 0.5
    return {
        "name": f"lib{source.randbytes(4).hex()}-{number}",
        "architecture": source.choice(("amd64", "amd64", "all")),
        "version": version,
        "priority": source.choice(_PRIORITIES),
        "section": source.choice(_SECTIONS),
        "source": f"source-{number // 3}",
        "automatic": source.random() < 0.7,
        "available": [
            {
                "version": f"{version}+deb12u1" if is_updated else version,
                "origins": [int(is_security)],
            }
        ],
    }


def _not_installed() -> list[dict[str, object]]:
    return [
        {"priority": priority, "section": section, "origins": [0], "count": 700}
        for priority in sorted(set(_PRIORITIES))
        for section in _SECTIONS
    ]
