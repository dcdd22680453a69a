"""Takes packages of dpkg and rpm out of the package URLs (purls) of a bill of materials.

Such as `pkg:deb/debian/openssl@3.0.22-1?arch=amd64&distro=bookworm` and
`pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=x86_64&epoch=1&upstream=openssl-3.0.7-27.el9.src.rpm`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from packageurl import PackageURL

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given
from patchwarden.ingest.formats.package_report import ListedPackages, conversion_of, kind_of
from patchwarden.ingest.formats.package_rows import Row, refuse, shown
from patchwarden.ingest.formats.systems import ToldSystem, told_by_distro

_MAX_PURL = 4096
_KINDS = frozenset({"deb", "rpm"})
_SOURCES = frozenset({"src", "source"})
"""In place of an architecture, of source packages."""
_MOST_OTHERS = 5
"""So many other kinds of packages are named."""


class Component(NamedTuple):
    """What a bill of materials says about one thing."""

    place: str
    purl: str
    """Empty if it has none."""
    source: str = ""
    """The name of the source package, if it is said outside of the purl."""
    source_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillOfMaterials:
    """What was read of one."""

    evidence: str
    """Format and version, such as `cyclonedx-1.6`."""
    components: Iterable[Component]
    system: ToldSystem
    """Of a component that is the operating system itself; empty if there is none."""
    made_at: float | None


def convert_bill(bill: BillOfMaterials, given: Given) -> Conversion:
    """Make a report of the packages of the operating system.

    Raises InvalidReportError.
    """
    found = _Found(given.architecture)
    for component in bill.components:
        if component.purl:
            found.take(component)
    found.check()
    kind = kind_of(found.rows["deb"], found.rows["rpm"])
    listed = ListedPackages(
        evidence=bill.evidence,
        kind=kind,
        rows=found.rows[kind],
        system=bill.system if bill.system.name else found.system(),
        scanned_at=bill.made_at,
        not_told=found.not_told(),
    )
    return conversion_of(listed, given)


class _Found:
    """What the purls tell, one after the other."""

    def __init__(self, architecture: str) -> None:
        """Take the architecture of packages that have none."""
        self._architecture = architecture
        self.rows: Mapping[str, list[Row]] = {"deb": [], "rpm": []}
        self._distros: set[str] = set()
        self._namespaces: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._lacking: list[str] = []

    def take(self, component: Component) -> None:
        """Keep what a component tells; raise InvalidReportError if its purl is none."""
        purl = _parsed(component)
        if purl.type not in _KINDS:
            self._others[purl.type] += 1
            return
        architecture = purl.qualifiers.get("arch") or self._architecture
        if architecture in _SOURCES:
            self._others[f"{purl.type} source"] += 1
            return
        if distro := purl.qualifiers.get("distro"):
            self._distros.add(distro)
        if purl.namespace:
            self._namespaces[purl.namespace] += 1
        if purl.version and architecture:
            row = _deb_row if purl.type == "deb" else _rpm_row
            self.rows[purl.type].append(row(component, purl, architecture))
        else:
            self._lacking.append(purl.name)

    def check(self) -> None:
        """Raise InvalidReportError if no package has a version and an architecture."""
        if self._lacking and not any(self.rows.values()):
            raise InvalidReportError(
                f"The packages of the file, such as {shown(self._lacking[0])}, lack a version or"
                " an architecture; if it is that, give it by --architecture."
            )

    def system(self) -> ToldSystem:
        """Give the system that the purls name; raise InvalidReportError if they name several."""
        if len(self._distros) > 1:
            names = sorted(self._distros)
            raise InvalidReportError(
                f"The file has packages of several systems, such as {shown(names[0])} and"
                f" {shown(names[1])}; a report is about one."
            )
        for distro in self._distros:
            return told_by_distro(distro)
        return ToldSystem(*(name for name, _ in self._namespaces.most_common(1)))

    def not_told(self) -> list[str]:
        """Give what is left out, in words."""
        found = []
        if self._lacking:
            some = f"{len(self._lacking)}, such as {shown(self._lacking[0])}"
            found.append(f"anything about packages that lack a version or architecture ({some})")
        if self._others:
            found.append(
                "anything about components that are none of the operating system's packages"
                f" ({_counts(self._others)})"
            )
        return found


def _parsed(component: Component) -> PackageURL:
    if len(component.purl) > _MAX_PURL:
        refuse(component.place, f"the purl is longer than {_MAX_PURL} characters")
    try:
        return PackageURL.from_string(component.purl)
    except ValueError as error:
        refuse(component.place, f"{shown(component.purl)} is no purl", error)


def _deb_row(component: Component, purl: PackageURL, architecture: str) -> Row:
    version, epoch = purl.version or "", purl.qualifiers.get("epoch", "")
    # `upstream=openssl@3.0.22-1`, the version only where it differs
    source, _, source_version = purl.qualifiers.get("upstream", "").partition("@")
    return Row(
        place=component.place,
        name=purl.name,
        version=f"{epoch}:{version}" if epoch and ":" not in version else version,
        architecture=architecture,
        source=source or component.source,
        source_version=source_version or component.source_version,
    )


def _rpm_row(component: Component, purl: PackageURL, architecture: str) -> Row:
    version, _, release = (purl.version or "").rpartition("-")
    return Row(
        place=component.place,
        name=purl.name,
        version=version,
        release=release,
        epoch=purl.qualifiers.get("epoch", ""),
        architecture=architecture,
        source=purl.qualifiers.get("upstream", ""),
    )


def _counts(others: Counter[str]) -> str:
    named = [f"{count} {shown(kind)[1:-1]}" for kind, count in others.most_common(_MOST_OTHERS)]
    return ", ".join(named) + (", …" if len(others) > _MOST_OTHERS else "")
