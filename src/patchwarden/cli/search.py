"""`patchwarden search`: which nodes have a patch that needs something done."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from patchwarden.cli.connection import Connection, connection_options
from patchwarden.cli.examples import examples
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
from patchwarden.cli.patches import parsed_states
from patchwarden.domain.states import PatchState, service_spelling

_PAGE_SIZE = 500
_MOST_COUNTED = 1_000
"""What stands for so many or more in the counts that say what an answer lacks."""
_COLUMNS = (
    Column("Node"),
    Column("Name", may_fold=True),
    Column("Platform", may_fold=True),
    Column("Patch group"),
    Column("Last report"),
    Column("State"),
    Column("Patch", may_fold=True),
)
_KEYS = {"cve": "CVEId", "kb": "KBId", "title": "Title", "patch_group": "PatchGroup"}
_ABOUT_ANSWER = ("OutdatedNodesCount", "UnreportedNodesCount", "OperatingSystemsWithoutCVEIds")


@click.command(
    epilog=examples(
        "patchwarden search --cve CVE-2026-1234",
        "patchwarden search --kb openssl.amd64 --state Missing --patch-group web",
        "patchwarden search --cve CVE-2026-1234 --count",
        "patchwarden search --cve CVE-2026-1234 --format json | jq -r '.Nodes[].InstanceId'",
    )
)
@click.option("--cve", multiple=True, metavar="CVE-ID", help="Patches that resolve this CVE.")
@click.option("--kb", multiple=True, metavar="KBID", help="This patch, such as openssl.amd64.")
@click.option("--title", multiple=True, help="Patches with exactly this title.")
@click.option(
    "--state",
    "states",
    multiple=True,
    callback=parsed_states,
    help="Only in this state; by default in any that needs something done.",
)
@click.option("--patch-group", multiple=True, metavar="NAME", help="Only nodes of this group.")
@click.option("--count", "only_counts", is_flag=True, help="Only say how many nodes there are.")
@format_option()
@connection_options
def search(
    connection: Connection,
    output_format: Format,
    states: tuple[PatchState, ...],
    *,
    only_counts: bool,
    **filters: tuple[str, ...],
) -> None:
    """Find the nodes that miss a patch, or the fix of a CVE.

    An option given more than once takes any of its values; different options must all fit.
    """
    if not any(filters[name] for name in ("cve", "kb", "title")):
        raise click.UsageError("Say what to search for: --cve, --kb or --title.")
    client = connection.client("patchwarden")
    asked = _wire_filters(states, filters)
    if only_counts:
        found, answer = None, _without_metadata(client.count_nodes(Filters=asked))
    else:
        pages = client.get_paginator("search_nodes").paginate(
            Filters=asked, PaginationConfig={"PageSize": _PAGE_SIZE}
        )
        found, answer = _all_found(pages)
    if output_format == "json":
        print_json({**({} if found is None else {"Nodes": found}), **answer})
        return
    if found is None:
        _print_counts(answer)
    else:
        _print_found(found)
    for sentence in what_it_lacks(answer):
        say(sentence)


def what_it_lacks(answer: Mapping[str, Any]) -> Iterator[str]:
    """Say in sentences what an answer of SearchNodes or CountNodes does not take account of."""
    outdated, unreported = answer["OutdatedNodesCount"], answer["UnreportedNodesCount"]
    if outdated:
        yield (
            f"This is not complete yet: {_at_least(outdated)} must still be judged again. "
            "The server is at it; ask again later."
        )
    if unreported:
        yield f"Nothing is known about {_at_least(unreported)} that never reported."
    without = answer.get("OperatingSystemsWithoutCVEIds")
    if without:
        yield (
            f"CVEs of {', '.join(without)} are not searched; "
            "the server keeps them if it runs with --cve-ids known."
        )


def _without_metadata(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _wire_filters(
    states: Sequence[PatchState], filters: Mapping[str, Sequence[str]]
) -> list[Mapping[str, object]]:
    by_key = {_KEYS[name]: list(values) for name, values in filters.items()}
    by_key["State"] = [state.value for state in states]
    return [{"Key": key, "Values": values} for key, values in by_key.items() if values]


def _all_found(
    pages: Iterator[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], Mapping[str, Any]]:
    """Give the nodes by their ids, and what the first page says of the answer."""
    first: Mapping[str, Any] = {}
    found: list[Mapping[str, Any]] = []
    for page in pages:
        first = first or page
        found += page["Nodes"]
    about = {name: first[name] for name in _ABOUT_ANSWER if name in first}
    return sorted(found, key=lambda node: str(node["InstanceId"])), about


def _print_found(found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        say("No node that has reported fits.")
        return
    print_table(_COLUMNS, [row for node in found for row in _rows(node)])
    say()
    by_state = [
        (state, sum(any(_is_in(patch, state) for patch in node["Patches"]) for node in found))
        for state in PatchState
    ]
    _say_counts(len(found), [(service_spelling(state), nodes) for state, nodes in by_state])


def _rows(node: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for patch in node["Patches"]:
        yield (
            node["InstanceId"],
            node.get("Name", ""),
            f"{node.get('PlatformName', '')} {node.get('PlatformVersion', '')}".strip(),
            node["PatchGroup"],
            iso(node.get("OperationEndTime")),
            patch["State"],
            patch["Title"] or patch["KBId"],
        )


def _is_in(patch: Mapping[str, Any], state: PatchState) -> bool:
    return patch["State"] in (state.value, service_spelling(state))


def _print_counts(answer: Mapping[str, Any]) -> None:
    _say_counts(
        answer["NodesCount"],
        [
            (service_spelling(state), counted_state["NodesCount"])
            for counted_state in answer["States"]
            for state in PatchState
            if _is_in(counted_state, state)
        ],
    )


def _say_counts(nodes: int, by_state: Sequence[tuple[str, int]]) -> None:
    parts = ", ".join(f"{count} {state}" for state, count in by_state if count)
    say(f"{counted(nodes, 'node')}: {parts}." if parts else f"{counted(nodes, 'node')}.")


def _at_least(count: int) -> str:
    more = " or more" if count >= _MOST_COUNTED else ""
    return f"{count}{more} {'node' if count == 1 else 'nodes'}"
