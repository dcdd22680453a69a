"""The document that `patchwarden-scan.ps1` writes, member for member.

Times are texts in ISO 8601, UTC; None where the script could not read something. What it writes
beyond these members is ignored.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from patchwarden.ingest.limits import MAX_ITEMS

_FILE_RENAMES_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A category of an update, as ICategory has it."""

    id: str = ""
    type: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUpdate:
    """An update, as IUpdate has it."""

    update_id: str
    title: str
    kb_article_ids: tuple[str, ...] = ()
    """Without `KB`."""
    bulletin_ids: tuple[str, ...] = ()
    cve_ids: tuple[str, ...] = ()
    superseded_ids: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    msrc_severity: str = ""
    deployment_changed: str | None = None
    is_installed: bool
    is_hidden: bool = False
    reboot_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryItem:
    """An entry of the history, as IUpdateHistoryEntry has it."""

    date: str | None
    title: str
    update_id: str = ""
    operation: int
    result_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HotfixItem:
    """An instance of Win32_QuickFixEngineering."""

    hotfix_id: str
    description: str = ""
    installed_on: str | None = None
    """`2019-01-09`, or what WMI had in place of a day."""
    installed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """The machine."""

    name: str
    domain: str = ""
    """Empty if it is in a workgroup."""
    os_caption: str = ""
    version: str
    """Such as `10.0.17763`."""
    ubr: Annotated[int, msgspec.Meta(ge=0, le=2**31)] | None = None
    """The number behind that, which an update raises."""
    architecture: str | None = None
    """As Windows has it: `AMD64`."""
    last_boot: str | None = None
    ip_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RebootEvidence:
    """The places that tell whether a reboot is pending; None where one could not be read."""

    update_agent: bool | None = None
    auto_update: bool | None = None
    component_based_servicing: bool | None = None
    pending_file_renames: Annotated[int, msgspec.Meta(ge=0, le=_FILE_RENAMES_MAX)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFacts:
    """When and how the scan ran."""

    started: str
    ended: str
    online: bool
    last_search: str | None = None
    """When Windows itself last searched for updates, with success."""
    update_server: str = ""
    """The address of the WSUS server; empty for Microsoft's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A part that failed."""

    part: str
    hresult: str = ""
    message: str = ""


_Updates = Annotated[tuple[FoundUpdate, ...], msgspec.Meta(max_length=MAX_ITEMS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The whole document."""

    windows_scan: Literal[1]
    """The version of this form, by a name that no other format has."""
    collector: str
    scan: ScanFacts
    node: MachineFacts
    reboot: RebootEvidence
    available: _Updates
    installed: _Updates
    history: tuple[HistoryItem, ...]
    hotfixes: Annotated[tuple[HotfixItem, ...], msgspec.Meta(max_length=MAX_ITEMS)]
    errors: tuple[Problem, ...] = ()
