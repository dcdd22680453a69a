"""Tables, JSON and words."""

import contextlib
import io
import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.cli.output import Column, age, clean, counted, iso, print_json, print_table

COLUMNS = [Column("Name"), Column("Count", is_number=True)]


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def shown_on_terminal(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    with contextlib.redirect_stdout(Terminal()) as terminal:
        print_table(columns, rows)
    return terminal.getvalue()


def test_elsewhere_than_on_a_terminal_nothing_is_cut_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    print_table(COLUMNS, [("x" * 300, "7"), ("short", "1000")])
    assert capsys.readouterr().out == (
        f"{'NAME'.ljust(300)}  COUNT\n{'x' * 300}      7\n{'short'.ljust(300)}   1000\n"
    )


def test_a_table_without_rows_is_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [])
    assert capsys.readouterr().out == "NAME  COUNT\n"


@pytest.mark.usefixtures("usual_terminal")
def test_a_terminal_gets_colours_and_every_character() -> None:
    shown = shown_on_terminal([Column("State"), Column("Title")], [("MISSING", "y" * 200)])
    assert "\x1b[" in shown
    assert "MISSING" in shown
    assert shown.count("y") == 200


@pytest.mark.usefixtures("usual_terminal")
def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = shown_on_terminal([Column("State")], [("MISSING",)])
    assert "\x1b[3" not in shown
    assert "MISSING" in shown


@pytest.mark.usefixtures("usual_terminal")
def test_markup_in_data_is_text() -> None:
    assert "[red]bold[/red]" in shown_on_terminal([Column("Name")], [("[red]bold[/red]",)])


@given(st.text())
def test_no_control_character_gets_through(text: str) -> None:
    shown = clean(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\nb", "a\\nb"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("naïve 漢字", "naïve 漢字"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_json_has_iso_times_and_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    print_json({"At": at, "Name": "\x9b31m\u202e"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"At": "2026-11-24T10:00:00Z", "Name": "\x9b31m\u202e"}


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (0.0, ""),
        (None, ""),
        (1_764_000_000.9, "2025-11-24T16:00:00Z"),
        (datetime(2025, 11, 24, 16, tzinfo=UTC), "2025-11-24T16:00:00Z"),
    ],
)
def test_instants_are_iso(at: float | datetime | None, shown: str) -> None:
    assert iso(at) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 seconds"),
        (1, "1 second"),
        (119, "1 minute"),
        (7200, "2 hours"),
        (30 * 86_400, "30 days"),
    ],
)
def test_durations_are_told_in_their_largest_unit(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_numbers_go_with_their_noun() -> None:
    assert (counted(1, "node"), counted(2, "node")) == ("1 node", "2 nodes")
