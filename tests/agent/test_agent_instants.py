from pathlib import Path

import pytest

from patchwarden_agent.instants import digits_instant, mail_instant, modified_at


@pytest.mark.parametrize(
    ("text", "at"),
    [("0", 0.0), ("4294967295", 4_294_967_295.0), ("4294967296", None), ("9" * 400, None)]
    + [(text, None) for text in ("", "-1", "1.5", "1e9", "\N{ARABIC-INDIC DIGIT ONE}", "(none)")],
)
def test_a_number_of_seconds_is_read_up_to_2106(text: str, at: float | None) -> None:
    assert digits_instant(text) == at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Sat, 11 Jul 2026 10:16:37 UTC", 1_783_764_997.0),
        (" Sat, 11 Jul 2026 07:16:37 -0300\n", 1_783_764_997.0),
        ("Sat, 11 Jul 1926 10:16:37 UTC", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_of_mail_is_read(text: str, at: float | None) -> None:
    assert mail_instant(text) == at


def test_a_file_that_is_not_there_was_never_changed(tmp_path: Path) -> None:
    assert modified_at(tmp_path / "missing") is None
