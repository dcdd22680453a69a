"""Reads what `aws ssm describe-available-patches` prints, so that AWS's catalog can be taken along.

```json
{"Patches": [{"Id": "fe6bd8c2-…", "ReleaseDate": 1544047205.0, "KbNumber": "KB4470788", …}, …]}
```
Members that the service model does not have are allowed: AWS may say more one day.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import msgspec

from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.data.products import operating_system_of_product
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.os_rules import WINDOWS

FORMAT = "describe-available-patches"
MAX_FILE_BYTES = 128 * 1024 * 1024
"""About 140,000 patches: the longest that a running server should have to wait with its writes. A
file is held in memory as it is; its patches are read one by one."""
MAX_PATCHES = 200_000
"""Of one file, for the same reason: small ones take as long as large ones."""
_MAX_EPOCH = 2**31 - 1
_EARLIEST, _LATEST = -62_135_596_800.0, 253_402_300_799.0
"""The first and the last second of the years 1 to 9999."""
_UNRATED = "Unspecified"
_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MAX_PROBLEM = 200

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


@dataclass(frozen=True, slots=True, eq=False)
class AvailablePatchesFile:
    """A file whose patches are read as they are iterated over."""

    name: str
    items: Sequence[msgspec.Raw]

    @classmethod
    def of(cls, content: bytes, name: str) -> "AvailablePatchesFile":
        """Take the content of the file `name`.

        Raises InvalidCatalogFileError if it has not the form that the command prints.
        """
        if len(content) > MAX_FILE_BYTES:
            raise InvalidCatalogFileError(
                f"{name} is larger than {MAX_FILE_BYTES} bytes; "
                "fetch the patches with a filter on PRODUCT, product by product."
            )
        try:
            patches = _file_decoder.decode(content).patches
        except msgspec.ValidationError as error:
            path, problem = _path_and_problem(error)
            raise InvalidCatalogFileError(
                f"{name} is not what aws ssm describe-available-patches prints: {problem}"
                f"{f' at {path}' if path else ''}."
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidCatalogFileError(f"{name} is not valid JSON: {error}.") from error
        if len(patches) > MAX_PATCHES:
            raise InvalidCatalogFileError(
                f"{name} has {len(patches)} patches, and a file may have {MAX_PATCHES}; "
                "fetch them with a filter on PRODUCT, product by product."
            )
        return cls(name, patches)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[CatalogPatch]:
        """Give the patches; raises InvalidCatalogFileError at the first that is wrong."""
        for position, raw in enumerate(self.items):
            try:
                yield _patch(_item_decoder.decode(raw))
            except _WrongItemError as error:
                self._refuse(position, error.member, error.problem, error)
            except msgspec.ValidationError as error:
                self._refuse(position, *_path_and_problem(error), error)
            except UnicodeDecodeError as error:
                self._refuse(position, "", "it is not UTF-8", error)
            except (msgspec.DecodeError, RecursionError) as error:
                self._refuse(position, "", str(error), error)

    def _refuse(self, position: int, member: str, problem: str, cause: Exception) -> NoReturn:
        where = f"Patches[{position}]{'.' if member else ''}{member}"
        if len(problem) > _MAX_PROBLEM:
            problem = f"{problem[:_MAX_PROBLEM]}..."
        raise InvalidCatalogFileError(f"{self.name} is wrong at {where}: {problem}.") from cause


class _WrongItemError(Exception):
    def __init__(self, member: str, problem: str) -> None:
        super().__init__(problem)
        self.member = member
        self.problem = problem


def _patch(item: _Item) -> CatalogPatch:
    operating_system = _operating_system(item)
    is_windows = operating_system == WINDOWS
    _require(item, ("id",) if is_windows else ("name", "version"))
    msrc_severity = item.msrc_severity or item.msrc_classification or ""
    return CatalogPatch(
        operating_system=operating_system,
        product=item.product or "",
        patch_id=item.id or "",
        released_at=_instant(item.release_date),
        title=item.title or "",
        description=item.description or "",
        content_url=item.content_url or "",
        vendor=item.vendor or "",
        product_family=item.product_family or "",
        classification=item.classification or "",
        language=item.language or "",
        kb_number=item.kb_number or "",
        msrc_number=item.msrc_number or "",
        msrc_severity=msrc_severity or (_UNRATED if is_windows else ""),
        name=item.name or "",
        epoch=_epoch(item.epoch),
        version=item.version or "",
        release=item.release or "",
        arch=item.arch or "",
        severity=item.severity or "",
        repository=item.repository or "",
        advisory_ids=item.advisory_ids or (),
        bugzilla_ids=item.bugzilla_ids or (),
        cve_ids=item.cve_ids or (),
    )


def _operating_system(item: _Item) -> str:
    _require(item, ("product",))
    known = operating_system_of_product(item.product or "")
    if known is not None:
        return known
    # Microsoft's applications are many and no list of them is complete.
    if item.id and not item.name:
        return WINDOWS
    raise _WrongItemError("Product", f"it is {item.product!r}, which is of no known system")


def _require(item: _Item, members: Sequence[str]) -> None:
    for member in members:
        if not getattr(item, member):
            raise _WrongItemError(member.capitalize(), "it is needed, and not there or empty")


def _instant(given: float | str | None) -> float | None:
    """Read a time: a number, or ISO 8601, which the AWS CLI prints since its version 2."""
    if given is None:
        return None
    try:
        seconds = _from_iso(given) if isinstance(given, str) else given
    except (ValueError, OverflowError):
        raise _WrongItemError("ReleaseDate", f"{given!r} is no time in ISO 8601") from None
    if not _EARLIEST <= seconds <= _LATEST:
        raise _WrongItemError("ReleaseDate", f"{given} is not within the years 1 to 9999")
    return seconds


def _from_iso(text: str) -> float:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _epoch(given: int | str | None) -> int:
    text = str(given or 0)
    if not (text.isascii() and text.isdigit()):
        raise _WrongItemError("Epoch", f"{given!r} is no number")
    if len(text) > len(str(_MAX_EPOCH)) or int(text) > _MAX_EPOCH:
        raise _WrongItemError("Epoch", f"it is more than {_MAX_EPOCH}")
    return int(text)


def _path_and_problem(error: msgspec.ValidationError) -> tuple[str, str]:
    message = str(error)
    match = _PATH.search(message)
    problem = _PATH.sub("", message)
    if len(problem) > _MAX_PROBLEM or not problem.isprintable():
        # The decoder repeats what the file has.
        problem = ascii(problem[:_MAX_PROBLEM])
    return match["path"] if match else "", problem
