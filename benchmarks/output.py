"""How results are shown: a table for people, JSON for machines, Markdown for the docs."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, Skipped

_HEADINGS = ("Figure", "Value", "Yardstick", "Value", "Ratio", "Goal", "Met")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One run."""

    date: str
    """When it began, ISO 8601 with zone."""
    effort: str
    duration_s: float
    machine: Mapping[str, str]
    figures: Sequence[Figure]
    skipped: Sequence[Skipped]
    failed: Sequence[Skipped]


def print_json(results: Results) -> None:
    """Print results as one JSON object."""
    json.dump(
        {
            "date": results.date,
            "effort": results.effort,
            "duration_s": round(results.duration_s, 1),
            "machine": dict(results.machine),
            "figures": [_figure_json(figure) for figure in results.figures],
            "skipped": [{"name": each.name, "reason": each.reason} for each in results.skipped],
            "failed": [{"name": each.name, "reason": each.reason} for each in results.failed],
        },
        sys.stdout,
        indent=2,
        ensure_ascii=False,
    )
    print()


def print_markdown(results: Results) -> None:
    """Print results as docs/performance.md shows them."""
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    print(f"{results.date}, effort {results.effort}; {machine}.\n")
    print(f"| {' | '.join(_HEADINGS)} |")
    print(f"|{'---|' * len(_HEADINGS)}")
    for figure in results.figures:
        print(f"| {' | '.join(_row(figure))} |".replace("\n", "<br>"))
    for name, note in dict.fromkeys((each.name, each.note) for each in results.figures):
        if note:
            print(f"\n{name}: {note}.")
    for doubt in _doubts(results):
        print(f"\nIn doubt: {doubt}.")
    for each in (*results.skipped, *results.failed):
        print(f"\nNot measured: {each.name}. {each.reason}")


def print_table(results: Results) -> None:
    """Print results as a table, with what was not measured in capitals below it."""
    table = Table(title=f"What Patchwarden costs, {results.date}", title_justify="left")
    for heading in _HEADINGS:
        is_number = heading in {"Value", "Ratio"}
        table.add_column(heading, justify="right" if is_number else "left")
    for figure in results.figures:
        table.add_row(*_row(figure))
    width = None if sys.stdout.isatty() else 160
    console = Console(width=width, highlight=False, markup=False)
    console.print(table)
    for name, value in results.machine.items():
        console.print(f"{name}: {value}")
    console.print(f"effort: {results.effort}, {results.duration_s:.0f} s")
    for figure in results.figures:
        if figure.note:
            console.print(f"{figure.name}: {figure.note}")
    for doubt in _doubts(results):
        console.print(f"IN DOUBT: {doubt}")
    for each in results.skipped:
        console.print(f"NOT MEASURED: {each.name}. {each.reason}")
    for each in results.failed:
        console.print(f"FAILED: {each.name}. {each.reason}")


def _doubts(results: Results) -> Sequence[str]:
    return [
        f"{each.name} next to {each.yardstick}: {each.doubt}"
        for each in results.figures
        if each.doubt
    ]


def _row(figure: Figure) -> Sequence[str]:
    return (
        figure.name,
        f"{_number(figure.value)} {figure.unit}",
        figure.yardstick,
        "" if figure.yardstick_value is None else _number(figure.yardstick_value),
        "" if figure.ratio is None else f"{figure.ratio:.3g}",
        "\n".join(map(str, figure.goals)),
        "\n".join(figure.verdict(goal) for goal in figure.goals),
    )


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _figure_json(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "yardstick": figure.yardstick,
        "yardstick_value": figure.yardstick_value,
        "ratio": figure.ratio,
        "goals": [
            {
                "what": goal.what,
                "bound": goal.bound,
                "limit": goal.limit,
                "later": goal.is_later,
                "verdict": figure.verdict(goal),
            }
            for goal in figure.goals
        ],
        "note": figure.note,
        "doubt": figure.doubt,
    }
