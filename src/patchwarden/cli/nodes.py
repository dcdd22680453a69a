"""`patchwarden nodes`: the managed nodes of an account, and how each stands."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from patchwarden.cli.connection import Connection, connection_options
from patchwarden.cli.examples import examples
from patchwarden.cli.knowledge import all_items, current_time, knowledge_of, patch_states
from patchwarden.cli.output import (
    Column,
    Format,
    counted,
    format_option,
    iso,
    print_json,
    print_table,
    say,
)

_PAGE_SIZE = 50
_COLUMNS = (
    Column("Node"),
    Column("Name", may_fold=True),
    Column("Platform", may_fold=True),
    Column("Ping"),
    Column("Last report"),
    Column("Missing", is_number=True),
    Column("Failed", is_number=True),
    Column("Pending reboot", is_number=True),
    Column("Compliance"),
)


@click.command(
    epilog=examples(
        "patchwarden nodes",
        "patchwarden nodes --endpoint http://patches.example.net:8440 --profile patchwarden",
        "patchwarden nodes --format json | jq '.Nodes[] | select(.Compliance == \"unknown\")'",
    )
)
@format_option()
@connection_options
def nodes(connection: Connection, output_format: Format) -> None:
    """List the managed nodes with what they miss.

    A node that never reported, or not for long, is shown as unknown, never as compliant.
    """
    client = connection.client("ssm")
    pages = client.get_paginator("describe_instance_information").paginate(
        PaginationConfig={"PageSize": _PAGE_SIZE}
    )
    found = list(all_items(pages, "InstanceInformationList"))
    states = {
        state["InstanceId"]: state
        for state in patch_states(client, [node["InstanceId"] for node in found])
    }
    now = current_time()
    every = [_joined(node, states.get(node["InstanceId"]), now) for node in found]
    if output_format == "json":
        print_json({"Nodes": every})
        return
    if not every:
        region = client.meta.region_name
        say(f"No managed nodes in {region}. Register one with: patchwarden node register --help")
        return
    print_table(_COLUMNS, [_row(node) for node in every])
    say()
    say(_summary(every))


def _joined(
    node: Mapping[str, Any], patch_state: Mapping[str, Any] | None, now: float
) -> Mapping[str, Any]:
    knowledge = knowledge_of(patch_state, now)
    return {
        **node,
        "Compliance": knowledge.compliance,
        "Reason": knowledge.reason,
        "PatchState": patch_state,
    }


def _row(node: Mapping[str, Any]) -> Sequence[str]:
    state = node["PatchState"] or {}
    platform = f"{node.get('PlatformName', '')} {node.get('PlatformVersion', '')}".strip()
    return (
        node["InstanceId"],
        node.get("Name") or node.get("ComputerName", ""),
        platform,
        node.get("PingStatus", ""),
        iso(state.get("OperationEndTime")) or "never",
        _count(state, "MissingCount"),
        _count(state, "FailedCount"),
        _count(state, "InstalledPendingRebootCount"),
        node["Compliance"],
    )


def _count(state: Mapping[str, Any], member: str) -> str:
    return str(state[member]) if member in state else ""


def _summary(every: Sequence[Mapping[str, Any]]) -> str:
    counts = [
        f"{sum(node['Compliance'] == word for node in every)} {word}"
        for word in ("compliant", "non-compliant", "unknown")
    ]
    return f"{counted(len(every), 'node')}: {', '.join(counts)}."
