"""The machine that the figures come from, as far as they depend on it."""

import os
import platform
from pathlib import Path


def describe(directory: Path) -> dict[str, str]:
    """Describe this machine; `directory` is where the stores under test are put."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "file system": _file_system(directory),
    }


def load() -> str:
    """Give the load averages over 1, 5 and 15 minutes."""
    return " ".join(f"{average:.2f}" for average in os.getloadavg())


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _file_system(directory: Path) -> str:
    """Name the file system under `directory`: on a tmpfs nothing is durable."""
    found = "unknown"
    longest = 0
    # /dev/vda / ext4 rw,relatime 0 0
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, mount_point, kind, *_ = line.split()
        if directory.is_relative_to(mount_point) and len(mount_point) >= longest:
            found, longest = kind, len(mount_point)
    return found
