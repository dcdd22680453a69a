"""Reads which versions of packages zypper's repositories offer, and which of them it would take."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from patchwarden_agent.findings import Slot
from patchwarden_agent.rpm.xml_answers import read_each

# S  | Name  | Type    | Version   | Arch   | Repository
# ---+-------+---------+-----------+--------+------------------
# il | alpha | package | 1.0-2     | noarch | (System Packages)
# vl | alpha | package | 1.0-3     | noarch | updates
#
# i and v: this version is installed, or another one; l: locked; R: retracted by its vendor.
_HEADING = re.compile(r"^S +\| Name +\| Type +\| Version +\| Arch +\| Repository *$", re.M)
_SYSTEM = "(System Packages)"


@dataclass(frozen=True)
class Offer:
    """A row of the table: a version of a package in a repository."""

    slot: Slot
    version: str
    repository: str
    """Empty if no repository has this version, which is installed then."""
    is_installed: bool
    is_locked: bool
    is_retracted: bool


def read_packages(text: str) -> Iterator[Offer]:
    """Give the rows of the table that `zypper search --details` writes; none without a table."""
    heading = _HEADING.search(text)
    rows = text[heading.end() :].split("\n") if heading else []
    for row in rows:
        columns = [column.strip() for column in row.split("|", 5)]
        if len(columns) == 6 and columns[2] == "package":
            status, name, _, version, architecture, repository = columns
            yield Offer(
                slot=Slot(name, architecture),
                version=version,
                repository="" if repository == _SYSTEM else repository,
                is_installed=status.startswith("i"),
                is_locked="l" in status,
                is_retracted="R" in status,
            )


def read_updates(content: bytes) -> dict[Slot, str]:
    """Give the versions that zypper would take, out of what `zypper --xmlout list-updates` writes.

    Raises CommandError if that is no XML.
    """
    return dict(read_each("zypper list-updates", content, "update", _update))


# <update kind="package" name="beta" edition="1:2.0.1-1" arch="noarch" edition-old="1:2.0-1">
def _update(update: Element) -> tuple[Slot, str]:
    slot = Slot(update.get("name", ""), update.get("arch", ""))
    return slot, update.get("edition", "")
