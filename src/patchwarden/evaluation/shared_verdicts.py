"""Judges a node package by package, by verdicts that nodes with the same package share.

The verdict on a package depends on the policy, on what is known about the package and its product,
and on the lists that it comes from, but seldom on the rest of the node. So it is made once for each
text on a package, and remembered until a delay runs out. What a node waits for or could not install
is judged for that node alone. All of it is done by `domain.evaluate`: this decides only what is
asked again.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, compress
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeAlias

from patchwarden.domain.evaluate import PER_PACKAGE
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Node, NotInstalled, Package, Packages, Report, Scan
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.states import STATES_WITHOUT_INSTALL, PatchState
from patchwarden.domain.summary import Summary
from patchwarden.evaluation.shared_packages import OwnValues, SharedPackage
from patchwarden.store.packed_rows import (
    NOT_INSTALLED,
    PackedRows,
    code_of,
    kind_of,
    pack_columns,
)
from patchwarden.store.verdicts import Provenance

_MAX_CONTEXTS = 64
_MAX_VERDICTS = 50_000
"""Of one context."""
_PLAIN_SCAN = Scan(started_at=0.0, ended_at=0.0, collector="", evidence="")
_name_and_architecture = attrgetter("name", "architecture")
_ORDER = {state: order for order, state in enumerate(PatchState)}


def _marks(states: Iterable[PatchState]) -> bytes:
    """Give what marks the orders of these states, for `bytes.translate`."""
    orders = {_ORDER[state] for state in states}
    return bytes(order in orders for order in range(256))


_NOT_INSTALLED = _marks(STATES_WITHOUT_INSTALL)
_UNUSUAL = _marks(set(PatchState) - {PatchState.INSTALLED, PatchState.INSTALLED_OTHER})
"""Of the other two nothing is asked but how many there are."""


class NodeReport(NamedTuple):
    """The newest report of a node, its packages as nodes share them."""

    account_id: str
    scan: Scan
    node: Node
    head: Packages
    """All but what is installed."""
    packages: Sequence[SharedPackage]
    own: OwnValues


class Judges(NamedTuple):
    """What makes verdicts, and stores what they share."""

    enrich: Callable[[Report], Report | None]
    """Adds to a report what is known; None if that would be too much."""
    judge: Callable[[Report], Evaluation]
    """Judges each package of a report by itself."""
    intern: Callable[[Sequence[PatchRecord]], Sequence[int]]
    summarize: Callable[[Iterable[Verdict], int], Summary]
    """Counts verdicts; takes how many patches are not applicable too."""


class Judged(NamedTuple):
    """The verdicts on a node."""

    rows: PackedRows
    summary: Summary
    valid_until: float


class _Made(NamedTuple):
    """When something was judged, and until when it would be judged the same."""

    made_at: float
    valid_until: float

    def holds(self, now: float) -> bool:
        """Say whether it would be the same, made at `now`."""
        return self.made_at <= now <= self.valid_until


_ALWAYS = _Made(-math.inf, math.inf)


class _Row(NamedTuple):
    """The verdict on one package, as it is packed."""

    verdict: Verdict
    code: int
    kind: int
    order: int
    """That of the state among the states."""
    made_at: float
    valid_until: float


_code, _kind, _order, _made_at, _valid_until = map(itemgetter, range(1, len(_Row._fields)))


class _Group(NamedTuple):
    """Whether packages that are not installed are approved."""

    is_approved: int
    made: _Made


_ContextKey: TypeAlias = tuple[Provenance, str, str, str, Packages]


@dataclass(slots=True)
class _Context:
    """Verdicts between which nothing but the package makes a difference."""

    rows: dict[int, _Row] = field(default_factory=dict)
    """By the id of the text on the package."""
    made: _Made = _ALWAYS
    """When all rows hold, for one look at them together."""
    groups: dict[tuple[object, ...], _Group] = field(default_factory=dict)
    """By what the packages have in common."""


class SharedVerdicts:
    """Remembers verdicts on packages. For one thread at a time."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._contexts: OrderedDict[_ContextKey, _Context] = OrderedDict()

    def forget(self) -> None:
        """Forget everything; what was made in a transaction that was undone must be."""
        self._contexts.clear()

    def judge(
        self,
        report: NodeReport,
        provenance: Provenance,
        judges: Judges,
        now: float,
    ) -> Judged | None:
        """Judge a node; None if it has to be judged as a whole."""
        head = report.head
        if head.package_manager not in PER_PACKAGE or head.installed:
            return None
        if head.advisories:
            # What a node says of an advisory bears on all packages that it is about.
            return None
        inquiry = _Inquiry(self._context(report, provenance), report, judges, now)
        return inquiry.answer()

    def _context(self, report: NodeReport, provenance: Provenance) -> _Context:
        node = report.node
        key = (
            provenance._replace(scan_id=0, patch_group=""),
            report.account_id,
            f"{node.operating_system} {node.platform_version}",
            node.architecture,
            replace(report.head, not_installed=()),
        )
        context = self._contexts.get(key)
        if context is None or len(context.rows) > _MAX_VERDICTS:
            context = self._contexts[key] = _Context()
            if len(self._contexts) > _MAX_CONTEXTS:
                self._contexts.popitem(last=False)
        self._contexts.move_to_end(key)
        return context


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """One node that is being judged."""

    context: _Context
    report: NodeReport
    judges: Judges
    now: float

    def answer(self) -> Judged | None:
        """Give the verdicts; None if the node has to be judged as a whole."""
        rows = self._shared_rows()
        if rows is None or not self._judge_special(rows):
            return None
        groups = [(group.count, self._group(group)) for group in self.report.head.not_installed]
        ends = [group.made.valid_until for _, group in groups]
        valid_until = min(chain(map(_valid_until, rows), ends))
        count = sum(count * group.is_approved for count, group in groups)
        orders = bytes(map(_order, rows))
        return Judged(self._packed(rows, orders), self._summary(rows, orders, count), valid_until)

    def _shared_rows(self) -> list[_Row] | None:
        rows = self.context.rows
        text_ids = [package.text_id for package in self.report.packages]
        if not (self.context.made.holds(self.now) and rows.keys() >= set(text_ids)):
            new = [
                package
                for package in self.report.packages
                if (row := rows.get(package.text_id)) is None
                or not row.made_at <= self.now <= row.valid_until
            ]
            if new and not self._learn(new):
                return None
        return list(map(rows.__getitem__, text_ids))

    def _learn(self, new: Sequence[SharedPackage]) -> bool:
        made = self._made([package.package for package in new])
        if made is None:
            return False
        context = self.context
        context.rows.update(zip((package.text_id for package in new), made, strict=True))
        every = context.rows.values()
        context.made = _Made(max(map(_made_at, every)), min(map(_valid_until, every)))
        return True

    def _judge_special(self, rows: list[_Row]) -> bool:
        """Judge by itself what the node has something of its own to say about."""
        special = _special_names(self.report.scan, self.report.node)
        if not special:
            return True
        positions = [
            position
            for position, package in enumerate(self.report.packages)
            if package.key[0] in special
        ]
        own = self._own_rows(positions)
        for position, row in zip(positions, own or (), strict=False):
            rows[position] = row
        return own is not None

    def _made(self, packages: Sequence[Package]) -> list[_Row] | None:
        """Judge packages of which nothing is the node's own."""
        node = replace(self.report.node, booted_at=None, reboot=None)
        plain = self._part(packages, _PLAIN_SCAN, node)
        enriched = self.judges.enrich(plain)
        if enriched is None:
            return None
        together = self.judges.judge(enriched)
        if math.isinf(together.valid_until):
            ends: Sequence[float] = [together.valid_until] * len(packages)
        else:
            ends = [self._end(enriched, each) for each in _sorted(enriched.packages.installed)]
        return _as_listed(packages, self._rows(together.verdicts, ends))

    def _end(self, enriched: Report, package: Package) -> float:
        """Give the instant until which the verdict on one package holds."""
        alone = replace(enriched, packages=replace(enriched.packages, installed=(package,)))
        return self.judges.judge(alone).valid_until

    def _own_rows(self, positions: Sequence[int]) -> list[_Row] | None:
        """Judge the packages at some positions by all that the node says of them."""
        report = self.report
        packages = [report.own.of(report.packages[position], position) for position in positions]
        enriched = self.judges.enrich(self._part(packages, report.scan, report.node))
        if enriched is None:
            return None
        judged = self.judges.judge(enriched)
        ends = [judged.valid_until] * len(packages)
        return _as_listed(packages, self._rows(judged.verdicts, ends))

    def _group(self, group: NotInstalled) -> _Group:
        key = (group.priority, group.section, group.origins, group.classification, group.severity)
        known = self.context.groups.get(key)
        if known is None or not known.made.holds(self.now):
            kind = replace(group, count=1)
            head = replace(self.report.head, not_installed=(kind,))
            judged = self.judges.judge(
                Report(schema=1, scan=_PLAIN_SCAN, node=self.report.node, packages=head)
            )
            made = _Made(self.now, judged.valid_until)
            known = self.context.groups[key] = _Group(judged.not_applicable_count, made)
        return known

    def _part(self, packages: Sequence[Package], scan: Scan, node: Node) -> Report:
        head = replace(self.report.head, installed=tuple(packages), not_installed=())
        return Report(schema=1, scan=scan, node=node, packages=head)

    def _rows(self, verdicts: Sequence[Verdict], ends: Sequence[float]) -> list[_Row]:
        record_ids = self.judges.intern([verdict.record for verdict in verdicts])
        return [
            _Row(
                verdict,
                code_of(record_id, verdict.state),
                kind_of(verdict.state, verdict.compliance_level),
                _ORDER[verdict.state],
                self.now,
                end,
            )
            for verdict, record_id, end in zip(verdicts, record_ids, ends, strict=True)
        ]

    def _packed(self, rows: Sequence[_Row], orders: bytes) -> PackedRows:
        """Pack the rows by state, then by name and architecture."""
        keys = [package.key for package in self.report.packages]
        positions = sorted(range(len(rows)), key=keys.__getitem__)
        positions.sort(key=orders.__getitem__)
        times, installed_by = list(self.report.own.times), list(self.report.own.installed_by)
        for position in compress(range(len(rows)), orders.translate(_NOT_INSTALLED)):
            times[position] = NOT_INSTALLED
            if installed_by:
                installed_by[position] = None
        return pack_columns(
            [rows[position].code for position in positions],
            [times[position] for position in positions],
            bytes([rows[position].kind for position in positions]),
            [installed_by[position] for position in positions] if installed_by else (),
        )

    def _summary(self, rows: Sequence[_Row], orders: bytes, not_applicable_count: int) -> Summary:
        open_rows = compress(rows, orders.translate(_UNUSUAL))
        summary = self.judges.summarize([row.verdict for row in open_rows], not_applicable_count)
        return summary._replace(
            installed=orders.count(_ORDER[PatchState.INSTALLED]),
            installed_other=orders.count(_ORDER[PatchState.INSTALLED_OTHER]),
        )


def _special_names(scan: Scan, node: Node) -> frozenset[str]:
    """Give the names of packages on which the node has something of its own to say."""
    named = set(node.reboot.packages) if node.reboot is not None and node.reboot.required else set()
    if scan.operation == "Install":
        named.update(result.name for result in scan.results)
    return frozenset(named)


def _sorted(packages: Iterable[Package]) -> list[Package]:
    """Give packages in the order of their verdicts."""
    return sorted(packages, key=_name_and_architecture)


def _as_listed(packages: Sequence[Package], rows: Iterable[_Row]) -> list[_Row]:
    """Give the rows, which are in the order of verdicts, in that of the packages."""
    by_key = dict(zip(map(_name_and_architecture, _sorted(packages)), rows, strict=True))
    return [by_key[_name_and_architecture(package)] for package in packages]
