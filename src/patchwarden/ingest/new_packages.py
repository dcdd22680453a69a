"""Reads the packages of a report that a node sends for the first time, and checks them.

Most of them are known: some node has sent the same text on each package before, and it was checked
then. Of such a report only the rest is read, and what bears on all packages together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import msgspec

from patchwarden.domain.facts import Package, Packages, Report
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.shared_packages import SharedPackage
from patchwarden.ingest.limits import MAX_ITEMS, LimitedDecoder
from patchwarden.ingest.report import ReportParts, check_package_manager, read_packages
from patchwarden.store.database import Database
from patchwarden.store.shared_texts import PackedTexts

_MAX_REMEMBERED = 200_000
_people = LimitedDecoder(tuple[str | None, ...])


class _Known(NamedTuple):
    """Packages that were all checked before, and the rest of the report."""

    head: Packages
    packages: Sequence[SharedPackage]


def read_new_packages(
    db: Database, engine: Engine, account_id: str, parts: ReportParts, packed: PackedTexts | None
) -> Report:
    """Check the packages of a report, which was just kept, as `packed` if that is not None.

    Gives the report with all packages but some of which the account's reports have told before.
    Must run inside a transaction. Raises InvalidReportError.
    """
    known = None if packed is None else _known(db, engine, packed)
    if known is None:
        packages = read_packages(parts.sent.packages)
        if packed is not None:
            _remember(db, engine.checked_packages, _needs(packed, packages))
    else:
        system = parts.node.operating_system
        new = _not_told(db, engine.told_packages.setdefault((account_id, system), {}), known)
        packages = replace(known.head, installed=new)
    check_package_manager(packages.package_manager, parts.node)
    return Report(schema=1, scan=parts.scan, node=parts.node, packages=packages)


def _known(db: Database, engine: Engine, packed: PackedTexts) -> _Known | None:
    """Read what is new of a report; None if it has to be read as a whole, or refused."""
    needed = set(map(engine.checked_packages.get, packed.text_ids))
    if None in needed or packed.unusual_times or packed.count > MAX_ITEMS:
        return None
    head = read_packages(packed.head)
    packages = engine.shared_packages.find(db, packed.text_ids)
    if (
        packages is None
        or head.advisories
        or len(head.origins) < max(filter(None, needed), default=0)
    ):
        return None
    if len({package.key for package in packages}) < len(packages):
        return None
    try:
        _people.decode(b"[%b]" % b",".join(packed.people))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return _Known(head, packages)


def _not_told(db: Database, told: dict[int, int], known: _Known) -> tuple[Package, ...]:
    """Give the packages that no report has told of before, as far as is remembered."""
    new = [package for package in known.packages if package.text_id not in told]
    _remember(db, told, ((package.text_id, 0) for package in new))
    return tuple(package.package for package in new)


def _needs(packed: PackedTexts, packages: Packages) -> Iterable[tuple[int, int]]:
    """Give how many origins a report must have for each text that needs nothing else of it."""
    for text_id, package in zip(packed.text_ids, packages.installed, strict=True):
        if not any(offer.advisories or offer.cve_ids for offer in package.available):
            origins = chain.from_iterable(offer.origins for offer in package.available)
            yield text_id, 1 + max(origins, default=-1)


def _remember(db: Database, memory: dict[int, int], learned: Iterable[tuple[int, int]]) -> None:
    if len(memory) > _MAX_REMEMBERED:
        memory.clear()
    new = {text_id: value for text_id, value in learned if text_id not in memory}
    memory.update(new)
    # If this is undone, the ids may come to mean other texts.
    db.if_undone(lambda: [memory.pop(text_id, None) for text_id in new])
