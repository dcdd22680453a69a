"""Adds to the updates of a Windows node what the catalog knows of them, and those it did not list.

Windows Update says little of what is installed, and nothing of what a node does not need any more.
The catalog has both, and so what the node did not list is added from it: as not applicable where
Windows Update was asked and did not offer it; on offer where nobody asked, as with a bare list of
hotfixes, unless something that is installed supersedes it.
"""

from collections import defaultdict
from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias

from patchwarden.domain.advisories import CatalogAdvisory
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.facts import Presence, Report, WindowsUpdate
from patchwarden.domain.windows import UNRATED, key_of

ProductNamed: TypeAlias = Callable[[str], str | None]
"""Gives the value of PRODUCT that a vendor's name for a product means; None if it is unknown."""
_Edges: TypeAlias = Mapping[str, Collection[str]]
"""What each update supersedes, by `key_of`."""
_ON_OFFER = frozenset[Presence]({"available", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsCatalog:
    """What is known of the updates for nodes of some products, made ready for many reports."""

    known: Mapping[str, WindowsUpdate]
    """By `key_of`, each as a node has it that does not need it."""
    of_node: Mapping[str, WindowsUpdate]
    """Those of `known` that are for the nodes' own products, in the order of their keys."""
    keys: Mapping[str, str]
    """Update id in lower case → `key_of`, of those with a KB number."""
    cve_ids: Mapping[str, frozenset[str]]
    """What each fixes by itself, by `key_of`."""
    supersedes: _Edges
    product_named: ProductNamed

    @classmethod
    def of(
        cls,
        patches: Iterable[CatalogPatch],
        advisories: Iterable[CatalogAdvisory],
        *,
        products: Collection[str],
        product_named: ProductNamed,
    ) -> "WindowsCatalog":
        """Prepare patches and advisories for nodes whose values of PRODUCT are `products`.

        Those of other products tell of updates that a node lists, and are added to none. Where one
        KB number is of several products, what is said of `products` counts.
        """
        every: dict[str, list[CatalogPatch]] = defaultdict(list)
        for patch in patches:
            every[(patch.kb_number or patch.patch_id).lower()].append(patch)
        by_key = {key: _preferred(same, products) for key, same in sorted(every.items())}
        said = _by_kb(advisories, products)
        cve_ids = {
            key: frozenset(
                chain(
                    *(each.cve_ids for each in by_key.get(key, ())),
                    *(each.advisory.cve_ids for each in said.get(key, ())),
                )
            )
            for key in by_key.keys() | said.keys()
        }
        known = {key: _as_update(same, cve_ids[key]) for key, same in by_key.items()}
        return cls(
            known=known,
            of_node={
                key: update
                for key, update in known.items()
                if not set(update.products).isdisjoint(products)
            },
            keys={
                patch.patch_id.lower(): key
                for key, same in every.items()
                for patch in same
                if patch.patch_id
            },
            cve_ids=cve_ids,
            supersedes={
                key: frozenset(kb.lower() for each in same for kb in each.supersedes)
                for key, same in said.items()
            },
            product_named=product_named,
        )

    def unknown_keys(self, report: Report) -> Sequence[str]:
        """Give the `key_of` of updates that a node lists and nothing is known of."""
        keys = (self.keys.get(key, key) for key in map(key_of, report.packages.updates))
        return [key for key in dict.fromkeys(keys) if key not in self.known]

    def with_others(
        self, patches: Iterable[CatalogPatch], advisories: Iterable[CatalogAdvisory]
    ) -> "WindowsCatalog":
        """Give a catalog that also knows of updates for other products, such as applications."""
        others = WindowsCatalog.of(
            patches, advisories, products=(), product_named=self.product_named
        )
        return replace(
            self,
            known={**others.known, **self.known},
            keys={**others.keys, **self.keys},
            cve_ids={**others.cve_ids, **self.cve_ids},
            supersedes={**others.supersedes, **self.supersedes},
        )

    def enrich(self, report: Report) -> Report:
        """Give `report` with all that is known of its updates, then with those it did not list."""
        listed = tuple(map(self._filled, report.packages.updates))
        installed = {key_of(update) for update in listed if update.presence == "installed"}
        superseded = _reached(installed, self._supersedes(listed)) - installed
        settled = [_settled(update, superseded) for update in listed]
        unlisted = self._unlisted(
            {key_of(update) for update in listed},
            None if report.packages.knows_available else superseded,
        )
        updates = self._with_all_cve_ids([*settled, *unlisted], installed | superseded)
        return replace(report, packages=replace(report.packages, updates=tuple(updates)))

    def _filled(self, update: WindowsUpdate) -> WindowsUpdate:
        names = (self.product_named(name) or name for name in update.products)
        products = tuple(dict.fromkeys(names))
        known = self.known.get(self.keys.get(key_of(update), key_of(update)))
        if known is None:
            return replace(update, products=products)
        is_rated = known.msrc_severity not in {"", UNRATED}
        return replace(
            update,
            kb_id=update.kb_id or known.kb_id,
            update_id=update.update_id or known.update_id,
            title=update.title or known.title,
            # Baselines are applied to the catalog: what it says of these wins (contract 4.5). But
            # that it has no severity does not make an update harmless.
            classification=known.classification or update.classification,
            products=known.products or products,
            product_family=known.product_family or update.product_family,
            msrc_severity=known.msrc_severity if is_rated else update.msrc_severity,
            msrc_number=known.msrc_number or update.msrc_number,
            released_at=update.released_at if known.released_at is None else known.released_at,
        )

    def _supersedes(self, listed: Iterable[WindowsUpdate]) -> _Edges:
        """Join what the catalog says with what the node says, which may go by update ids."""
        own_keys = {each.update_id.lower(): key_of(each) for each in listed if each.update_id}
        keys = {**self.keys, **own_keys}
        joined: dict[str, Collection[str]] = dict(self.supersedes)
        for update in listed:
            names = map(str.lower, update.supersedes)
            own = {keys.get(name, name) for name in names}
            if own:
                joined[key_of(update)] = own.union(joined.get(key_of(update), ()))
        return joined

    def _unlisted(self, listed: Set[str], superseded: Set[str] | None) -> Iterator[WindowsUpdate]:
        """Give what the node did not list; `superseded` is None if it knows what is on offer."""
        unlisted = self.of_node.keys() - listed
        on_offer = set() if superseded is None else unlisted - superseded
        for key, update in self.of_node.items():
            if key in on_offer:
                # What those supersede, they tell themselves.
                reached = tuple(sorted(_reached([key], self.supersedes, on_offer)))
                yield replace(update, presence="available", supersedes=reached)
            elif key in unlisted:
                yield update

    def _with_all_cve_ids(
        self, updates: Sequence[WindowsUpdate], settled: Set[str]
    ) -> Iterator[WindowsUpdate]:
        """Add what each update fixes; for those on offer also what they bring beside.

        `settled` is what is installed and what that supersedes.
        """
        on_offer = {key_of(update) for update in updates if update.presence in _ON_OFFER}
        stops = on_offer | settled
        brought = {key: self._brought(key, stops) for key in on_offer}
        for update in updates:
            key = key_of(update)
            said = brought[key] if update.presence in _ON_OFFER else self.cve_ids.get(key, ())
            fixed = {*update.cve_ids, *said}
            same = len(fixed) == len(update.cve_ids)
            yield update if same else replace(update, cve_ids=tuple(sorted(fixed)))

    def _brought(self, key: str, stops: Set[str]) -> frozenset[str]:
        """Give the CVEs that an update fixes, and those of what it supersedes up to `stops`.

        The catalog's word alone counts for it: a node could say that everything supersedes all.
        """
        every = {key, *(_reached([key], self.supersedes, stops) - stops)}
        return frozenset(chain.from_iterable(self.cve_ids.get(each, ()) for each in every))


def _settled(update: WindowsUpdate, superseded: Container[str]) -> WindowsUpdate:
    if update.presence in _ON_OFFER and key_of(update) in superseded:
        return replace(update, presence="not-applicable")
    return update


def _reached(start: Iterable[str], supersedes: _Edges, stops: Container[str] = ()) -> set[str]:
    """Give all that is superseded, directly or not, up to `stops`."""
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        for key in supersedes.get(waiting.pop(), ()):
            if key not in reached:
                reached.add(key)
                if key not in stops:
                    waiting.append(key)
    return reached


def _by_kb(
    advisories: Iterable[CatalogAdvisory], products: Collection[str]
) -> Mapping[str, Sequence[CatalogAdvisory]]:
    """Give the advisories that each KB number fixes; those about `products` where there are any."""
    own: dict[str, list[CatalogAdvisory]] = defaultdict(list)
    others: dict[str, list[CatalogAdvisory]] = defaultdict(list)
    for advisory in advisories:
        for fix in () if advisory.withdrawn else advisory.fixes:
            if fix.status == "fixed":
                said = own if not fix.product or fix.product in products else others
                said[fix.name.lower()].append(advisory)
    return {**others, **own}


def _preferred(
    patches: Sequence[CatalogPatch], products: Collection[str]
) -> Sequence[CatalogPatch]:
    return [each for each in patches if each.product in products] or patches


def _as_update(patches: Sequence[CatalogPatch], cve_ids: Iterable[str]) -> WindowsUpdate:
    newest = max(patches, key=lambda each: (each.released_at or 0.0, each.patch_id))
    return WindowsUpdate(
        presence="not-applicable",
        kb_id=newest.kb_number,
        update_id=newest.patch_id,
        title=newest.title,
        classification=newest.classification,
        products=tuple(sorted({each.product for each in patches})),
        product_family=newest.product_family,
        msrc_severity=newest.msrc_severity,
        msrc_number=newest.msrc_number,
        released_at=newest.released_at,
        cve_ids=tuple(sorted(cve_ids)),
    )
