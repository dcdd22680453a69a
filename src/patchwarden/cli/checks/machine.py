"""Checks of this machine as a node: can it be scanned, and does anybody hear of it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from patchwarden.cli.checks.finding import Finding, ok, problem, warning
from patchwarden.cli.output import age
from patchwarden_agent import registration
from patchwarden_agent.apt.library import SYSTEM_PYTHON
from patchwarden_agent.errors import AgentError

_APT = "apt-get"
_PACKAGE_MANAGERS = (_APT, "dnf", "yum", "zypper", "rpm")
_LISTS = Path("/var/lib/apt/lists")
_OLD_LISTS_S = 7 * 24 * 3600
_PROBE_TIMEOUT_S = 20


def machine_findings(now: float) -> Iterator[Finding]:
    """Check this machine; what only matters to a node is a warning at most."""
    found = next(filter(shutil.which, _PACKAGE_MANAGERS), None)
    if found is None:
        yield warning(
            "package manager",
            f"There is none of {', '.join(_PACKAGE_MANAGERS)}: "
            "this machine can run a server, but cannot be scanned.",
        )
    else:
        yield ok("package manager", f"{found} is there.")
    if found == _APT:
        yield _python_apt()
        yield _lists_age(_LISTS, now)
    yield _agent(registration.default_path())


def _python_apt() -> Finding:
    check = "python3-apt"
    try:
        probe = subprocess.run(
            [str(SYSTEM_PYTHON), "-I", "-c", "import apt_pkg"],
            capture_output=True,
            timeout=_PROBE_TIMEOUT_S,
            check=False,
        )
        is_present = probe.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        is_present = False
    if is_present:
        return ok(check, "It is there: scans are as fast and exact as they can be.")
    return warning(
        check, "It is missing, so scans fall back on slower means; run: apt-get install python3-apt"
    )


def _lists_age(lists: Path, now: float) -> Finding:
    check = "package lists"
    try:
        files = [file.stat().st_mtime for file in lists.iterdir() if "_Packages" in file.name]
        fetched_at = lists.stat().st_mtime
    except OSError as error:
        return warning(check, f"{lists} cannot be read: {error.strerror}.")
    if not files:
        return warning(check, "There are none, so no update can be seen; run: apt-get update")
    # Unchanged lists keep their own time; apt touches the directory when it looks for new ones.
    old_s = now - max(fetched_at, *files)
    if old_s > _OLD_LISTS_S:
        return warning(check, f"They are {age(old_s)} old; run: apt-get update")
    return ok(check, f"They are {age(old_s)} old.")


def _agent(path: Path) -> Finding:
    check = "agent"
    if not path.exists():
        return warning(
            check,
            "This machine is not a managed node; "
            "if it should be, see: patchwarden node register --help",
        )
    try:
        known = registration.Registration.load(path)
    except AgentError as error:
        return problem(check, str(error))
    return ok(check, f"This machine is registered as {known.instance_id} at {known.endpoint}.")
