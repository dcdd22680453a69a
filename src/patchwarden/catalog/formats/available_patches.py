"""Reads what `aws ssm describe-available-patches` prints, so that AWS's catalog can be taken along.

```json
{"Patches": [{"Id": "fe6bd8c2-…", "ReleaseDate": 1544047205.0, "KbNumber": "KB4470788", …}, …]}
```
Members that the service model does not have are allowed: AWS may say more one day.
"""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NoReturn

import msgspec

from patchwarden.catalog.feed import Format, Member
from patchwarden.catalog.parsing.feed_instants import seconds_of
from patchwarden.catalog.parsing.json_feed import decoded
from patchwarden.catalog.parsing.json_head import key_paths
from patchwarden.data.products import operating_system_of_product
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.windows import UNRATED

MAX_FILE_BYTES = 128 * 1024 * 1024
"""About 140,000 patches. A file is held in memory as it is; its patches are read one by one."""
MAX_PATCHES = 200_000
"""Of one file."""
_MAX_EPOCH = 2**31 - 1
_EARLIEST, _LATEST = -62_135_596_800.0, 253_402_300_799.0
"""The first and the last second of the years 1 to 9999."""
_SMALLER = "fetch the patches with a filter on PRODUCT, product by product"

# Far more than any patch has; a page of 100 patches is answered at once.
_Text = Annotated[str, msgspec.Meta(max_length=20_000)] | None
_Texts = (
    Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=200)], ...], msgspec.Meta(max_length=5_000)
    ]
    | None
)


class _File(msgspec.Struct, frozen=True):
    patches: list[msgspec.Raw] = msgspec.field(name="Patches")


class _Item(msgspec.Struct, frozen=True, rename="pascal"):
    id: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    release_date: float | str | None = None
    title: _Text = None
    description: _Text = None
    content_url: _Text = None
    vendor: _Text = None
    product_family: _Text = None
    product: _Text = None
    classification: _Text = None
    msrc_severity: _Text = None
    msrc_classification: _Text = None
    """The former name of MsrcSeverity."""
    kb_number: _Text = None
    msrc_number: _Text = None
    language: _Text = None
    name: _Text = None
    epoch: int | str | None = None
    version: _Text = None
    release: _Text = None
    arch: _Text = None
    severity: _Text = None
    repository: _Text = None
    advisory_ids: _Texts = None
    bugzilla_ids: _Texts = None
    cve_ids: _Texts = msgspec.field(default=None, name="CVEIds")


_file_decoder = msgspec.json.Decoder(_File)
_item_decoder = msgspec.json.Decoder(_Item)


def _recognizes(member: Member) -> bool:
    return ("Patches",) in key_paths(_utf_8(member.head))


def _read(member: Member) -> Iterator[CatalogPatch]:
    content = _utf_8(member.stream.read(MAX_FILE_BYTES + 1))
    if len(content) > MAX_FILE_BYTES:
        member.refuse("", f"it is larger than {MAX_FILE_BYTES} bytes; {_SMALLER}")
    patches = decoded(member, _file_decoder, content.strip()).patches
    if len(patches) > MAX_PATCHES:
        problem = f"it has {len(patches)} patches, and a file may have {MAX_PATCHES}; {_SMALLER}"
        member.refuse("", problem)
    for position, raw in enumerate(patches):
        where = f"Patches[{position}]"
        yield _Reading(member, where, decoded(member, _item_decoder, raw, where)).patch()


FORMAT = Format("describe-available-patches", _recognizes, _read)


def _utf_8(content: bytes) -> bytes:
    """Take the mark of UTF-8 off, and turn UTF-16 into it: PowerShell redirects into that."""
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(BOM_UTF8)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One patch of the file."""

    member: Member
    where: str
    item: _Item

    def patch(self) -> CatalogPatch:
        item = self.item
        operating_system = self._operating_system()
        is_windows = operating_system == WINDOWS
        self._require(("id",) if is_windows else ("name", "version"))
        msrc_severity = item.msrc_severity or item.msrc_classification or ""
        return CatalogPatch(
            operating_system=operating_system,
            product=item.product or "",
            patch_id=item.id or "",
            released_at=self._released_at(),
            title=item.title or "",
            description=item.description or "",
            content_url=item.content_url or "",
            vendor=item.vendor or "",
            product_family=item.product_family or "",
            classification=item.classification or "",
            language=item.language or "",
            kb_number=item.kb_number or "",
            msrc_number=item.msrc_number or "",
            msrc_severity=msrc_severity or (UNRATED if is_windows else ""),
            name=item.name or "",
            epoch=self._epoch(),
            version=item.version or "",
            release=item.release or "",
            arch=item.arch or "",
            severity=item.severity or "",
            repository=item.repository or "",
            advisory_ids=item.advisory_ids or (),
            bugzilla_ids=item.bugzilla_ids or (),
            cve_ids=item.cve_ids or (),
        )

    def _operating_system(self) -> str:
        item = self.item
        self._require(("product",))
        known = operating_system_of_product(item.product or "")
        # Microsoft's applications are many and no list of them is complete.
        if known is None and (item.name or not item.id):
            self._refuse("Product", f"it is {item.product!r}, which is of no known system")
        return known or WINDOWS

    def _released_at(self) -> float | None:
        """Give a time: a number, or ISO 8601, which the AWS CLI prints since its version 2."""
        given = self.item.release_date
        if given is None:
            return None
        try:
            seconds = seconds_of(given) if isinstance(given, str) else given
        except (ValueError, OverflowError):
            self._refuse("ReleaseDate", f"{given!r} is no time in ISO 8601")
        if not _EARLIEST <= seconds <= _LATEST:
            self._refuse("ReleaseDate", f"{given} is not within the years 1 to 9999")
        return seconds

    def _epoch(self) -> int:
        given = self.item.epoch
        text = str(given or 0)
        if not (text.isascii() and text.isdigit()):
            self._refuse("Epoch", f"{given!r} is no number")
        if len(text) > len(str(_MAX_EPOCH)) or int(text) > _MAX_EPOCH:
            self._refuse("Epoch", f"it is more than {_MAX_EPOCH}")
        return int(text)

    def _require(self, members: Sequence[str]) -> None:
        for member in members:
            if not getattr(self.item, member):
                self._refuse(member.capitalize(), "it is needed, and not there or empty")

    def _refuse(self, member: str, problem: str) -> NoReturn:
        self.member.refuse(f"{self.where}.{member}", problem)
