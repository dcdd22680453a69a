"""Opens files of facts, in whatever format they are, for the commands that take one."""

import functools
import gzip
import io
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

import click

from patchwarden.cli.output import iso
from patchwarden.data.load import operating_systems
from patchwarden.domain.instants import read_instant
from patchwarden.ingest.decompression import is_gzip
from patchwarden.ingest.formats.format import Conversion, DateOrder, Given, ReportFormat
from patchwarden.ingest.formats.known import (
    FORMATS,
    MAX_FILE_BYTES,
    convert,
    opened,
    recognized,
)
from patchwarden.ingest.formats.own_report import OWN_REPORT
from patchwarden.ingest.formats.report_json import encode

_DATE_ORDERS: tuple[DateOrder, ...] = ("month-first", "day-first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the user says about a file; what is not said is None or empty."""

    format_name: str | None
    operating_system: str | None
    platform_version: str
    architecture: str
    scanned_at: float | None
    date_order: DateOrder | None

    def is_anything(self) -> bool:
        """Say whether anything but the format is said."""
        return any(
            (
                self.operating_system,
                self.platform_version,
                self.architecture,
                self.scanned_at is not None,
                self.date_order,
            )
        )


class TakenFile(NamedTuple):
    """A file of facts as a report."""

    report: bytes
    """As it is sent: JSON, perhaps gzip-compressed. One of our own is as it came."""
    about: tuple[str, ...]
    """Sentences for people: what it was taken for, and what it cannot tell; none of our own."""


def take(file: BinaryIO, said: Said, name: str) -> TakenFile:
    """Read a file and make a report of it; `name` is a name of the computer, or empty.

    Raises InvalidReportError, and click.UsageError where our own report says itself what is said.
    """
    sent = file.read(MAX_FILE_BYTES + 1)
    content = opened(sent)
    known = FORMATS[said.format_name] if said.format_name else recognized(content)
    if known is OWN_REPORT:
        return TakenFile(_own(sent, content, said), ())
    now = time.time()
    given = Given(
        scanned_at=_time_of(file, now) if said.scanned_at is None else said.scanned_at,
        name=name,
        operating_system=said.operating_system or "",
        platform_version=said.platform_version,
        architecture=said.architecture,
        date_order=said.date_order,
    )
    conversion = convert(content, known, given, scanned_at=said.scanned_at, now=now)
    return TakenFile(encode(conversion.report), _about(conversion, known))


def compressed(report: bytes) -> bytes:
    """Give a report gzip-compressed, as it is sent; the same report always gives the same bytes."""
    return report if is_gzip(report) else gzip.compress(report, compresslevel=6, mtime=0)


def conversion_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say about a file what it does not tell; they arrive as `said`."""

    @click.option(
        "--from",
        "format_name",
        type=click.Choice(list(FORMATS)),
        metavar="FORMAT",
        help=f"The format, if it is not recognised: {', '.join(FORMATS)}.",
    )
    @click.option(
        "--operating-system",
        type=click.Choice(list(operating_systems())),
        metavar="NAME",
        help="Of the machine, such as DEBIAN or ROCKY_LINUX.",
    )
    @click.option("--platform-version", default="", help="Its release, such as 12 or 9.4.")
    @click.option("--architecture", default="", help="Such as amd64 or x86_64.")
    @click.option(
        "--scanned-at",
        metavar="TIME",
        callback=_instant,
        help="When the facts were taken, such as 2026-11-24T10:00:00Z; by default as the file"
        " says, else when it was last changed.",
    )
    @click.option(
        "--date-order",
        type=click.Choice(_DATE_ORDERS),
        help="How dates such as 3/4/2026 are meant.",
    )
    @functools.wraps(command)
    def with_said(
        *,
        format_name: str | None,
        operating_system: str | None,
        platform_version: str,
        architecture: str,
        scanned_at: float | None,
        date_order: DateOrder | None,
        **others: object,
    ) -> None:
        said = Said(
            format_name=format_name,
            operating_system=operating_system,
            platform_version=platform_version,
            architecture=architecture,
            scanned_at=scanned_at,
            date_order=date_order,
        )
        command(said=said, **others)

    return with_said


def _own(sent: bytes, content: bytes, said: Said) -> bytes:
    if said.is_anything():
        raise click.UsageError(
            "A report of Patchwarden says itself what system it is of, and of when; leave out the"
            " options that say so."
        )
    # For what it refuses.
    OWN_REPORT.read(content, Given(scanned_at=0.0))
    return sent


def _about(conversion: Conversion, known: ReportFormat) -> tuple[str, ...]:
    node, scan = conversion.report.node, conversion.report.scan
    system = f"{node.platform_name} {node.platform_version}".rstrip()
    taken_for = f"Taken for {known.title} ({known.name}): {system}, as of {iso(scan.ended_at)}."
    if not conversion.cannot_tell:
        return (taken_for,)
    return (taken_for, f"It cannot tell: {'; '.join(conversion.cannot_tell)}.")


def _time_of(file: BinaryIO, now: float) -> float:
    """Give when a file was last changed; of a pipe, now."""
    try:
        status = os.fstat(file.fileno())
    except (OSError, io.UnsupportedOperation):
        return now
    return min(status.st_mtime, now) if stat.S_ISREG(status.st_mode) else now


def _instant(_ctx: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return read_instant(text)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text} is no time; write 2026-11-24T10:00:00Z") from error
