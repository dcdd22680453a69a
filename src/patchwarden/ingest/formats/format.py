"""What every format of facts has: how it is recognised, and how it becomes a report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from patchwarden.domain.facts import Report

DateOrder = Literal["month-first", "day-first"]
"""How to read a date such as `3/4/2026` that was written for the people of one country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the user says about a file.

    The system and the architecture count whatever the file says, the rest where it does not tell.
    """

    scanned_at: float
    """When the facts were taken: what the user says, else the time of the file, or now."""
    name: str = ""
    """The computer name."""
    operating_system: str = ""
    """A value of the service model's OperatingSystem, such as `DEBIAN`."""
    platform_version: str = ""
    """Such as `12`."""
    architecture: str = ""
    """Such as `amd64` or `x86_64`."""
    date_order: DateOrder | None = None
    """None: such a date is taken only where it can mean one day alone."""


class Conversion(NamedTuple):
    """A report that was made of a file."""

    report: Report
    cannot_tell: tuple[str, ...] = ()
    """What the file does not say, in words that end a sentence: `It cannot tell: …`."""


class ReportFormat(NamedTuple):
    """A format that people have facts in."""

    name: str
    """As `--from` takes it, such as `osquery`."""
    title: str
    """As in a sentence: `an osquery result`."""
    recognizes: Callable[[bytes], bool]
    """Whether content, already decompressed, is of this format; never raises.

    Cheap: it looks at the start and at the names of members, and reads no value.
    """
    read: Callable[[bytes, Given], Conversion]
    """Read content; raise InvalidReportError that says where it is wrong or what is lacking."""
