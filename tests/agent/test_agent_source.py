"""The agent must run wherever there is a Python of 3.9 or later, and nothing else."""

import ast
import sys
from pathlib import Path

import pytest

import patchwarden_agent

_PACKAGE = Path(patchwarden_agent.__file__).parent
_FILES = sorted(_PACKAGE.rglob("*.py"))


def test_there_are_files_to_check() -> None:
    assert len(_FILES) > 10


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_every_file_compiles_for_python_3_9(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 9))


@pytest.mark.parametrize(("walk", "version"), [("apt/walk.py", (3, 7)), ("dnf/walk.py", (3, 6))])
def test_a_walk_compiles_for_the_oldest_system_python(walk: str, version: tuple[int, int]) -> None:
    ast.parse((_PACKAGE / walk).read_text(), feature_version=version)


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


@pytest.mark.parametrize("walk", ["apt/walk.py", "dnf/walk.py"])
def test_a_walk_imports_nothing_of_the_agent(walk: str) -> None:
    assert "patchwarden_agent" not in (_PACKAGE / walk).read_text()


def test_dnfs_walk_asks_nothing_of_annotations_that_python_3_6_lacks() -> None:
    tree = ast.parse((_PACKAGE / "dnf/walk.py").read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    annotations = [argument.annotation for each in functions for argument in each.args.args]
    annotations += [each.returns for each in functions]
    assert not [each for each in annotations if isinstance(each, (ast.BinOp, ast.Subscript))]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)]
    assert "from __future__" not in (_PACKAGE / "dnf/walk.py").read_text()
