"""Each benchmark runs and gives figures or says what it lacks; how fast is not looked at."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_FIGURES = sorted(
    file.stem
    for file in (_ROOT / "benchmarks").glob("*.py")
    if "def measure(" in file.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("figure", _FIGURES)
def test_a_benchmark_gives_figures_or_says_what_to_install(figure: str) -> None:
    ran = _benchmarks(figure, "--effort", "tiny", "--format", "json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    results = json.loads(ran.stdout)
    assert results["failed"] == []
    assert results["figures"] or results["skipped"]
    assert all(measured["value"] >= 0 for measured in results["figures"])
    assert all("install" in skipped["reason"] for skipped in results["skipped"])


def test_every_module_of_figures_is_run_by_default() -> None:
    shown = _benchmarks("--help").stdout
    assert _FIGURES
    assert [figure for figure in _FIGURES if figure not in shown] == []


def test_the_table_shows_goals_and_the_machine() -> None:
    ran = _benchmarks("evaluate", "--effort", "tiny")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "at most 1.2" in ran.stdout
    assert "load before:" in ran.stdout


def test_all_figures_can_be_asked_for_without_naming_them() -> None:
    parsed = _python("from benchmarks.__main__ import _parser; print(_parser().parse_args([]))")
    assert "figures=[]" in parsed.stdout


def test_an_unknown_figure_is_refused() -> None:
    assert _benchmarks("speed").returncode == 2


def _benchmarks(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return _ran("-m", "benchmarks", *arguments)


def _python(program: str) -> "subprocess.CompletedProcess[str]":
    return _ran("-c", program)


def _ran(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
