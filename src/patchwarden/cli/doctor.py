"""`patchwarden doctor`: what is wrong with this installation, in words."""

import time
from collections.abc import Iterator, Sequence

import click

from patchwarden.cli.checks.finding import Finding
from patchwarden.cli.checks.installation import installation_findings
from patchwarden.cli.checks.machine import machine_findings
from patchwarden.cli.checks.server import server_findings
from patchwarden.cli.connection import DEFAULT_ENDPOINT
from patchwarden.cli.data_directory import installation_options
from patchwarden.cli.examples import examples
from patchwarden.cli.output import Column, Format, format_option, print_json, print_table, say
from patchwarden.store.opening import StoreLocation


@click.command(
    epilog=examples(
        "patchwarden doctor",
        "patchwarden doctor --data /srv/patchwarden --endpoint http://patches.example.net:8440",
        "patchwarden doctor --format json",
    )
)
@installation_options
@click.option(
    "--endpoint",
    envvar="PATCHWARDEN_ENDPOINT",
    metavar="URL",
    show_envvar=True,
    help=f"The server that should answer; without it, {DEFAULT_ENDPOINT} may or may not.",
)
@format_option()
@click.pass_context
def doctor(
    ctx: click.Context, location: StoreLocation, endpoint: str | None, output_format: Format
) -> None:
    """Check the installation, the server and this machine. Changes nothing.

    Ends with 1 if there is a problem; warnings alone do not make it fail.
    """
    findings = list(_all_findings(location, endpoint, time.time()))
    if output_format == "json":
        print_json({"Findings": [_document(finding) for finding in findings]})
    else:
        _print(findings)
    if any(finding.status == "problem" for finding in findings):
        ctx.exit(1)


def _all_findings(location: StoreLocation, endpoint: str | None, now: float) -> Iterator[Finding]:
    yield from installation_findings(location, now)
    yield from server_findings(endpoint or DEFAULT_ENDPOINT, now, must_answer=endpoint is not None)
    yield from machine_findings(now)


def _document(finding: Finding) -> dict[str, str]:
    return {
        "Check": finding.check,
        "Status": finding.status,
        "Sentence": finding.sentence,
    }


def _print(findings: Sequence[Finding]) -> None:
    columns = [Column("Status"), Column("Check"), Column("Finding", may_fold=True)]
    print_table(columns, [(each.status, each.check, each.sentence) for each in findings])
    problems = sum(each.status == "problem" for each in findings)
    warnings = sum(each.status == "warning" for each in findings)
    say()
    say(f"Problems: {problems}. Warnings: {warnings}.")
