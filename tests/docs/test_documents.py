import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

import command_reference
import compatibility_reference
from patchwarden.domain import facts
from patchwarden.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    targets = _LINK.findall(document.read_text(encoding="utf-8"))
    broken = [
        target
        for target in targets
        if not target.startswith("https://") and not (document.parent / target).exists()
    ]
    assert broken == []


def test_the_command_reference_is_what_the_commands_say_of_themselves() -> None:
    text = command_reference.FILE.read_text(encoding="utf-8")
    assert text == command_reference.render(), "run: make docs"


def test_the_compatibility_page_is_what_the_operations_do() -> None:
    text = compatibility_reference.FILE.read_text(encoding="utf-8")
    assert text == compatibility_reference.render(), "run: make docs"


def test_every_known_difference_is_about_an_operation() -> None:
    names = {target.partition(".")[2] for target in OPERATIONS}
    assert compatibility_reference.read_differences().keys() <= names | {"*"}


def test_the_report_reference_names_every_member() -> None:
    text = (ROOT / "docs" / "reference" / "report.md").read_text(encoding="utf-8")
    records = [each for each in vars(facts).values() if dataclasses.is_dataclass(each)]
    members = {field.name for record in records for field in dataclasses.fields(record)}
    assert {member for member in members if f"`{member}`" not in text} == {"schema"}
    assert '"schema": 1' in text


def test_every_make_target_that_the_docs_name_exists() -> None:
    named_targets = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"^make (\w+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"run", "test", "check", "bench"} <= named_targets
    subprocess.run(
        ["make", "--dry-run", *sorted(named_targets)], cwd=ROOT, check=True, capture_output=True
    )
