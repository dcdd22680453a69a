from pathlib import Path

import pytest

from patchwarden.catalog.known_formats import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "feeds.md"


@pytest.mark.parametrize("name", [format_.name for format_ in FORMATS])
def test_the_page_on_feeds_names_every_format(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")
