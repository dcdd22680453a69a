from pathlib import Path

import pytest

from patchwarden.store.drafts import draft_of


def test_a_file_appears_when_it_is_done(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with draft_of(path) as draft:
        draft.write_bytes(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_first_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with draft_of(path) as draft:
        draft.write_bytes(b"second")
        path.write_bytes(b"first")
    assert path.read_bytes() == b"first"


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def write_half(draft: Path) -> None:
        draft.write_bytes(b"half")
        raise KeyError

    with pytest.raises(KeyError), draft_of(tmp_path / "a") as draft:
        write_half(draft)
    assert list(tmp_path.iterdir()) == []


def test_success_leaves_nothing_else(tmp_path: Path) -> None:
    with draft_of(tmp_path / "a"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
