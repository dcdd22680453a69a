"""What commands print: tables for people, JSON for machines.

On a terminal a table has colours and folds what is too wide; elsewhere it is plain text with
nothing cut off. No control character from data gets through in either.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeVar

import click

from patchwarden.domain.states import PatchState, service_spelling

Format = Literal["table", "json"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_CONTROL = re.compile(
    # C0 and C1; then invisible characters and those that change the direction of text.
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_STATE_STYLES = {
    PatchState.INSTALLED: "green",
    PatchState.INSTALLED_OTHER: "cyan",
    PatchState.INSTALLED_REJECTED: "bold red",
    PatchState.INSTALLED_PENDING_REBOOT: "magenta",
    PatchState.NOT_APPLICABLE: "dim",
    PatchState.MISSING: "bold yellow",
    PatchState.FAILED: "bold red",
    PatchState.AVAILABLE_SECURITY_UPDATE: "yellow",
}
_STYLES: Mapping[str, str] = {
    **{state.value: style for state, style in _STATE_STYLES.items()},
    **{service_spelling(state): style for state, style in _STATE_STYLES.items()},
    "Online": "green",
    "ConnectionLost": "bold yellow",
    "Inactive": "dim",
    "compliant": "green",
    "non-compliant": "bold red",
    "unknown": "bold yellow",
    "security": "bold red",
    "ok": "green",
    "warning": "bold yellow",
    "problem": "bold red",
}
"""Word -> how a terminal shows it. The word is always there: a colour alone says nothing."""


class Column(NamedTuple):
    """One column of a table."""

    title: str
    is_number: bool = False
    may_fold: bool = False
    """Whether it gives way where a terminal is narrow; if none may, all do."""


def format_option(*more: str) -> Callable[[_Function], _Function]:
    """Give the option `--format`; `more` are formats beyond `table` and `json`."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(["table", "json", *more]),
        default="table",
        help="A table for people, or one JSON document for machines.",
    )


def clean(text: str) -> str:
    """Give `text` with control characters made visible, so that a terminal obeys none."""
    return _CONTROL.sub(
        lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text
    )


def say(text: str = "") -> None:
    """Print one line for people."""
    click.echo(clean(text))


def print_json(document: object) -> None:
    """Print one JSON document; instants become ISO 8601 in UTC."""
    click.echo(json.dumps(document, indent=2, default=_as_json))


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; empty cells are fine, and so is having no rows."""
    cleaned = [[clean(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_rich(columns, cleaned)
    else:
        _print_plain(columns, cleaned)


def iso(at: datetime | float | None) -> str:
    """Give an instant as `2026-11-24T10:00:00Z`; empty if it is unknown or the wire's zero."""
    if isinstance(at, datetime):
        at = at.timestamp()
    if not at:
        return ""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(seconds: float) -> str:
    """Give a duration in words, in its largest unit: `3 days`."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return counted(max(0, int(seconds)), "second")


def counted(count: int, noun: str) -> str:
    """Give a number with its noun: `1 node`, `2 nodes`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _print_plain(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    lines = [[column.title.upper() for column in columns], *rows]
    widths = [max(len(line[position]) for line in lines) for position in range(len(columns))]
    for line in lines:
        cells = (
            cell.rjust(width) if column.is_number else cell.ljust(width)
            for column, cell, width in zip(columns, line, widths, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


def _print_rich(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    some_give_way = any(column.may_fold for column in columns)
    for column in columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.is_number else "left",
            overflow="fold",
            no_wrap=some_give_way and not column.may_fold,
        )
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    Console().print(table)
