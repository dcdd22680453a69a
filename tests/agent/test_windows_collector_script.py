"""The PowerShell collector, which cannot run here: its syntax, its words, and what it writes."""

from collections.abc import Iterator
from dataclasses import fields
from importlib import resources
from typing import Any

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from patchwarden.ingest.formats import windows_document
from patchwarden.ingest.formats.windows_document import (
    Category,
    Document,
    FoundUpdate,
    HistoryItem,
    HotfixItem,
    MachineFacts,
    Problem,
    RebootEvidence,
    ScanFacts,
)

SCRIPT = (resources.files("patchwarden_agent") / "windows" / "patchwarden-scan.ps1").read_bytes()
TEXT = SCRIPT.decode("ascii")
_PARSER = Parser(Language(tree_sitter_powershell.language()))
TREE = _PARSER.parse(SCRIPT).root_node

# What Windows PowerShell 4.0 and PowerShell 7 both have without a module of anybody's.
CMDLETS = {
    "ConvertTo-Json",
    "Get-CimInstance",
    "New-Object",
    "Set-StrictMode",
}
APPROVED_VERBS = {"Add", "ConvertTo", "Get", "Invoke", "New", "Open", "Search", "Test"}
FORMS: dict[str, type[Any]] = {
    "ConvertTo-Category": Category,
    "ConvertTo-Update": FoundUpdate,
    "ConvertTo-HistoryEntry": HistoryItem,
    "ConvertTo-Hotfix": HotfixItem,
    "Get-NodeFact": MachineFacts,
    "Get-RebootEvidence": RebootEvidence,
    "Add-Problem": Problem,
    "$scan": ScanFacts,
    "$document": Document,
}
"""What writes an object of the document -> the form in which it is read."""
# As Microsoft documents them; COM tells a wrong name only on Windows.
PROPERTIES = {
    "$Update": {
        "Identity",
        "Title",
        "KBArticleIDs",
        "SecurityBulletinIDs",
        "CveIDs",
        "SupersededUpdateIDs",
        "Categories",
        "MsrcSeverity",
        "LastDeploymentChangeTime",
        "IsInstalled",
        "IsHidden",
        "RebootRequired",
    },
    "$Category": {"CategoryID", "Type", "Name"},
    "$Entry": {"Date", "Title", "UpdateIdentity", "Operation", "ResultCode"},
    "$fix": {"HotFixID", "Description", "CimInstanceProperties", "InstalledBy"},
    "$Searcher": {
        "IncludePotentiallySupersededUpdates",
        "Search",
        "GetTotalHistoryCount",
        "QueryHistory",
        "Online",
    },
    "$system": {"Caption", "LastBootUpTime", "Version"},
    "$computer": {"PartOfDomain", "Domain"},
}


def walk(node: Node, kind: str = "") -> Iterator[Node]:
    """Give a node and all below it, in the order of the text; those of one kind if it is named."""
    if kind in {"", node.type}:
        yield node
    for child in node.children:
        yield from walk(child, kind)


def text_of(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


def only(node: Node, kind: str) -> Node:
    """Give the first node of a kind."""
    return next(walk(node, kind))


def functions() -> dict[str, Node]:
    return {text_of(only(each, "function_name")): each for each in walk(TREE, "function_statement")}


def writer(name: str) -> Node:
    """Give the function, or the assignment to a variable, of this name."""
    if not name.startswith("$"):
        return functions()[name]
    assignments = walk(TREE, "assignment_expression")
    return next(each for each in assignments if text_of(each).startswith(f"{name} = [ordered]"))


def members(node: Node) -> list[str]:
    """Give the names of the members of the first object literal in a node."""
    body = only(node, "hash_literal_body")
    return [text_of(only(entry, "key_expression")) for entry in body.named_children]


def commands() -> set[str]:
    return {text_of(name) for name in walk(TREE, "command_name")}


def test_the_script_has_no_syntax_error() -> None:
    wrong = [each.start_point for each in walk(TREE) if each.is_error or each.is_missing]
    assert wrong == []


def test_a_syntax_error_would_be_seen() -> None:
    assert _PARSER.parse(SCRIPT.replace(b"catch {", b"catch (", 1)).root_node.has_error


def test_every_command_is_a_cmdlet_by_its_full_name_or_a_function_of_the_script() -> None:
    assert commands() == CMDLETS | functions().keys()


def test_functions_have_approved_verbs() -> None:
    assert {name.partition("-")[0] for name in functions()} <= APPROVED_VERBS


@pytest.mark.parametrize("name", FORMS)
def test_the_document_has_just_the_members_that_are_read(name: str) -> None:
    assert members(writer(name)) == [field.name for field in fields(FORMS[name])]


def test_every_form_of_the_document_is_written_by_something() -> None:
    forms = {each for each in vars(windows_document).values() if hasattr(each, "__slots__")}
    assert {each for each in forms if each.__module__ == windows_document.__name__} == set(
        FORMS.values()
    )


@pytest.mark.parametrize("variable", PROPERTIES)
def test_the_properties_of_windows_are_spelled_as_documented(variable: str) -> None:
    accesses = [*walk(TREE, "member_access"), *walk(TREE, "invokation_expression")]
    read = {
        text_of(only(access, "member_name"))
        for access in accesses
        if text_of(access.children[0]).lower() == variable.lower()
    }
    assert read - PROPERTIES[variable] == set()
    assert read


def test_lists_are_lists_whatever_is_in_them() -> None:
    lists = {
        field.name
        for form in FORMS.values()
        for field in fields(form)
        if "tuple" in str(field.type)
    }
    written = {
        text_of(only(entry, "key_expression")): text_of(entry).partition("=")[2].strip()
        for entry in walk(TREE, "hash_entry")
    }
    assert written["errors"] == "$errorRecords.ToArray()"
    for member in lists - {"errors"}:
        value = written[member]
        assert value.startswith("@(") or f"\n{value} = @(" in TEXT


def test_the_depth_is_that_of_the_deepest_list() -> None:
    # document, available, update, categories, category
    depth = next(
        text_of(each) for each in walk(TREE, "command") if "ConvertTo-Json" in text_of(each)
    )
    assert "-Depth 6 " in depth


def test_the_document_is_ascii_whatever_the_console_writes() -> None:
    assert "$json = ConvertTo-AsciiJson -Json (ConvertTo-Json " in TEXT


def test_the_file_has_no_byte_order_mark() -> None:
    assert "System.Text.UTF8Encoding -ArgumentList $false" in TEXT


def test_every_parameter_is_explained_and_shown() -> None:
    named = {
        text_of(only(each, "variable")).removeprefix("$")
        for each in walk(only(TREE, "param_block"), "script_parameter")
    }
    assert named == {"OutFile", "Offline"}
    for name in named:
        assert f".PARAMETER {name}\n" in TEXT
        assert f"-{name}" in TEXT.partition("#>")[0]
    assert TEXT.count("\n.EXAMPLE\n") >= 3
    assert "\n.SYNOPSIS\n" in TEXT
