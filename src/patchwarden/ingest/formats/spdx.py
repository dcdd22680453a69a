"""Reads SPDX 2 as JSON or as tags and values; the purls of packages are what counts."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.json_text import decode, early_members, starts_with
from patchwarden.ingest.formats.purls import BillOfMaterials, Component, convert_bill
from patchwarden.ingest.formats.systems import ToldSystem
from patchwarden.ingest.formats.text_encoding import decode_start, decode_text
from patchwarden.ingest.formats.times import instant_of

_OPERATING_SYSTEM = "OPERATING-SYSTEM"
# `SPDXVersion: SPDX-2.3`, which is the first line
_FIRST_TAG = re.compile(r"SPDXVersion:\s*SPDX-")


class _Reference(msgspec.Struct, frozen=True, rename="camel"):
    reference_type: str = ""
    reference_locator: str = ""


class _Package(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    version_info: str | None = None
    primary_package_purpose: str | None = None
    external_refs: list[_Reference] | None = None


class _CreationInfo(msgspec.Struct, frozen=True):
    created: str | None = None


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    spdx_version: str
    creation_info: _CreationInfo | None = None
    packages: list[_Package] | None = None


def _recognizes(content: bytes) -> bool:
    return starts_with(content, "{") and "SPDXID" in early_members(content)


def _read(content: bytes, given: Given) -> Conversion:
    document = decode(content, _Document)
    packages = document.packages or []
    components = (
        Component(f"packages[{position}].externalRefs[{number}]", reference.reference_locator)
        for position, package in enumerate(packages)
        for number, reference in enumerate(package.external_refs or ())
        if reference.reference_type == "purl"
    )
    made_at = instant_of(document.creation_info.created if document.creation_info else None)
    bill = BillOfMaterials(
        evidence=document.spdx_version[:20].lower(),
        components=components,
        system=_system(packages),
        made_at=made_at,
    )
    return convert_bill(bill, given)


def _system(packages: Sequence[_Package]) -> ToldSystem:
    for package in packages:
        if package.primary_package_purpose == _OPERATING_SYSTEM:
            return ToldSystem(package.name, package.version_info or "")
    return ToldSystem()


def _recognizes_tags(content: bytes) -> bool:
    return _FIRST_TAG.match(decode_start(content).lstrip()) is not None


def _read_tags(content: bytes, given: Given) -> Conversion:
    tags = list(_tags(decode_text(content)))
    first = {name: value for _, name, value in reversed(tags)}
    components = (
        Component(place, value.rpartition(" ")[2])
        for place, name, value in tags
        if name == "ExternalRef" and value.split()[1:2] == ["purl"]
    )
    bill = BillOfMaterials(
        evidence=first.get("SPDXVersion", "spdx")[:20].lower(),
        components=components,
        system=_system_of_tags([(name, value) for _, name, value in tags]),
        made_at=instant_of(first.get("Created")),
    )
    return convert_bill(bill, given)


def _tags(text: str) -> Iterator[tuple[str, str, str]]:
    """Give place, name and value of each tag; lines of longer texts that look like tags, too."""
    for number, line in enumerate(text.split("\n"), start=1):
        name, colon, value = line.partition(":")
        if colon and name.isalnum():
            yield f"line {number}", name, value.strip()


def _system_of_tags(tags: Sequence[tuple[str, str]]) -> ToldSystem:
    name = version = ""
    for tag, value in tags:
        if tag == "PackageName":
            name, version = value, ""
        elif tag == "PackageVersion":
            version = value
        elif tag == "PrimaryPackagePurpose" and value == _OPERATING_SYSTEM:
            return ToldSystem(name, version)
    return ToldSystem()


SPDX = ReportFormat("spdx", "an SPDX document", _recognizes, _read)
SPDX_TAGS = ReportFormat(
    "spdx-tag-value", "an SPDX document of tags and values", _recognizes_tags, _read_tags
)
