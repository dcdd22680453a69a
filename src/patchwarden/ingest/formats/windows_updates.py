"""Puts together what the update agent, its history and the list of hotfixes say of each update."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from patchwarden.domain.facts import WindowsUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One installation or uninstallation that the update agent made. Unknown texts are empty."""

    kb_id: str
    update_id: str
    title: str
    at: float | None
    is_installation: bool
    succeeded: bool
    """If not, it failed or was aborted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotfix:
    """One entry of Win32_QuickFixEngineering, which Get-HotFix shows."""

    kb_id: str
    classification: str = ""
    installed_at: float | None = None
    """Midnight in UTC of the day; nobody knows the hour."""
    installed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsEvidence:
    """What a node has of its updates, each part as far as there is one."""

    found: Sequence[WindowsUpdate] = ()
    """By the update agent: installed, or on offer."""
    history: Sequence[HistoryEntry] = ()
    hotfixes: Sequence[Hotfix] = ()


def put_together(evidence: WindowsEvidence) -> tuple[WindowsUpdate, ...]:
    """Give every update once, sorted by KB number, id and title.

    The update agent's word counts. What it did not find is installed if the history's last
    success was an installation, or if it is a hotfix: cumulative updates that a later one
    superseded are in the history alone.
    """
    past = _Past.of(evidence.history)
    hotfixes = {hotfix.kb_id: hotfix for hotfix in evidence.hotfixes if hotfix.kb_id}
    found = {(update.update_id or update.title, update.kb_id): update for update in evidence.found}
    updates = [_completed(update, past, hotfixes) for update in found.values()]
    known = {update.kb_id for update in updates}
    updates += [
        _of_history(entry, hotfixes.get(kb_id))
        for kb_id, entry in past.installed_by_kb.items()
        if kb_id not in known
    ]
    known.update(past.installed_by_kb)
    updates += [_of_hotfix(hotfix) for kb_id, hotfix in hotfixes.items() if kb_id not in known]
    return tuple(sorted(updates, key=_order))


@dataclass(frozen=True, slots=True)
class _Past:
    """The history by what it is about; the last entry counts."""

    last: dict[str, HistoryEntry] = field(default_factory=dict)
    """By update id; by KB number where an entry has no id."""
    installed: dict[str, HistoryEntry] = field(default_factory=dict)
    """The last success, if it was an installation; by update id."""
    installed_by_kb: dict[str, HistoryEntry] = field(default_factory=dict)

    @classmethod
    def of(cls, history: Iterable[HistoryEntry]) -> "_Past":
        past = cls()
        for entry in sorted(history, key=lambda entry: entry.at or 0.0):
            past.last[entry.update_id or entry.kb_id] = entry
            if entry.succeeded:
                past.note_success(past.installed, entry.update_id, entry)
                past.note_success(past.installed_by_kb, entry.kb_id, entry)
        return past

    @staticmethod
    def note_success(by_name: dict[str, HistoryEntry], name: str, entry: HistoryEntry) -> None:
        if name and entry.is_installation:
            by_name[name] = entry
        else:
            by_name.pop(name, None)


def _completed(update: WindowsUpdate, past: _Past, hotfixes: dict[str, Hotfix]) -> WindowsUpdate:
    """Add to what the update agent found who installed it and when, or that this failed."""
    if update.presence == "available":
        last = past.last.get(update.update_id) or past.last.get(update.kb_id)
        has_failed = last is not None and last.is_installation and not last.succeeded
        return replace(update, presence="failed") if has_failed else update
    entry = past.installed.get(update.update_id) or past.installed_by_kb.get(update.kb_id)
    hotfix = hotfixes.get(update.kb_id)
    return replace(
        update, installed_at=_installed_at(entry, hotfix), installed_by=_installed_by(hotfix)
    )


def _of_history(entry: HistoryEntry, hotfix: Hotfix | None) -> WindowsUpdate:
    return WindowsUpdate(
        presence="installed",
        kb_id=entry.kb_id,
        update_id=entry.update_id,
        title=entry.title,
        classification=hotfix.classification if hotfix else "",
        installed_at=_installed_at(entry, hotfix),
        installed_by=_installed_by(hotfix),
    )


def _of_hotfix(hotfix: Hotfix) -> WindowsUpdate:
    return WindowsUpdate(
        presence="installed",
        kb_id=hotfix.kb_id,
        classification=hotfix.classification,
        installed_at=hotfix.installed_at,
        installed_by=hotfix.installed_by,
    )


def _installed_at(entry: HistoryEntry | None, hotfix: Hotfix | None) -> float | None:
    """Prefer the history, which knows the hour."""
    if entry is not None and entry.at is not None:
        return entry.at
    return hotfix.installed_at if hotfix else None


def _installed_by(hotfix: Hotfix | None) -> str | None:
    return hotfix.installed_by if hotfix else None


def _order(update: WindowsUpdate) -> tuple[int, str, str, str]:
    return (len(update.kb_id), update.kb_id, update.update_id, update.title)
