import pytest

from patchwarden.domain.instants import read_instant, write_instant


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2025-11-24T16:00:00Z", 1_764_000_000.0),
        ("2025-11-24T17:00:00+01:00", 1_764_000_000.0),
        ("2025-11-24T16:00:00", 1_764_000_000.0),
        ("2025-11-24T16:00:00.5Z", 1_764_000_000.5),
        ("0001-01-01T00:00:00Z", 0.0),
        ("9999-12-31T23:59:59Z", 2.0**32 - 1),
    ],
)
def test_an_instant_is_read(text: str, seconds: float) -> None:
    assert read_instant(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "2025-02-30T00:00:00Z", "1764000000"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_instant(text)


def test_an_instant_is_written_to_the_second() -> None:
    assert write_instant(1_764_000_000.9) == "2025-11-24T16:00:00Z"
