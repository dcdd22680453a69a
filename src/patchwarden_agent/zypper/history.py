"""Reads zypper's history and notes: who installed a package, and what nobody asked for."""

import re
from collections.abc import Mapping, Sequence

from patchwarden_agent.findings import InstalledPackage, Slot
from patchwarden_agent.target import Target

_HISTORY = "var/log/zypp/history"
_AUTOMATIC = "var/lib/zypp/AutoInstalled"
_MAX_BYTES = 64 * 1024 * 1024
_MAX_NAME = 128

# 2026-05-09 07:28:46|install|alpha|1.0-2|noarch|root@host|updates|8f1c…|
# The user is empty for what was installed along with something else.
_INSTALLED = re.compile(
    r"^[^|\n]*\|install\|(?P<name>[^|\n]+)\|(?P<version>[^|\n]+)\|(?P<architecture>[^|\n]+)"
    r"\|(?P<who>[^|\n]*)\|",
    re.M,
)


def installers(target: Target, versions: Mapping[Slot, str]) -> dict[Slot, str]:
    """Give the user who last had zypper put `versions` in place.

    Packages that zypper did not install, or along with others alone, are left out. Raises
    UnreadableFileError if there is no history.
    """
    text = target.read(_HISTORY, _MAX_BYTES).decode("utf-8", "replace")
    found: dict[Slot, str] = {}
    for match in _INSTALLED.finditer(text):
        slot = Slot(match["name"], match["architecture"])
        who = match["who"].partition("@")[0].strip()[:_MAX_NAME]
        if who and versions.get(slot) == match["version"]:
            found[slot] = who
    return found


def automatic(target: Target, installed: Sequence[InstalledPackage]) -> frozenset[Slot]:
    """Give the packages that zypper notes as installed only because something needed them.

    Raises UnreadableFileError if there is no such note.
    """
    text = target.read(_AUTOMATIC, _MAX_BYTES).decode("utf-8", "replace")
    names = {line.strip() for line in text.split("\n") if not line.startswith("#")}
    return frozenset(
        Slot(package.name, package.architecture) for package in installed if package.name in names
    )
