"""Asks zypper in a root of its own, without waiting for other users of zypper."""

import re
from dataclasses import dataclass
from pathlib import Path

from patchwarden_agent.command import start

# 100 to 103 say that there are updates or that a reboot is needed, 104 that nothing was found,
# 106 that a repository was skipped.
_NO_FAILURE = frozenset({0, 100, 101, 102, 103, 104, 106})
_SKIPPED = re.compile(r"^Warning: Skipping repository '(.+)' because", re.M)


@dataclass(frozen=True)
class Zypper:
    """The program, with the root that it works on and its time limit for each command."""

    root: Path
    timeout_s: float

    def patches(self) -> bytes:
        """Give all patches as XML."""
        return self._ask("--xmlout", "list-patches", "--all")

    def patch_contents(self) -> str:
        """Give what zypper tells of each patch, which has the packages that it brings."""
        return self._ask("info", "--type", "patch", "*").decode("utf-8", "replace")

    def updates(self) -> bytes:
        """Give as XML the packages that `zypper update` would take."""
        return self._ask("--xmlout", "list-updates", "--type", "package")

    def packages(self) -> str:
        """Give a table of every version of every package, installed or not."""
        words = ("search", "--details", "--type", "package")
        return self._ask("--table-style", "0", *words).decode("utf-8", "replace")

    def _ask(self, *words: str) -> bytes:
        # HOME has the settings of rpm; the log would be the node's own.
        environment = {"HOME": str(self.root), "ZYPP_LOGFILE": "/dev/null"}
        command = ["/usr/bin/zypper", "--non-interactive", "--no-refresh", "--root", str(self.root)]
        name = next(word for word in words if not word.startswith("-") and not word.isdigit())
        running = start(f"zypper {name}", [*command, *words], environment)
        return running.output(self.timeout_s, _NO_FAILURE)


def skipped_repositories(text: str) -> list[str]:
    """Give the repositories that zypper could not read, by what it wrote as text."""
    return sorted(set(_SKIPPED.findall(text)))
