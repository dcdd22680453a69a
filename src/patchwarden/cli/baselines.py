"""`patchwarden baselines`: the patch baselines of an account."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from patchwarden.cli.connection import Client, Connection, connection_options
from patchwarden.cli.examples import examples
from patchwarden.cli.knowledge import all_items
from patchwarden.cli.output import Column, Format, format_option, iso, print_json, print_table
from patchwarden.cli.settings_file import SettingsGroup

_PAGE_SIZE = 100
_LISTED = ("BaselineId", "BaselineName", "OperatingSystem", "BaselineDescription")


@click.group(
    cls=SettingsGroup,
    invoke_without_command=True,
    epilog=examples(
        "patchwarden baselines",
        "patchwarden baselines --format json",
        "patchwarden baselines show pb-0123456789abcdef0",
    ),
)
@format_option()
@connection_options
@click.pass_context
def baselines(ctx: click.Context, connection: Connection, output_format: Format) -> None:
    """List the patch baselines: the predefined ones, and those of the account."""
    if ctx.invoked_subcommand is not None:
        return
    pages = (
        connection.client("ssm")
        .get_paginator("describe_patch_baselines")
        .paginate(PaginationConfig={"PageSize": _PAGE_SIZE})
    )
    found = list(all_items(pages, "BaselineIdentities"))
    if output_format == "json":
        print_json({"BaselineIdentities": found})
        return
    columns = [
        Column("Baseline", may_fold=True),
        Column("Name", may_fold=True),
        Column("Operating system"),
    ]
    columns += [Column("Default"), Column("Description", may_fold=True)]
    print_table(
        columns,
        [
            (
                baseline["BaselineId"],
                baseline["BaselineName"],
                baseline["OperatingSystem"],
                "default" if baseline["DefaultBaseline"] else "",
                baseline.get("BaselineDescription", ""),
            )
            for baseline in found
        ],
    )


@baselines.command(
    epilog=examples(
        "patchwarden baselines show pb-0123456789abcdef0",
        "patchwarden baselines show pb-0c7e89f711c3095f4",
        "patchwarden baselines show pb-0123456789abcdef0 --format json",
    )
)
@click.argument("baseline_id")
@format_option()
@connection_options
def show(connection: Connection, baseline_id: str, output_format: Format) -> None:
    """Show everything about one patch baseline.

    For a predefined one, BASELINE_ID is its ARN, or the id as the patch states of nodes have it.
    """
    answer = _get(connection.client("ssm"), baseline_id)
    baseline = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
    if output_format == "json":
        print_json(baseline)
        return
    print_table([Column("Property"), Column("Value", may_fold=True)], list(_properties(baseline)))


def _get(client: Client, baseline_id: str) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = client.get_patch_baseline(BaselineId=baseline_id)
    except client.exceptions.DoesNotExistException:
        arn = _arn_of_predefined(client, baseline_id)
        if arn is None:
            raise
        answer = client.get_patch_baseline(BaselineId=arn)
    return answer


def _arn_of_predefined(client: Client, baseline_id: str) -> str | None:
    """Find the only name that the service takes for it (contract 4.8)."""
    pages = client.get_paginator("describe_patch_baselines").paginate(
        Filters=[{"Key": "OWNER", "Values": ["AWS"]}], PaginationConfig={"PageSize": _PAGE_SIZE}
    )
    arns = (baseline["BaselineId"] for baseline in all_items(pages, "BaselineIdentities"))
    return next((arn for arn in arns if arn.endswith(f"/{baseline_id}")), None)


def _properties(baseline: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in baseline.items():
        if key == "ApprovalRules":
            for number, rule in enumerate(value.get("PatchRules", ()), start=1):
                yield f"ApprovalRule {number}", _rule(rule)
        elif key == "GlobalFilters":
            yield key, _filters(value)
        elif key in {"CreatedDate", "ModifiedDate"}:
            yield key, iso(value)
        elif isinstance(value, list):
            yield key, ", ".join(str(item) for item in value)
        else:
            yield key, str(value)


def _rule(rule: Mapping[str, Any]) -> str:
    filters = _filters(rule.get("PatchFilterGroup", {}))
    others = (f"{key}={value}" for key, value in rule.items() if key != "PatchFilterGroup")
    return "; ".join([filters, *others])


def _filters(group: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{each['Key']}={','.join(each['Values'])}" for each in group.get("PatchFilters", ())
    )
