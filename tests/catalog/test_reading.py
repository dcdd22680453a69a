"""Reading a whole file of a feed, and setting aside what it tells."""

import gzip
import io
import tempfile
from pathlib import Path

import pytest

from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.parsing.json_feed import MAX_VALUES
from patchwarden.catalog.reading import read_feed
from patchwarden.errors import UnavailableError

RECORD = b'{"id": "DSA-1-1", "modified": "2026-01-01T00:00:00Z", "details": "%s"}'


def test_a_feed_without_entries_has_a_format() -> None:
    with read_feed(io.BytesIO(b"<updates/>"), "empty.xml", product="RockyLinux9") as spool:
        assert (len(spool), dict(spool.formats)) == (0, {"updateinfo": 0})


def test_a_small_file_does_not_become_millions_of_objects() -> None:
    content = gzip.compress(b"[%s,%s0]" % (RECORD % b"", b"0," * MAX_VALUES), 1)
    with pytest.raises(InvalidCatalogFileError, match=f"more than {MAX_VALUES} values"):
        read_feed(io.BytesIO(content), "many.json.gz")


def test_no_room_for_temporary_files_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    content = b"\n".join([RECORD % (b"x" * 900_000)] * 12)
    with pytest.raises(UnavailableError, match="set TMPDIR to another directory"):
        read_feed(io.BytesIO(content), "large.json")
