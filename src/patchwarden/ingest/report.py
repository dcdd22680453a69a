"""Reads a report: JSON, perhaps gzip-compressed; `domain.facts` has its form."""

import math
import re
import zlib
from collections.abc import Iterator
from typing import Literal, NoReturn, TypeVar

import msgspec

from patchwarden.data.load import operating_systems
from patchwarden.domain.facts import Node, Packages, Scan
from patchwarden.ingest.errors import InvalidReportError

MAX_REPORT_BYTES = 64 * 1024 * 1024
"""Of JSON, once decompressed."""
MAX_PACKAGES = 50_000
MAX_TEXT = 512
MAX_CLOCK_AHEAD_S = 24 * 3600
_MAX_TIME = 2**32 - 1
_GZIP_MAGIC = b"\x1f\x8b"
_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_ENGINES = frozenset({"apt"})


class ReportParts(msgspec.Struct, frozen=True):
    """A report whose packages have not been read yet, only delimited."""

    schema: Literal[1]
    scan: Scan
    node: Node
    packages: msgspec.Raw


_T = TypeVar("_T")
_parts = msgspec.json.Decoder(ReportParts)
_packages = msgspec.json.Decoder(Packages)


def read_parts(sent: bytes, now: float) -> ReportParts:
    """Read everything but the packages, and check it.

    Raises InvalidReportError with the path to what is wrong.
    """
    parts = _decode(_parts, _decompress(sent))
    rules = operating_systems().get(parts.node.operating_system)
    if rules is None:
        _refuse("node.operating_system", f"is {parts.node.operating_system!r}, which is unknown")
    elif rules.package_manager not in _ENGINES:
        _refuse(
            "node.operating_system",
            f"is {parts.node.operating_system}, whose patches this version cannot judge yet",
        )
    _check_times(parts, now)
    _check_texts("node", [parts.node.computer_name, parts.node.ip_address, parts.scan.collector])
    _check_texts("node", [parts.node.platform_name, parts.node.platform_version])
    return parts


def read_packages(packages: msgspec.Raw) -> Packages:
    """Read the packages, and check them.

    Raises InvalidReportError with the path to what is wrong.
    """
    read = _decode(_packages, packages, within="packages")
    if len(read.installed) > MAX_PACKAGES:
        _refuse(
            "packages.installed", f"has {len(read.installed)} items; {MAX_PACKAGES} is the most"
        )
    if read.package_manager not in _ENGINES:
        _refuse("packages.package_manager", f"is {read.package_manager!r}, which is unknown")
    for position, problem in _package_problems(read):
        _refuse(f"packages.installed[{position}]", problem)
    for position, group in enumerate(read.not_installed):
        if group.count < 0 or not _are_positions(group.origins, len(read.origins)):
            _refuse(f"packages.not_installed[{position}]", "has a negative count or unknown origin")
    return read


def _decompress(sent: bytes) -> bytes:
    if not sent.startswith(_GZIP_MAGIC):
        return sent
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        report = stream.decompress(sent, MAX_REPORT_BYTES)
    except zlib.error as error:
        raise InvalidReportError(f"The report is not valid gzip: {error}.") from error
    if stream.unconsumed_tail:
        raise InvalidReportError(
            f"The report is larger than {MAX_REPORT_BYTES} bytes when decompressed."
        )
    if not stream.eof:
        raise InvalidReportError("The report is cut off: its gzip stream has no end.")
    return report


def _decode(decoder: msgspec.json.Decoder[_T], encoded: bytes, within: str = "") -> _T:
    try:
        return decoder.decode(encoded)
    except msgspec.ValidationError as error:
        text = str(error)
        match = _PATH.search(text)
        path = match["path"] if match else ""
        where = ".".join(part for part in (within, path) if part) or "top level"
        raise InvalidReportError(
            f"The report is wrong at {where}: {_PATH.sub('', text)}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidReportError(f"The report is not valid JSON: {error}.") from error


def _check_times(parts: ReportParts, now: float) -> None:
    scan, booted_at = parts.scan, parts.node.booted_at
    if not 0 <= scan.started_at <= scan.ended_at:
        _refuse("scan.ended_at", "is before scan.started_at")
    if not scan.ended_at <= now + MAX_CLOCK_AHEAD_S:
        _refuse("scan.ended_at", "is more than a day ahead; check the clock of the node")
    if booted_at is not None and not 0 <= booted_at <= _MAX_TIME:
        _refuse("node.booted_at", f"is {booted_at}, which is no time")
    for position, result in enumerate(scan.results):
        if not 0 <= result.at <= _MAX_TIME:
            _refuse(f"scan.results[{position}].at", f"is {result.at}, which is no time")


def _check_texts(where: str, texts: list[str]) -> None:
    for text in texts:
        if len(text) > MAX_TEXT:
            _refuse(where, f"has a text of {len(text)} characters; {MAX_TEXT} is the most")


def _package_problems(packages: Packages) -> Iterator[tuple[int, str]]:
    seen: set[tuple[str, str]] = set()
    known_origins = len(packages.origins)
    for position, package in enumerate(packages.installed):
        key = (package.name, package.architecture)
        if key in seen:
            yield position, f"is {package.name}:{package.architecture} once more"
        seen.add(key)
        at = package.installed_at
        if at is not None and not (math.isfinite(at) and 0 <= at <= _MAX_TIME):
            yield position, f"has installed_at {at}, which is no time"
        if not (0 < len(package.name) <= MAX_TEXT and 0 < len(package.version) <= MAX_TEXT):
            yield position, f"needs a name and a version of 1 to {MAX_TEXT} characters"
        for offer in package.available:
            if not 0 < len(offer.version) <= MAX_TEXT:
                yield position, f"needs available versions of 1 to {MAX_TEXT} characters"
            if not _are_positions(offer.origins, known_origins):
                yield position, "refers to an origin that packages.origins does not have"


def _are_positions(origins: tuple[int, ...], count: int) -> bool:
    return all(0 <= origin < count for origin in origins)


def _refuse(where: str, problem: str) -> NoReturn:
    raise InvalidReportError(f"The report is wrong at {where}: it {problem}.")
