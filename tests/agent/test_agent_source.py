"""The agent must run wherever there is a Python of 3.9 or later, and nothing else."""

import ast
import sys
from pathlib import Path

import pytest

import patchwarden_agent

_PACKAGE = Path(patchwarden_agent.__file__).parent
_FILES = sorted(_PACKAGE.glob("*.py"))


def test_there_are_files_to_check() -> None:
    assert len(_FILES) > 10


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_every_file_compiles_for_python_3_9(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 9))


def test_the_walk_compiles_for_the_oldest_system_python() -> None:
    ast.parse((_PACKAGE / "apt_walk.py").read_text(), feature_version=(3, 7))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_every_file_imports_the_standard_library_alone(path: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module or "")
    tops = {name.partition(".")[0] for name in imported}
    assert tops <= sys.stdlib_module_names | {"patchwarden_agent"}


def test_the_walk_imports_nothing_of_the_agent() -> None:
    assert "patchwarden_agent" not in (_PACKAGE / "apt_walk.py").read_text()
