"""Reads updateinfo.xml: the advisories of a repository of rpm packages.

```xml
<update from="errata@example.org" status="final" type="security" version="2">
  <id>RLSA-2025:0001</id> <title>Important: tool security update</title>
  <issued date="2025-01-02 03:04:05"/> <updated date="2025-01-03 03:04:05"/>
  <severity>Important</severity> <description>…</description>
  <references><reference type="cve" id="CVE-2025-0001" href="https://…" title="…"/></references>
  <pkglist><collection short="RL9"><name>Rocky Linux 9</name>
    <package name="tool" epoch="0" version="1.2" release="3.el9" arch="x86_64" src="…">
      <reboot_suggested>True</reboot_suggested>
```
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn
from xml.etree.ElementTree import Element

from patchwarden.catalog.feed import Format, Member
from patchwarden.catalog.parsing.advisory_kinds import source_of
from patchwarden.catalog.parsing.feed_instants import instant, plausible, revised
from patchwarden.catalog.parsing.fix_list import merged
from patchwarden.catalog.parsing.severities import severity_word
from patchwarden.catalog.parsing.vendor_ids import cve_ids_named
from patchwarden.catalog.parsing.xml_feed import elements, root_name, text_at
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.domain.facts import Advisory

_MAX_WORD = 300
"""Of ids, names and versions."""
_MAX_SHOWN_ID = 50
_MAX_TITLE = 1_000
_MAX_DESCRIPTION = 20_000
_MAX_REFERENCES = 100
_MAX_URL = 2_000
_MAX_EPOCH = 2**31 - 1
_UNKNOWN_PRODUCT = "unknown"
_SOURCE_ARCHITECTURES = frozenset({"src", "nosrc"})
_NO = frozenset({"false", "0", "no"})
_WITHDRAWN = frozenset({"retracted", "revoked", "withdrawn"})
_NO_EPOCH = frozenset({"", "0", "(none)", "none"})
_SECONDS = re.compile(r"[0-9]{9,11}")
"""A date in old files, and SUSE's: `1689240060`. Less is a date without dashes."""
_UTC = re.compile(r" ?(?:UTC|GMT)$")
_NUMBER_IN_YEAR = re.compile(r"-20[0-9]{2}-[0-9]+$")
"""Of an id of SUSE, before which the product is: `SUSE-SLE-SERVER-12-SP5-2023-123`."""


def _recognizes(member: Member) -> bool:
    return root_name(member.head) == "updates"


def _read(member: Member) -> Iterator[CatalogAdvisory]:
    for number, element in enumerate(elements(member, {"update"}), 1):
        yield _Update(member, element, number).advisory()


FORMAT = Format("updateinfo", _recognizes, _read)


@dataclass(frozen=True, slots=True)
class _Update:
    """One advisory of the file."""

    member: Member
    element: Element
    number: int
    """Its place among all of the file, from 1."""

    def advisory(self) -> CatalogAdvisory:
        element = self.element
        advisory_id = self._word(text_at(element, "id"), "id")
        issued_at = self._date("issued")
        return CatalogAdvisory(
            source=source_of(advisory_id, element.get("from", "")),
            advisory=Advisory(
                advisory_id=advisory_id,
                classification=element.get("type", "").strip().lower()[:_MAX_WORD],
                severity=severity_word(text_at(element, "severity"))[:_MAX_WORD],
                title=(text_at(element, "title") or text_at(element, "summary"))[:_MAX_TITLE],
                issued_at=issued_at,
                updated_at=revised(issued_at, self._date("updated")),
                cve_ids=self._cve_ids(),
                bugzilla_ids=self._bugzilla_ids(),
                reboot_suggested=self._reboot_suggested(),
            ),
            fixes=merged(self.member, self._fixes(advisory_id), self._place("pkglist")),
            description=text_at(element, "description")[:_MAX_DESCRIPTION],
            references=self._references(),
            withdrawn=element.get("status", "").strip().lower() in _WITHDRAWN,
        )

    def _date(self, tag: str) -> float | None:
        element = self.element.find(tag)
        given = element.get("date", "").strip() if element is not None else ""
        if _SECONDS.fullmatch(given):
            return plausible(self.member, float(given), self._place(tag))
        return instant(self.member, _UTC.sub("", given), self._place(tag))

    def _cve_ids(self) -> tuple[str, ...]:
        """Give the CVEs that are referred to; where none is, those that the texts name."""
        referred = (
            f"{each.get('id')} {each.get('title')} {each.get('href')}"
            for each in self.element.iterfind("references/reference")
            if each.get("type") == "cve"
        )
        # An id that is none may have one in its title.
        found = dict.fromkeys(ids[0] for ids in map(cve_ids_named, referred) if ids)
        return tuple(found) or cve_ids_named("\n".join(self._texts()))

    def _texts(self) -> Iterator[str]:
        for path in ("title", "summary", "description"):
            yield text_at(self.element, path)
        for reference in self.element.iterfind("references/reference"):
            yield reference.get("title", "")

    def _bugzilla_ids(self) -> tuple[str, ...]:
        ids = (
            each.get("id", "").strip()
            for each in self.element.iterfind("references/reference")
            if each.get("type") == "bugzilla"
        )
        return tuple(dict.fromkeys(id_ for id_ in ids if id_.isdecimal() and len(id_) < 20))

    def _references(self) -> tuple[str, ...]:
        """Give the URLs that say more: not those of the CVEs and bugs, which have ids."""
        urls = (
            each.get("href", "").strip()
            for each in self.element.iterfind("references/reference")
            if each.get("type") not in {"cve", "bugzilla"}
        )
        kept = [url for url in dict.fromkeys(urls) if url and len(url) <= _MAX_URL]
        return tuple(kept[:_MAX_REFERENCES])

    def _reboot_suggested(self) -> bool:
        return any(
            (each.text or "").strip().lower() not in _NO
            for each in self.element.iter("reboot_suggested")
        )

    def _fixes(self, advisory_id: str) -> Iterator[Fix]:
        for collection in self.element.iterfind("pkglist/collection"):
            product = self._product(collection, advisory_id)
            module = self._module(collection)
            for package in collection.iterfind("package"):
                yield self._fix(package, product, module)

    def _product(self, collection: Element, advisory_id: str) -> str:
        """Give the product of a collection: ours if any of its words means one, else its words."""
        if self.member.product is not None:
            return self.member.product
        name, short = text_at(collection, "name"), collection.get("short", "").strip()
        own_words = (name, short, text_at(self.element, "release"))
        for words in (*own_words, _NUMBER_IN_YEAR.sub("", advisory_id)):
            known = product_named(words)
            if known is not None:
                return known
        return next(filter(None, own_words), _UNKNOWN_PRODUCT)[:_MAX_WORD]

    def _module(self, collection: Element) -> str:
        module = collection.find("module")
        if module is None:
            return ""
        name, stream = module.get("name", "").strip(), module.get("stream", "").strip()
        return self._word(f"{name}:{stream}", "module") if name else ""

    def _fix(self, package: Element, product: str, module: str) -> Fix:
        name = self._word(package.get("name", ""), "package")
        version = self._word(package.get("version", ""), f"version of {name}")
        release = package.get("release", "").strip()
        architecture = package.get("arch", "").strip()
        is_source = architecture in _SOURCE_ARCHITECTURES
        evr = f"{self._epoch(package, name)}{version}{'-' if release else ''}{release}"
        return Fix(
            product=product,
            name=name,
            version=self._word(evr, f"version of {name}"),
            architecture="" if is_source else architecture[:_MAX_WORD],
            is_source=is_source,
            module=module,
        )

    def _epoch(self, package: Element, name: str) -> str:
        given = package.get("epoch", "").strip()
        if given.lower() in _NO_EPOCH:
            return ""
        is_number = given.isascii() and given.isdigit() and len(given) <= len(str(_MAX_EPOCH))
        if not is_number or int(given) > _MAX_EPOCH:
            self._refuse(f"epoch of {name}", f"{given!r} is none")
        return f"{int(given)}:" if int(given) else ""

    def _word(self, given: str, what: str) -> str:
        word = given.strip()
        if not word:
            self._refuse(what, "it is needed, and not there or empty")
        if len(word) > _MAX_WORD:
            self._refuse(what, f"it has {len(word)} characters, and may have {_MAX_WORD}")
        return word

    def _refuse(self, what: str, problem: str) -> NoReturn:
        self.member.refuse(self._place(what), problem)

    def _place(self, what: str) -> str:
        named = text_at(self.element, "id")[:_MAX_SHOWN_ID]
        return f"update {self.number}{f' ({named})' if named else ''}, {what}"
