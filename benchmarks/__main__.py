"""The command: `python -m benchmarks [FIGURE…] [--format json]`."""

import argparse
import importlib
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figure import (
    EFFORTS,
    BenchmarkError,
    Figure,
    Measure,
    MissingToolError,
    Skipped,
)
from benchmarks.measuring import machine
from benchmarks.output import Results, print_json, print_markdown, print_table

MODULES = (
    "describe_instance_patches",
    "fleet_growth",
    "workers",
    "fleet_question",
    "node_scan",
    "first_answer",
    "ingest",
    "evaluate",
    "sweep",
    "catalog_import",
    "storage",
    "versions",
)


_FORMATS = {"table": print_table, "json": print_json, "markdown": print_markdown}


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for and print it; 1 if anything answered wrong meanwhile."""
    options = _parser().parse_args(arguments)
    results = _run(options.figures or MODULES, options.effort)
    _FORMATS[options.format](results)
    return 1 if results.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what Patchwarden costs, next to yardsticks in the same run.",
        epilog=f"Figures: {', '.join(MODULES)}. Stores under test are put in TMPDIR.",
    )
    parser.add_argument(
        "figures", nargs="*", type=_module, metavar="FIGURE", help="what to measure, or all"
    )
    parser.add_argument("--format", choices=tuple(_FORMATS), default="table")
    parser.add_argument(
        "--effort",
        choices=tuple(EFFORTS),
        default="quick",
        help="quick: some three minutes on a quiet machine; tiny: only shows that all of it runs",
    )
    return parser


def _module(name: str) -> str:
    # Not `choices`: argparse of Python 3.11 would look for the empty list among them.
    if name not in MODULES:
        raise argparse.ArgumentTypeError(f"{name} is none of: {', '.join(MODULES)}")
    return name


def _run(names: Sequence[str], effort: str) -> Results:
    date = datetime.now(UTC).isoformat(timespec="seconds")
    started = time.monotonic()
    described = machine.describe(Path(tempfile.gettempdir()))
    described["load before"] = machine.load()
    figures: list[Figure] = []
    skipped: list[Skipped] = []
    failed: list[Skipped] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            measured = _measure(name)(EFFORTS[effort])
            figures += [each for each in measured if isinstance(each, Figure)]
            skipped += [each for each in measured if isinstance(each, Skipped)]
        except MissingToolError as error:
            skipped.append(Skipped(name, str(error)))
        except BenchmarkError as error:
            failed.append(Skipped(name, str(error)))
    described["load after"] = machine.load()
    return Results(
        date=date,
        effort=effort,
        duration_s=time.monotonic() - started,
        machine=described,
        figures=figures,
        skipped=skipped,
        failed=failed,
    )


def _measure(name: str) -> Measure:
    measure: Measure = importlib.import_module(f"benchmarks.{name}").measure
    return measure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
