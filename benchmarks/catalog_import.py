"""The import of an updateinfo.xml into the catalog, and of the same file again.

Read, checked, set aside and made durable, as `patchwarden catalog import` does it; without the
start of a process. Next to the mere parsing of the same file by Python's own XML library, which
checks nothing and keeps nothing.
"""

import secrets
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

from benchmarks.figure import Effort, Figure, Skipped
from benchmarks.measuring.sample_feeds import write_updateinfo
from benchmarks.measuring.timing import alternating
from patchwarden.catalog.importer import import_entries
from patchwarden.catalog.reading import read_feed
from patchwarden.store.database import Database
from patchwarden.store.installation import open_installation

_ADVISORIES_EACH_ROUND = 500
_MAX_ROUNDS = 5
_PRODUCT = "RedhatEnterpriseLinux9"
_FIRST = "catalog import of updateinfo.xml, first time"
_AGAIN = "catalog import of updateinfo.xml, the same again"
_PARSE = "xml.etree iterparse"


def measure(effort: Effort) -> Sequence[Figure | Skipped]:
    """Let importing into an empty store, importing again and parsing take turns."""
    advisories, rounds = _ADVISORIES_EACH_ROUND * effort.rounds, min(effort.rounds, _MAX_ROUNDS)
    with (
        tempfile.TemporaryDirectory(prefix="patchwarden-benchmark-") as name,
        ExitStack() as stores,
    ):
        file = Path(name) / "updateinfo.xml"
        write_updateinfo(file, advisories)
        filled, *empty = (
            stores.enter_context(closing(_empty_store(Path(name) / str(number))))
            for number in range(1 + rounds)
        )
        _take_in(filled, file)
        waiting = iter(empty)
        times = alternating(
            {
                _FIRST: lambda: _take_in(next(waiting), file),
                _AGAIN: lambda: _take_in(filled, file),
                _PARSE: lambda: _parse(file),
            },
            rounds,
        )
    return [
        Figure(
            name=name,
            value=advisories / median(times[name]),
            unit="advisories/s",
            yardstick=_PARSE,
            yardstick_value=advisories / median(times[_PARSE]),
            note=f"{advisories:,} advisories of six packages each",
        )
        for name in (_FIRST, _AGAIN)
    ]


def _empty_store(directory: Path) -> Database:
    return open_installation(directory, secrets.token_bytes).connect()


def _take_in(db: Database, file: Path) -> None:
    with file.open("rb") as stream:
        spool = read_feed(stream, file.name, product=_PRODUCT)
    with spool:
        import_entries(db, spool, file_name=file.name, format_name="updateinfo", now=time.time())


def _parse(file: Path) -> None:
    for _, element in ElementTree.iterparse(file):
        if element.tag == "update":
            element.clear()
