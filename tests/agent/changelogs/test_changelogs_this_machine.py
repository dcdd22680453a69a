"""Changelogs of the updates that this machine is waiting for, from its own mirror."""

import shutil
from pathlib import Path

import pytest

from patchwarden_agent.changelogs.fetching import (
    FetchedChangelogs,
    WantedChangelog,
    fetch_changelogs,
)
from patchwarden_agent.scan import scan
from patchwarden_agent.target import Target

MAX_WANTED = 2


def _wanted() -> list[WantedChangelog]:
    """Give some sources of which this machine lacks the newest version."""
    if shutil.which("apt-get") is None or not Path("/var/lib/dpkg/status").exists():
        pytest.skip("NOT TESTED: this machine has no apt")
    wanted: dict[str, WantedChangelog] = {}
    for package in scan()["packages"]["installed"]:
        for offer in package.get("available", []):
            # A package that was built again from the same source has no source version of its own.
            if offer["version"] != package["version"] and "source_version" in offer:
                source = offer.get("source", package.get("source", package["name"]))
                names = package["name"], package["architecture"], offer["version"]
                wanted.setdefault(source, WantedChangelog(source, offer["source_version"], *names))
    if not wanted:
        pytest.skip("NOT TESTED: this machine has no pending update to take a changelog from")
    return list(wanted.values())[:MAX_WANTED]


def test_the_newest_entry_is_of_the_version_that_was_wanted(tmp_path: Path) -> None:
    wanted = _wanted()
    fetched: FetchedChangelogs = fetch_changelogs(wanted, Target(), tmp_path)
    if not fetched.changelogs:
        pytest.skip(f"NOT TESTED: this machine reaches no mirror: {fetched.problems}")
    for changelog in fetched.changelogs:
        assert changelog.entries[0].version == changelog.version
        assert changelog.entries[0].released_at is not None
    again = fetch_changelogs(wanted, Target(root=tmp_path), tmp_path)
    assert again.changelogs == fetched.changelogs
