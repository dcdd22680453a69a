"""Reads CycloneDX in JSON, as Syft, Trivy and cdxgen write it."""

from collections.abc import Iterator, Sequence

import msgspec

from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.json_text import decode, early_members, starts_with
from patchwarden.ingest.formats.purls import BillOfMaterials, Component, convert_bill
from patchwarden.ingest.formats.systems import ToldSystem
from patchwarden.ingest.formats.times import instant_of

_OPERATING_SYSTEM = "operating-system"
_MAX_DEPTH = 16
# Trivy tells the source package beside the purl, in these properties.
_SOURCE = "aquasecurity:trivy:Src"


class _Property(msgspec.Struct, frozen=True):
    name: str = ""
    value: str | None = None


class _Component(msgspec.Struct, frozen=True):
    type: str = ""
    name: str = ""
    version: str | None = None
    purl: str | None = None
    components: list["_Component"] | None = None
    properties: list[_Property] | None = None


class _Metadata(msgspec.Struct, frozen=True):
    timestamp: str | None = None
    component: _Component | None = None


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    spec_version: str
    metadata: _Metadata | None = None
    components: list[_Component] | None = None


def _recognizes(content: bytes) -> bool:
    return starts_with(content, "{") and "bomFormat" in early_members(content)


def _read(content: bytes, given: Given) -> Conversion:
    document = decode(content, _Document)
    metadata = document.metadata or _Metadata()
    placed = [*_subject(metadata.component), *_placed(document.components or (), "components")]
    bill = BillOfMaterials(
        evidence=f"cyclonedx-{document.spec_version[:10]}",
        components=(_component(place, component) for place, component in placed),
        system=_system([component for _, component in placed]),
        made_at=instant_of(metadata.timestamp),
    )
    return convert_bill(bill, given)


def _subject(component: _Component | None) -> Iterator[tuple[str, _Component]]:
    """Give what the document is about, and what that is made of."""
    if component is not None:
        yield "metadata.component", component
        yield from _placed(component.components or (), "metadata.component.components")


def _placed(
    components: Sequence[_Component], within: str, depth: int = 0
) -> Iterator[tuple[str, _Component]]:
    """Give components and what they are made of, each with its place."""
    for position, component in enumerate(components):
        place = f"{within}[{position}]"
        yield place, component
        if component.components and depth < _MAX_DEPTH:
            yield from _placed(component.components, f"{place}.components", depth + 1)


def _component(place: str, component: _Component) -> Component:
    told = {each.name: each.value or "" for each in component.properties or ()}
    epoch, version, release = (
        told.get(f"{_SOURCE}{part}", "") for part in ("Epoch", "Version", "Release")
    )
    return Component(
        place=f"{place}.purl",
        purl=component.purl or "",
        source=told.get(f"{_SOURCE}Name", ""),
        source_version=(f"{epoch}:" if epoch else "") + "-".join(filter(None, (version, release))),
    )


def _system(components: Sequence[_Component]) -> ToldSystem:
    for component in components:
        if component.type == _OPERATING_SYSTEM and component.name:
            return ToldSystem(component.name, component.version or "")
    return ToldSystem()


CYCLONEDX = ReportFormat("cyclonedx", "a CycloneDX document", _recognizes, _read)
