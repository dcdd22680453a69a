"""Reads one file of a feed, whatever its format: all of it is right, or it is refused."""

from collections.abc import Callable, Iterable
from typing import BinaryIO

from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.feed import Format, Member
from patchwarden.catalog.files.feed_file import open_members
from patchwarden.catalog.known_formats import FORMATS
from patchwarden.catalog.spool import Spool


def read_feed(
    file: BinaryIO,
    name: str,
    *,
    product: str | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Spool:
    """Read `file` whole and set aside what it tells; the caller closes the spool.

    `product` is what the user says the feed is about; `on_progress` gets the bytes read so far.
    Members of an archive that have no known format are passed over, unless none has one. Raises
    InvalidCatalogFileError.
    """
    spool = Spool()
    try:
        _fill(spool, open_members(file, name, product=product, on_progress=on_progress), name)
    except BaseException:
        spool.__exit__()
        raise
    return spool


def _fill(spool: Spool, members: Iterable[Member], name: str) -> None:
    for member in members:
        format_ = _format_of(member)
        if format_ is None:
            continue
        spool.formats[format_.name] += 0
        for entry in format_.read(member):
            spool.add(entry, format_.name)
    if not spool.formats:
        raise InvalidCatalogFileError(
            f"{name} is in no format that is known; the formats are"
            f" {', '.join(each.name for each in FORMATS)}."
        )


def _format_of(member: Member) -> Format | None:
    return next((each for each in FORMATS if each.recognizes(member)), None)
