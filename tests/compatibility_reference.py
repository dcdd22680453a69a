"""Writes docs/reference/compatibility.md; `make docs` runs it.

It is made of the table of operations, the service model, the cases of `conformance`, which the
suite runs, and docs/reference/known-differences.toml.
"""

import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

import patchwarden.operations
from conformance import CASES, NEVER_ANSWERED
from driver import load_model
from patchwarden.operations import OPERATIONS
from patchwarden.operations.access import roles_allowed
from patchwarden.protocol.service_model import Operation
from patchwarden.store.credentials import Role

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
FILE = FOLDER / "compatibility.md"
DIFFERENCES = FOLDER / "known-differences.toml"
_ABOUT_ALL = "*"
_HEADING_OR_TARGET = re.compile(
    r'^        (?:# (?P<family>.+)|"(?P<target>[\w.]+)":.*)$', re.MULTILINE
)
_HEAD = """# Compatibility

Which operations Patchwarden serves, what each accepts, which error it answers when, and what is
known to differ from AWS. Nothing here is a promise alone: the suite sends a request for every
line that says when (`tests/conformance.py`). Differences, and what we chose where AWS's behavior
could not be established, come from `known-differences.toml`;
[decision 5](../decisions/0005-choices.md) says how we choose.
"""
_COMMON = """## What all operations have in common

| error | when |
|---|---|
| `ValidationException` | a constraint of the service model is broken |
| `SerializationException` | the JSON has the wrong types |
| `UnrecognizedClientException`, `InvalidSignatureException`, ... | the signature is not valid |
| `AccessDeniedException` | the role of the key does not allow it |
| `UnknownOperationException` | the operation is not on this page; never an empty success |
| `InternalServerError` | the server is at fault |
"""


def render() -> str:
    """Give the text that the file should have."""
    differences = read_differences()
    families = _families()
    lines = [_HEAD, _COMMON, *_differences(differences.get(_ABOUT_ALL, ())), *_contents(families)]
    for family, operations in families.items():
        lines += [f"## {family}", ""]
        for operation in operations:
            lines += _section(operation, differences.get(operation.name, ()))
    return "\n".join(lines)


def read_differences() -> Mapping[str, Sequence[str]]:
    """Give operation → sentences; `*` stands for all operations."""
    return tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))


def _families() -> Mapping[str, Sequence[Operation]]:
    """Give the operations under the headings that the table of operations has them under."""
    families: dict[str, list[Operation]] = {}
    for found in _HEADING_OR_TARGET.finditer(inspect.getsource(patchwarden.operations)):
        if found["family"]:
            families[found["family"]] = []
        else:
            families[list(families)[-1]].append(load_model().operations[found["target"]])
    assert sum(map(len, families.values())) == len(OPERATIONS)
    return families


def _contents(families: Mapping[str, Sequence[Operation]]) -> Iterator[str]:
    yield "## Contents\n"
    yield "Roles are those of access keys; a key of role node works for its own node alone.\n"
    for family, operations in families.items():
        yield f"**{family}**\n"
        yield "| operation | what it does | roles |"
        yield "|---|---|---|"
        for operation in operations:
            link = f"[{operation.name}](#{operation.name.lower()})"
            yield f"| {link} | {_meaning(operation)} | {_roles(operation)} |"
        yield ""


def _section(operation: Operation, differences: Sequence[str]) -> Iterator[str]:
    yield f"### {operation.name}\n"
    yield f"{_meaning(operation)} Roles: {_roles(operation)}.\n"
    cases = CASES[operation.name]
    yield f"Accepted when {'; when '.join(case.when for case in cases if not case.code)}.\n"
    errors = [f"| `{case.code}` | {case.when} |" for case in cases if case.code]
    errors += [f"| `{code}` | never: {reason} |" for code, reason in _never_answered(operation)]
    if errors:
        yield from ("| error | when |", "|---|---|", *errors, "")
    yield from _differences(differences)


def _meaning(operation: Operation) -> str:
    docstring = inspect.getdoc(OPERATIONS[operation.target].run) or ""
    return " ".join(docstring.partition("\n\n")[0].split())


def _roles(operation: Operation) -> str:
    allowed = roles_allowed(OPERATIONS[operation.target].access)
    if len(allowed) == len(get_args(Role)):
        return "all"
    return ", ".join(allowed) or "none, unsigned"


def _never_answered(operation: Operation) -> Iterator[tuple[str, str]]:
    for code in operation.errors:
        reason = NEVER_ANSWERED.get(f"{operation.name}: {code}") or NEVER_ANSWERED.get(code)
        if reason and code != "InternalServerError":
            yield code, reason


def _differences(sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield "Known differences:\n"
        yield from (f"- {each}" for each in sentences)
        yield ""


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
