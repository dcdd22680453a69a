"""Writes docs/reference/compatibility.md; `make docs` runs it.

It is made of the table of operations, the service model, the cases of `conformance`, which the
suite runs, and docs/reference/known-differences.toml.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from conformance import CASES, NEVER_ANSWERED
from driver import load_model
from patchwarden.operations import OPERATIONS
from patchwarden.operations.access import roles_allowed
from patchwarden.protocol.service_model import Operation

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
FILE = FOLDER / "compatibility.md"
DIFFERENCES = FOLDER / "known-differences.toml"
_HEAD = """# Compatibility

Every operation that Patchwarden serves, with what it accepts and each error that it answers. All
of it is seen: the suite runs a request for every line of the tables (`tests/conformance.py`). What
is known to differ from AWS, or could not be established, stands with each operation
(`known-differences.toml`); [decision 5](../decisions/0005-choices.md) has the reasons.

Every operation also answers `ValidationException` when a constraint of the service model is
broken, `SerializationException` when the JSON has the wrong types, and the errors of signing and
authorization (`UnrecognizedClientException`, `InvalidSignatureException`,
`AccessDeniedException`, ...). `InternalServerError` comes only for a fault of the server. An
operation of Systems Manager that is not listed here is answered with
`UnknownOperationException`, never with an empty success.
"""


def render() -> str:
    """Give the text that the file should have."""
    differences = read_differences()
    sections = [_HEAD, _list("All operations", differences.get("*", []))]
    for target in sorted(OPERATIONS, key=lambda target: target.partition(".")[2]):
        operation = load_model().operations[target]
        sections.append("\n".join(_section(operation, differences.get(operation.name, []))))
    return "\n".join(sections)


def read_differences() -> Mapping[str, list[str]]:
    """Give operation → sentences; `*` stands for all operations."""
    return tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))


def _section(operation: Operation, differences: list[str]) -> Iterator[str]:
    roles = ", ".join(roles_allowed(OPERATIONS[operation.target].access)) or "anybody, unsigned"
    yield f"## {operation.name}\n"
    yield f"For: {roles}.\n"
    yield "| answer | when |"
    yield "|---|---|"
    for case in CASES[operation.name]:
        yield f"| {f'`{case.code}`' if case.code else 'success'} | {case.when} |"
    for code in operation.errors:
        reason = NEVER_ANSWERED.get(f"{operation.name}: {code}") or NEVER_ANSWERED.get(code)
        if reason and code != "InternalServerError":
            yield f"| `{code}` | never: {reason} |"
    yield ""
    if differences:
        yield "Known differences:\n"
        yield from (f"- {each}" for each in differences)
        yield ""


def _list(title: str, sentences: list[str]) -> str:
    return "\n".join([f"## {title}\n", *(f"- {each}" for each in sentences), ""])


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
