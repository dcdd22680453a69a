"""`patchwarden patches`: the patches of one node and their states."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from patchwarden.cli.connection import Connection, connection_options
from patchwarden.cli.examples import examples
from patchwarden.cli.knowledge import Knowledge, all_items, current_time, knowledge_of, patch_states
from patchwarden.cli.output import Column, Format, format_option, iso, print_json, print_table, say
from patchwarden.domain.states import PatchState, parse_state, service_spelling

_PAGE_SIZE = 100
_COLUMNS = [
    Column("State"),
    Column("Classification"),
    Column("Severity"),
    Column("Patch", may_fold=True),
    Column("Installed"),
    Column("CVEs", may_fold=True),
]
_DATE_LENGTH = len("2026-11-24")
_BY_LOWER = {service_spelling(state).lower(): state for state in PatchState}


def parsed_states(
    _ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> tuple[PatchState, ...]:
    """Read states in any spelling: `Missing`, `MISSING`, `installed-other`."""
    states = []
    for text in given:
        state = parse_state(text) or _BY_LOWER.get(re.sub("[-_]", "", text.lower()))
        if state is None:
            known = ", ".join(service_spelling(state) for state in PatchState)
            raise click.BadParameter(f"{text} is no patch state; there are {known}")
        states.append(state)
    return tuple(states)


@click.command(
    epilog=examples(
        "patchwarden patches mi-0123456789abcdef0",
        "patchwarden patches mi-0123456789abcdef0 --state Missing --state Failed",
        "patchwarden patches mi-0123456789abcdef0 --classification Security --format json",
    )
)
@click.argument("instance_id")
@click.option("--state", "State", multiple=True, callback=parsed_states, help="Only this state.")
@click.option("--severity", "Severity", multiple=True, help="Only this severity of the vendor's.")
@click.option(
    "--classification", "Classification", multiple=True, help="Only this one, such as Security."
)
@click.option("--kb-id", "KBId", multiple=True, help="Only this patch, such as openssl.amd64.")
@format_option()
@connection_options
def patches(
    connection: Connection,
    instance_id: str,
    output_format: Format,
    **filters: tuple[str | PatchState, ...],
) -> None:
    """Show the patches of a managed node and their states relative to its patch baseline.

    An option given more than once takes any of its values; different options must all fit.
    """
    client = connection.client("ssm")
    pages = client.get_paginator("describe_instance_patches").paginate(
        InstanceId=instance_id,
        Filters=_wire_filters(filters),
        PaginationConfig={"PageSize": _PAGE_SIZE},
    )
    found = list(all_items(pages, "Patches"))
    patch_state = next(patch_states(client, [instance_id]), None)
    knowledge = knowledge_of(patch_state, current_time())
    if output_format == "json":
        print_json(
            {
                "InstanceId": instance_id,
                "Compliance": knowledge.compliance,
                "Reason": knowledge.reason,
                "PatchState": patch_state,
                "Patches": found,
            }
        )
    else:
        _print_for_people(found, patch_state, knowledge)


def print_patches(patches: Sequence[Mapping[str, Any]]) -> None:
    """Print a table of patches, as DescribeInstancePatches gives them.

    A column that is empty throughout is left out.
    """
    rows = [_row(patch) for patch in patches]
    filled = [position for position in range(len(_COLUMNS)) if any(row[position] for row in rows)]
    print_table(
        [_COLUMNS[position] for position in filled],
        [[row[position] for position in filled] for row in rows],
    )


def _wire_filters(
    filters: Mapping[str, Sequence[str | PatchState]],
) -> list[Mapping[str, object]]:
    return [
        {"Key": key, "Values": [_wire_value(value) for value in values]}
        for key, values in filters.items()
        if values
    ]


def _wire_value(value: str | PatchState) -> str:
    # The spelling that the live service documents for filters, so that any server takes it.
    return service_spelling(value) if isinstance(value, PatchState) else value


def _print_for_people(
    found: Sequence[Mapping[str, Any]],
    patch_state: Mapping[str, Any] | None,
    knowledge: Knowledge,
) -> None:
    if found:
        print_patches(found)
        say()
    elif patch_state is not None:
        say("No patch fits.")
    if patch_state is not None:
        say(f"{'; '.join(_counts(patch_state))}.")
        say(f"Last {patch_state['Operation']}: {iso(patch_state['OperationEndTime'])}.")
        say(" ".join(_judged_by(patch_state)))
    say(f"Compliance: {knowledge.compliance}. {knowledge.reason}".rstrip())


def _row(patch: Mapping[str, Any]) -> Sequence[str]:
    return (
        patch["State"],
        patch["Classification"],
        patch["Severity"],
        # On Linux the title begins with the KB id; on Windows it may be blank (contract 2.7).
        patch["Title"] or patch["KBId"],
        iso(patch["InstalledTime"])[:_DATE_LENGTH],
        patch.get("CVEIds", ""),
    )


def _judged_by(patch_state: Mapping[str, Any]) -> Iterator[str]:
    yield f"Patch baseline: {patch_state['BaselineId']}."
    if patch_state["PatchGroup"]:
        yield f"Patch group: {patch_state['PatchGroup']}."


def _counts(patch_state: Mapping[str, Any]) -> Iterator[str]:
    for state in PatchState:
        spelling = service_spelling(state)
        count = patch_state.get(f"{spelling}Count", 0)
        if count:
            yield f"{count} {spelling}"
